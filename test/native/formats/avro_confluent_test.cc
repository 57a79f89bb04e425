// Messages that name their schemas by number, and the registry that has them: asked once for each,
// without waiting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/decode_messages.h"
#include "formats/registry_owner.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::literals;

Schema IdAndText() {
  return Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "VARCHAR"}}])");
}

constexpr std::string_view kOptions = R"({"avro-confluent.url": "http://registry"})";

class AvroConfluent : public ::testing::Test {
 protected:
  AvroConfluent() {
    auto line = std::make_unique<Owner>();
    owner_ = line.get();
    registry_ = std::make_unique<OwnerSchemaRegistry>(std::move(line));
    decoder_ = MakeDecoder("avro-confluent", IdAndText(), NodeWithOptions(kOptions)).ValueOrDie();
    EXPECT_TRUE(decoder_->needs_registry());
    decoder_->SetRegistry(registry_.get());
  }

  std::vector<std::string> Decode(const std::vector<std::string_view>& messages) {
    Refusals refusals;
    std::vector<int32_t> row_messages;
    EXPECT_TRUE(decoder_->DecodeMessages(messages, refusals, &row_messages).ok());
    refused_ = refusals.seen;
    std::string lines;
    const Batch batch = decoder_->Flush().ValueOrDie();
    EXPECT_TRUE(MakeJsonEncoder(IdAndText(), {.results = true})->Encode(batch, &lines).ok());
    std::vector<std::string> rows;
    for (size_t begin = 0; begin < lines.size();) {
      const size_t end = lines.find('\n', begin);
      rows.push_back(lines.substr(begin, end - begin));
      begin = end + 1;
    }
    EXPECT_EQ(rows.size(), row_messages.size());
    return rows;
  }

  Owner* owner_;
  std::unique_ptr<OwnerSchemaRegistry> registry_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<std::string> refused_;
};

TEST_F(AvroConfluent, AnUnknownSchemaIsWaitedForAndAskedOnce) {
  const std::vector<std::string_view> messages = {"\0\0\0\0\7\x0E"sv, "\0\0\0\1\0\2x\4"sv, kNull,
                                                  "\0\0\0\0\7\x10"sv};
  EXPECT_FALSE(decoder_->Prepare(messages).ValueOrDie());
  EXPECT_FALSE(decoder_->Prepare(messages).ValueOrDie());
  EXPECT_THAT(owner_->asked, ElementsAre(R"({"id":7})"));
  owner_->Answer(SchemaAnswer(R"({"name":"id","type":"int"})"));
  EXPECT_FALSE(decoder_->Prepare(messages).ValueOrDie());  // 256 is asked for now.
  EXPECT_THAT(owner_->asked, ElementsAre(R"({"id":7})", R"({"id":256})"));
  owner_->Answer(SchemaAnswer(R"({"name":"s","type":"string"},{"name":"id","type":"int"})"));
  EXPECT_TRUE(decoder_->Prepare(messages).ValueOrDie());
  EXPECT_THAT(Decode(messages),
              ElementsAre(R"({"id":7,"s":null})", R"({"id":2,"s":"x"})", R"({"id":8,"s":null})"));
  EXPECT_THAT(refused_, IsEmpty());
  EXPECT_TRUE(decoder_->Prepare(messages).ValueOrDie());
  EXPECT_EQ(owner_->asked.size(), 2);
}

TEST_F(AvroConfluent, MessagesOfOneBadSchemaAreRefusedAlone) {
  const std::vector<std::string_view> messages = {
      "\0\0\0\0\1\x0E"sv, "\0\0\0\0\2\x0E"sv, "{}"sv, "\0\0\0"sv, ""sv, "\0\0\0\0\1"sv};
  EXPECT_FALSE(decoder_->Prepare(messages).ValueOrDie());
  owner_->Answer(SchemaAnswer(R"({"name":"id","type":"int"})"));
  EXPECT_FALSE(decoder_->Prepare(messages).ValueOrDie());
  owner_->Answer(R"({"absent":"the schema registry does not have it"})");
  EXPECT_TRUE(decoder_->Prepare(messages).ValueOrDie());
  EXPECT_THAT(Decode(messages), ElementsAre(R"({"id":7,"s":null})"));
  const std::string header =
      "a message begins with a zero and the four bytes of its schema's number";
  EXPECT_THAT(refused_, ElementsAre("1 at 1: schema 2: the schema registry does not have it",
                                    "2 at 0: " + header, "3 at 0: " + header, "4 at 0: " + header,
                                    "5 at 5: field 'id': the record ends inside a number"));
}

TEST_F(AvroConfluent, ASchemaMustFitTheTable) {
  const std::vector<std::string_view> messages = {"\0\0\0\0\1\2x"sv};
  EXPECT_FALSE(decoder_->Prepare(messages).ValueOrDie());
  owner_->Answer(SchemaAnswer(R"({"name":"id","type":"string"})"));
  EXPECT_TRUE(decoder_->Prepare(messages).ValueOrDie());
  EXPECT_THAT(Decode(messages), IsEmpty());
  EXPECT_THAT(refused_, ElementsAre("0 at 1: schema 1: column 'id' of type INT cannot be read from "
                                    "Avro's string"));
}

TEST_F(AvroConfluent, ARegistryThatFailsFailsTheJob) {
  const std::vector<std::string_view> messages = {"\0\0\0\0\1\2x"sv};
  EXPECT_FALSE(decoder_->Prepare(messages).ValueOrDie());
  owner_->reply = UserError("schema-registry", "url", "the registry does not answer");
  EXPECT_THAT(decoder_->Prepare(messages).status().message(),
              HasSubstr("the registry does not answer"));
}

TEST_F(AvroConfluent, WhatIsWrittenHasTheNumberOfItsSchema) {
  auto encoder =
      MakeEncoder("avro-confluent", IdAndText(),
                  NodeWithOptions(
                      R"({"avro-confluent.url": "http://r", "avro-confluent.subject": "t-value"})"))
          .ValueOrDie();
  encoder->SetRegistry(registry_.get());
  EXPECT_FALSE(encoder->Prepare().ValueOrDie());
  ASSERT_EQ(owner_->asked.size(), 1);
  const auto question = nlohmann::json::parse(owner_->asked[0]);
  EXPECT_EQ(question["subject"], "t-value");
  EXPECT_THAT(question["schema"].get<std::string>(),
              HasSubstr(R"({"name":"id","type":["null","int"],"default":null})"));
  owner_->Answer(R"({"id":258})");
  EXPECT_TRUE(encoder->Prepare().ValueOrDie());
  std::string json = "{\"id\":7,\"s\":\"x\"}\n{\"id\":8}\n";
  const size_t size = json.size();
  json.append(kDecodePadding, '\0');
  auto rows = MakeDecoder("json", IdAndText(), NodeWithOptions()).ValueOrDie();
  ASSERT_TRUE(rows->Decode({json.data(), size}, true, 10).ok());
  EncodedMessages messages;
  ASSERT_TRUE(encoder->EncodeMessages(rows->Flush().ValueOrDie(), &messages).ok());
  EXPECT_EQ(messages.bytes, "\0\0\0\1\2\2\x0E\2\2x\0\0\0\1\2\2\x10\0"sv);
  EXPECT_THAT(messages.ends, ElementsAre(10, 18));
  EXPECT_THAT(
      MakeEncoder("avro-confluent", IdAndText(), NodeWithOptions(kOptions)).status().message(),
      HasSubstr("'avro-confluent.subject' is needed"));
}

TEST_F(AvroConfluent, FilesHaveNoSuchMessages) {
  EXPECT_THAT(decoder_->Decode("x", true, 1).status().message(),
              HasSubstr("is one of messages, not of files"));
}

}  // namespace
}  // namespace sabot::test
