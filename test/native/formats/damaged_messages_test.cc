// Messages with random damage, thousands of every format from a fixed seed: what is whole is read
// beside what is not, and nothing else happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "formats/decode_messages.h"
#include "formats/schema_registry.h"

namespace sabot::test {
namespace {

constexpr int kRounds = 60;
constexpr size_t kMessages = 50;  // Of a round; every fifth is whole.
constexpr size_t kWholeEvery = 5;

constexpr std::string_view kColumns =
    R"([{"name": "id", "type": {"kind": "INTEGER"}},
        {"name": "s", "type": {"kind": "VARCHAR"}},
        {"name": "flag", "type": {"kind": "BOOLEAN"}},
        {"name": "f", "type": {"kind": "DOUBLE"}},
        {"name": "d", "type": {"kind": "DECIMAL", "precision": 10, "scale": 2}},
        {"name": "at", "type": {"kind": "TIMESTAMP", "precision": 3}},
        {"name": "day", "type": {"kind": "DATE"}},
        {"name": "b", "type": {"kind": "VARBINARY"}},
        {"name": "list", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}},
        {"name": "r", "type": {"kind": "ROW", "fields": [
           {"name": "x", "type": {"kind": "INTEGER"}}, {"name": "y", "type": {"kind": "VARCHAR"}}]}}
        ])";
constexpr std::string_view kWithMap =
    R"({"name": "m", "type": {"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "INTEGER"}}})";
constexpr std::string_view kRows =
    R"({"id":1,"s":"plain","flag":true,"f":1.5,"d":12.34,"at":"2024-01-01 00:00:01.5","day":"2024-02-29","b":"AQID","list":[1,2,3],"r":{"x":7,"y":"in"},"m":{"k":1}}
{"id":-2147483648,"s":"quo\"ted, \\ \u00e9\ud83d\ude00","flag":false,"f":-0.0,"d":-0.01,"at":"1969-12-31 23:59:59.999","day":"0001-01-01","b":"","list":[],"r":{"x":null,"y":""},"m":{}}
{"id":3,"s":"a longer text, so that it is not in one word of memory: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","flag":true,"f":1e300,"d":99999999.99,"at":"9999-12-31 23:59:59","day":"9999-12-31","b":"////","list":[2147483647],"r":{"x":1,"y":"y"},"m":{"a":1,"b":2}}
)";

constexpr std::string_view kProtobuf =
    R"({"proto3": true, "enums": [], "messages": [
      {"name": "All", "fields": [
        {"name": "id", "number": 1, "type": "int32"},
        {"name": "s", "number": 2, "type": "string", "utf8": true},
        {"name": "flag", "number": 3, "type": "bool"},
        {"name": "f", "number": 4, "type": "double"},
        {"name": "b", "number": 5, "type": "bytes"},
        {"name": "list", "number": 6, "type": "sint32", "repeated": true, "packed": true},
        {"name": "r", "number": 7, "type": "message", "message": 1},
        {"name": "m", "number": 8, "type": "message", "message": 2, "repeated": true, "map": true}]},
      {"name": "In", "fields": [
        {"name": "x", "number": 1, "type": "int32"},
        {"name": "y", "number": 2, "type": "string", "utf8": true}]},
      {"name": "All.MEntry", "fields": [
        {"name": "key", "number": 1, "type": "string", "presence": true, "utf8": true},
        {"name": "value", "number": 2, "type": "int32", "presence": true}]}]})";

// One schema, of the number 7.
class OneSchema final : public SchemaRegistry {
 public:
  arrow::Result<Answer> Find(int32_t id) override {
    Answer answer;
    if (id == 7) {
      answer.schema = AvroSchema::Parse(schema_).ValueOrDie();
    } else {
      answer.absent = "there is no such schema";
    }
    return answer;
  }
  arrow::Result<std::optional<int32_t>> Register(const std::string&,
                                                 const std::string& schema) override {
    schema_ = schema;
    return 7;
  }

 private:
  std::string schema_;
};

struct Format {
  std::string name;
  std::vector<std::string> columns;  // Empty: all.
  std::string options = "{}";
};

// As a test's name.
std::ostream& operator<<(std::ostream& out, const Format& format) { return out << format.name; }

Schema ColumnsOf(const Format& format) {
  auto json = nlohmann::json::parse(kColumns);
  json.push_back(nlohmann::json::parse(kWithMap));
  Schema columns;
  for (const Field& column : DecodeSchema(json).ValueOrDie()) {
    const auto& wanted = format.columns;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), column.name) != wanted.end())
      columns.push_back(column);
  }
  return columns;
}

class DamagedMessages : public ::testing::TestWithParam<Format> {
 protected:
  DamagedMessages()
      : columns_(ColumnsOf(GetParam())),
        node_(NodeWithOptions(GetParam().options)),
        random_(20'240'501) {
    std::string text(kRows);
    const size_t size = text.size();
    text.append(kDecodePadding, '\0');
    auto rows = MakeDecoder("json", columns_, NodeWithOptions()).ValueOrDie();
    EXPECT_TRUE(rows->Decode({text.data(), size}, true, 100).ok());
    auto encoder = MakeEncoder(GetParam().name, columns_, node_).ValueOrDie();
    encoder->SetRegistry(&registry_);
    EXPECT_TRUE(encoder->Prepare().ValueOrDie());
    EncodedMessages encoded;
    EXPECT_TRUE(encoder->EncodeMessages(rows->Flush().ValueOrDie(), &encoded).ok());
    size_t begin = 0;
    for (const int64_t end : encoded.ends) {
      whole_.push_back(encoded.bytes.substr(begin, static_cast<size_t>(end) - begin));
      begin = static_cast<size_t>(end);
    }
    decoder_ = MakeDecoder(GetParam().name, columns_, node_).ValueOrDie();
    decoder_->SetRegistry(&registry_);
  }

  // By message. Messages are exactly allocated: nothing may be read behind them.
  std::map<int32_t, std::string> Decode(const std::vector<std::string>& messages) {
    std::vector<std::unique_ptr<char[]>> copies;
    std::vector<std::string_view> views;
    for (const std::string& message : messages) {
      copies.push_back(std::make_unique<char[]>(message.size()));
      std::copy(message.begin(), message.end(), copies.back().get());
      views.emplace_back(copies.back().get(), message.size());
    }
    Refusals refusals;
    std::vector<int32_t> row_messages;
    EXPECT_TRUE(decoder_->Prepare(views).ValueOrDie());
    EXPECT_TRUE(decoder_->DecodeMessages(views, refusals, &row_messages).ok());
    num_refused_ += refusals.seen.size();
    const Batch batch = decoder_->Flush().ValueOrDie();
    EXPECT_EQ(static_cast<size_t>(batch.num_rows()), row_messages.size());
    EXPECT_TRUE(batch.rows->ValidateFull().ok()) << batch.rows->ValidateFull().message();
    std::string lines;
    EXPECT_TRUE(MakeJsonEncoder(columns_, {.results = true})->Encode(batch, &lines).ok());
    std::map<int32_t, std::string> rows;
    size_t begin = 0;
    for (const int32_t message : row_messages) {
      const size_t end = lines.find('\n', begin) + 1;
      rows[message] += lines.substr(begin, end - begin);
      begin = end;
    }
    EXPECT_EQ(begin, lines.size());
    return rows;
  }

  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  std::string Damaged(std::string message) {
    static constexpr std::string_view kTelling("\0\1\x7F\x80\xFF{}[]\":,\\\n", 14);
    for (size_t left = 1 + Below(3); left > 0; --left) {
      if (message.empty()) return message;
      const size_t at = Below(message.size());
      switch (Below(6)) {
        case 0:
          message[at] = static_cast<char>(message[at] ^ (1 << Below(8)));
          break;
        case 1:
          message[at] = kTelling[Below(kTelling.size())];
          break;
        case 2:
          message.resize(at);
          break;
        case 3:
          message.insert(at, 1 + Below(12), static_cast<char>(Below(256)));
          break;
        case 4:
          message.erase(at, 1 + Below(8));
          break;
        default:
          message.insert(at, message.substr(Below(message.size()), 1 + Below(20)));
      }
    }
    return message;
  }

  const Schema columns_;
  const PlanNode node_;
  std::mt19937_64 random_;
  OneSchema registry_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<std::string> whole_;
  size_t num_refused_ = 0;
};

TEST_P(DamagedMessages, LeaveTheOthersAlone) {
  const auto expected = Decode(whole_);
  ASSERT_EQ(expected.size(), whole_.size());
  ASSERT_EQ(num_refused_, 0u);
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    std::vector<std::string> messages;
    std::map<int32_t, std::string> wanted;
    for (size_t i = 0; i < kMessages; ++i) {
      const size_t which = Below(whole_.size());
      messages.push_back(i % kWholeEvery == 0 ? whole_[which] : Damaged(whole_[which]));
      if (i % kWholeEvery == 0)
        wanted[static_cast<int32_t>(i)] = expected.at(static_cast<int32_t>(which));
    }
    const auto rows = Decode(messages);
    for (const auto& [message, row] : wanted) {
      ASSERT_TRUE(rows.contains(message)) << "round " << round;
      ASSERT_EQ(rows.at(message), row) << "round " << round;
    }
  }
  // In csv what is no UTF-8 is refused all the same.
  const auto& [name, columns, options] = GetParam();
  const bool ignores = options.find("ignore") != std::string::npos;
  const bool takes_anything = name == "raw" || (ignores && name != "csv");
  EXPECT_EQ(num_refused_ == 0, takes_anything);
}

const std::vector<std::string> kCsv = {"id", "s", "flag", "f", "d", "at", "day", "b", "list", "r"};
const std::vector<std::string> kInProtobuf = {"id", "s", "flag", "f", "b", "list", "r", "m"};
std::string ProtobufOptions(bool ignore) {
  nlohmann::json options{{"protobuf.descriptor", kProtobuf}};
  if (ignore) options["protobuf.ignore-parse-errors"] = "true";
  return options.dump();
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedMessages,
    ::testing::Values(
        Format{"json", {}}, Format{"json", {}, R"({"json.ignore-parse-errors": "true"})"},
        Format{"json", {"s", "r", "m"}, R"({"json.decode.json-parser.enabled": "false"})"},
        Format{"csv", kCsv, R"({"csv.null-literal": "NULL"})"},
        Format{"csv", kCsv, R"({"csv.null-literal": "NULL", "csv.ignore-parse-errors": "true"})"},
        Format{"raw", {"s"}}, Format{"avro", {}},
        Format{"avro-confluent", {}, R"({"avro-confluent.subject": "s"})"},
        Format{"protobuf", kInProtobuf, ProtobufOptions(false)},
        Format{"protobuf", kInProtobuf, ProtobufOptions(true)}, Format{"debezium-json", {}},
        Format{"debezium-avro-confluent", {}, R"({"debezium-avro-confluent.subject": "s"})"},
        Format{"ogg-json", {}}, Format{"canal-json", {}}, Format{"maxwell-json", {}}));

}  // namespace
}  // namespace sabot::test
