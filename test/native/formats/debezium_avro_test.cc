// Changes of rows as Debezium tells them in Avro: rows with kinds in the order of the change,
// whatever the order of the record, and what is written for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/decode_messages.h"
#include "formats/registry_owner.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::literals;

constexpr const char* kFormat = "debezium-avro-confluent";
constexpr std::string_view kOptions =
    R"({"debezium-avro-confluent.url": "http://r", "debezium-avro-confluent.subject": "t-value"})";

// What a connector registers, without most of `source`.
constexpr std::string_view kEnvelope =
    R"({"name": "before", "type": ["null", {"type": "record", "name": "Value", "fields": [
          {"name": "id", "type": "int"}, {"name": "s", "type": ["null", "string"]}]}]},
       {"name": "after", "type": ["null", "Value"]},
       {"name": "source", "type": {"type": "record", "name": "Source", "fields": [
          {"name": "db", "type": "string"}]}},
       {"name": "op", "type": "string"},
       {"name": "ts_ms", "type": ["null", "long"]})";

const Schema& IdAndText() {
  static const Schema schema = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "VARCHAR"}}])");
  return schema;
}

class DebeziumAvro : public ::testing::Test {
 protected:
  // Schemas of numbers 1, 2, ...
  void Open(const std::vector<std::string>& schemas, const Schema& columns = IdAndText()) {
    auto line = std::make_unique<Owner>();
    Owner* owner = line.get();
    columns_ = columns;
    registry_ = std::make_unique<OwnerSchemaRegistry>(std::move(line));
    decoder_ = MakeDecoder(kFormat, columns, NodeWithOptions(kOptions)).ValueOrDie();
    decoder_->SetRegistry(registry_.get());
    for (size_t i = 0; i < schemas.size(); ++i) {
      const std::string message = "\0\0\0\0"s + static_cast<char>(i + 1);
      EXPECT_FALSE(decoder_->Prepare(std::vector<std::string_view>{message}).ValueOrDie());
      owner->Answer(schemas[i]);
      EXPECT_TRUE(decoder_->Prepare(std::vector<std::string_view>{message}).ValueOrDie());
    }
  }

  std::vector<std::string> Decode(const std::vector<std::string_view>& messages) {
    Refusals refusals;
    std::vector<int32_t> row_messages;
    EXPECT_TRUE(decoder_->DecodeMessages(messages, refusals, &row_messages).ok());
    refused_ = refusals.seen;
    const Batch batch = decoder_->Flush().ValueOrDie();
    EXPECT_TRUE(batch.rows->ValidateFull().ok());
    std::string lines;
    const JsonStyle style{.results = true, .with_op = true};
    EXPECT_TRUE(MakeJsonEncoder(columns_, style)->Encode(batch, &lines).ok());
    std::vector<std::string> rows;
    for (const int32_t message : row_messages) {
      const size_t end = lines.find('\n');
      rows.push_back(std::to_string(message) + ": " + lines.substr(0, end));
      lines.erase(0, end + 1);
    }
    EXPECT_EQ(lines, "");
    return rows;
  }

  Schema columns_;
  std::unique_ptr<OwnerSchemaRegistry> registry_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<std::string> refused_;
};

TEST_F(DebeziumAvro, ChangesBecomeRowsWithKinds) {
  Open({SchemaAnswer(std::string(kEnvelope))});
  const std::vector<std::string_view> messages = {
      "\0\0\0\0\1\0\2\x0E\2\2x\2d\2c\2\x0A"sv,       // c: after (7, x)
      "\0\0\0\0\1\0\2\x10\0\2d\2r\0"sv,              // r: after (8, NULL)
      "\0\0\0\0\1\2\x0E\2\2x\2\x0E\2\2y\2d\2u\0"sv,  // u: (7, x) to (7, y)
      "\0\0\0\0\1\2\x10\0\0\2d\2d\0"sv,              // d: before (8, NULL)
      kNull,                                         // Its tombstone.
      ""sv,
  };
  EXPECT_THAT(Decode(messages),
              ElementsAre(R"(0: {"op":"+I","id":7,"s":"x"})", R"(1: {"op":"+I","id":8,"s":null})",
                          R"(2: {"op":"-U","id":7,"s":"x"})", R"(2: {"op":"+U","id":7,"s":"y"})",
                          R"(3: {"op":"-D","id":8,"s":null})"));
  EXPECT_THAT(refused_, IsEmpty());
}

TEST_F(DebeziumAvro, RowsThatAChangeDoesNotNeedAreLeftOut) {
  Open({SchemaAnswer(std::string(kEnvelope))});
  EXPECT_THAT(Decode({"\0\0\0\0\1\2\x0E\2\2x\2\x0E\2\2y\2d\2c\0"sv,
                      "\0\0\0\0\1\2\x0E\2\2x\2\x0E\2\2y\2d\2d\0"sv}),
              ElementsAre(R"(0: {"op":"+I","id":7,"s":"y"})", R"(1: {"op":"-D","id":7,"s":"x"})"));
}

TEST_F(DebeziumAvro, TheOldRowComesFirstInWhateverOrderTheyAreWritten) {
  Open({SchemaAnswer(R"({"name": "op", "type": ["null", "string"]},
      {"name": "after", "type": {"type": "record", "name": "A", "fields": [
          {"name": "s", "type": "string"}, {"name": "id", "type": "int"}]}},
      {"name": "before", "type": ["null", {"type": "record", "name": "B", "fields": [
          {"name": "id", "type": "int"}]}]})")});
  EXPECT_THAT(Decode({"\0\0\0\0\1\2\2u\2y\x0E\2\x0C"sv, "\0\0\0\0\1\2\2c\2z\x10\0"sv}),
              ElementsAre(R"(0: {"op":"-U","id":6,"s":null})", R"(0: {"op":"+U","id":7,"s":"y"})",
                          R"(1: {"op":"+I","id":8,"s":"z"})"));
}

TEST_F(DebeziumAvro, WithoutColumnsThereAreKinds) {
  Open({SchemaAnswer(std::string(kEnvelope))}, {});
  EXPECT_THAT(Decode({"\0\0\0\0\1\2\x0E\2\2x\2\x0E\2\2y\2d\2u\0"sv}),
              ElementsAre(R"(0: {"op":"-U"})", R"(0: {"op":"+U"})"));
}

TEST_F(DebeziumAvro, AChangeThatCannotBeReadLeavesNothing) {
  Open({SchemaAnswer(std::string(kEnvelope)), SchemaAnswer(R"({"name": "op", "type": "string"})"),
        SchemaAnswer(R"({"name": "before", "type": "int"}, {"name": "op", "type": "string"})"),
        SchemaAnswer(R"({"name": "op", "type": ["null", "int"]})"),
        SchemaAnswer(R"({"name": "op", "type": ["null", "string"]})"), R"({"schema": "\"int\""})"});
  const std::string no_old =
      "the change has no old row; of PostgreSQL: set REPLICA IDENTITY FULL for the table";
  EXPECT_THAT(Decode({"\0\0\0\0\1\0\2\x0E\2\2x\2d\2u\0"sv, "\0\0\0\0\1\0\0\2d\2d\0"sv,
                      "\0\0\0\0\1\2\x0E\2\2x\0\2d\2u\0"sv, "\0\0\0\0\1\0\0\2d\2c\0"sv,
                      "\0\0\0\0\1\0\2\x0E\2\2x\2d\2t\0"sv, "\0\0\0\0\1\2\x0E\2\2x\2\x0E\2\xFEy"sv,
                      "\0\0\0\0\1\0\2\x10\0\2d\2c\0"sv, "\0\0\0\0\2\2c"sv, "\0\0\0\0\3\2\2c"sv,
                      "\0\0\0\0\4\0"sv, "\0\0\0\0\5\0"sv, "\0\0\0\0\6\0"sv}),
              ElementsAre(R"(6: {"op":"+I","id":8,"s":null})"));
  EXPECT_THAT(
      refused_,
      ElementsAre(
          "0 at 5: " + no_old, "1 at 5: " + no_old, "2 at 5: the change has no new row",
          "3 at 5: the change has no new row", "4 at 5: there is no such kind of change",
          HasSubstr("5 at 13: field 'after.s': there are not as many bytes"),
          "7 at 5: the change has no new row",
          HasSubstr("8 at 1: schema 3: rows cannot be read from Avro's int in field 'before'"),
          HasSubstr("9 at 1: schema 4: text cannot be read from Avro's int in field 'op'"),
          "10 at 5: the record does not say what change it is",
          HasSubstr("11 at 1: schema 6: rows cannot be read from Avro's int")));
}

TEST_F(DebeziumAvro, WhatIsWrittenIsReadBack) {
  Owner* owner = nullptr;
  auto encoder = MakeEncoder(kFormat, IdAndText(), NodeWithOptions(kOptions)).ValueOrDie();
  EXPECT_TRUE(encoder->takes_changes());
  auto line = std::make_unique<Owner>();
  owner = line.get();
  OwnerSchemaRegistry registry(std::move(line));
  encoder->SetRegistry(&registry);
  EXPECT_FALSE(encoder->Prepare().ValueOrDie());
  const auto schema = nlohmann::json::parse(owner->asked[0])["schema"].get<std::string>();
  EXPECT_EQ(
      schema,
      R"(["null",{"type":"record","name":"record","namespace":"org.apache.flink.avro.generated",)"
      R"("fields":[{"name":"before","type":["null",{"type":"record","name":"record_before",)"
      R"("fields":[{"name":"id","type":["null","int"],"default":null},)"
      R"({"name":"s","type":["null","string"],"default":null}]}],"default":null},)"
      R"({"name":"after","type":["null",{"type":"record","name":"record_after",)"
      R"("fields":[{"name":"id","type":["null","int"],"default":null},)"
      R"({"name":"s","type":["null","string"],"default":null}]}],"default":null},)"
      R"({"name":"op","type":["null","string"],"default":null}]}])");
  owner->Answer(R"({"id":1})");
  EXPECT_TRUE(encoder->Prepare().ValueOrDie());

  Open({SchemaAnswer(std::string(kEnvelope))});
  Refusals refusals;
  std::vector<int32_t> row_messages;
  ASSERT_TRUE(
      decoder_
          ->DecodeMessages(std::vector<std::string_view>{"\0\0\0\0\1\0\2\x0E\2\2x\2d\2c\0"sv,
                                                         "\0\0\0\0\1\2\x0E\2\2x\2\x0E\0\2d\2u\0"sv,
                                                         "\0\0\0\0\1\2\x0E\0\0\2d\2d\0"sv},
                           refusals, &row_messages)
          .ok());
  EncodedMessages written;
  ASSERT_TRUE(encoder->EncodeMessages(decoder_->Flush().ValueOrDie(), &written).ok());
  EXPECT_EQ(written.bytes,
            "\0\0\0\0\1\2\0\2\2\x0E\2\2x\2\2c"
            "\0\0\0\0\1\2\2\2\x0E\2\2x\0\2\2d"
            "\0\0\0\0\1\2\0\2\2\x0E\0\2\2c"
            "\0\0\0\0\1\2\2\2\x0E\0\0\2\2d"sv);

  Open({nlohmann::json{{"schema", schema}}.dump()});
  std::vector<std::string_view> messages;
  int64_t begin = 0;
  for (const int64_t end : written.ends) {
    messages.push_back(std::string_view(written.bytes)
                           .substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    begin = end;
  }
  EXPECT_THAT(
      Decode(messages),
      ElementsAre(R"(0: {"op":"+I","id":7,"s":"x"})", R"(1: {"op":"-D","id":7,"s":"x"})",
                  R"(2: {"op":"+I","id":7,"s":null})", R"(3: {"op":"-D","id":7,"s":null})"));
  EXPECT_THAT(refused_, IsEmpty());
}

}  // namespace
}  // namespace sabot::test
