// Messages of Protocol Buffers: as Flink 2.3 reads and writes them (material/protobuf), and what is
// malformed.
#include <arrow/array.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "formats/decode_messages.h"
#include "formats/protobuf_schema.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::ordered_json;
using namespace std::literals;

std::ifstream Material(const std::string& name) {
  std::ifstream file(SABOT_TEST_FOLDER "/native/formats/material/protobuf/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return file;
}

std::string Description(const std::string& message) {
  std::string line;
  auto file = Material(message == "Kinds" ? "kinds.json" : "legacy.json");
  std::getline(file, line);
  return line;
}

std::string Options(const std::string& description,
                    const nlohmann::json& more = nlohmann::json::object()) {
  nlohmann::json options{{"protobuf.descriptor", description}};
  options.update(more);
  return options.dump();
}

Type RowOf(const ProtobufMessage& message);

Type SingleOf(const ProtobufField& field) {
  if (field.kind == ProtobufKind::kMessage) return RowOf(*field.message);
  Type type;
  switch (field.kind) {
    case ProtobufKind::kDouble:
      type.kind = TypeKind::kDouble;
      break;
    case ProtobufKind::kFloat:
      type.kind = TypeKind::kFloat;
      break;
    case ProtobufKind::kBool:
      type.kind = TypeKind::kBoolean;
      break;
    case ProtobufKind::kString:
    case ProtobufKind::kEnum:
      type.kind = TypeKind::kVarchar;
      break;
    case ProtobufKind::kBytes:
      type.kind = TypeKind::kVarbinary;
      break;
    case ProtobufKind::kInt32:
    case ProtobufKind::kUint32:
    case ProtobufKind::kSint32:
    case ProtobufKind::kFixed32:
    case ProtobufKind::kSfixed32:
      type.kind = TypeKind::kInteger;
      break;
    default:
      type.kind = TypeKind::kBigint;
      break;
  }
  return type;
}

Type TypeOf(const ProtobufField& field) {
  Type type;
  if (field.is_map) {
    type.kind = TypeKind::kMap;
    for (const ProtobufField& each : field.message->fields) type.children.push_back(SingleOf(each));
    return type;
  }
  if (!field.repeated) return SingleOf(field);
  type.kind = TypeKind::kArray;
  type.children.push_back(SingleOf(field));
  return type;
}

Type RowOf(const ProtobufMessage& message) {
  Type type;
  type.kind = TypeKind::kRow;
  for (const ProtobufField& field : message.fields) {
    if (field.kind == ProtobufKind::kGroup) continue;
    type.names.push_back(field.name);
    type.children.push_back(TypeOf(field));
  }
  return type;
}

// All fields of the message as columns.
Schema AllColumns(const std::string& description) {
  const auto schema = ProtobufSchema::Parse(description).ValueOrDie();
  const Type row = RowOf(schema->root());
  Schema columns;
  for (size_t i = 0; i < row.names.size(); ++i)
    columns.push_back({.name = row.names[i], .type = row.children[i]});
  return columns;
}

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    hex.push_back(kDigits[c & 15]);
  }
  return hex;
}

std::string Unhex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

template <typename Float>
Json FloatJson(Float value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json ListJson(const arrow::Array& values, int64_t begin, int64_t end, const Type& type);

// As Generate.java prints values.
Json ValueJson(const arrow::Array& array, int64_t row, const Type& type) {
  if (array.IsNull(row)) return nullptr;
  switch (type.kind) {
    case TypeKind::kBoolean:
      return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case TypeKind::kInteger:
      return static_cast<const arrow::Int32Array&>(array).Value(row);
    case TypeKind::kBigint:
      return static_cast<const arrow::Int64Array&>(array).Value(row);
    case TypeKind::kFloat:
      return FloatJson(static_cast<const arrow::FloatArray&>(array).Value(row));
    case TypeKind::kDouble:
      return FloatJson(static_cast<const arrow::DoubleArray&>(array).Value(row));
    case TypeKind::kVarchar:
      return static_cast<const arrow::StringArray&>(array).GetString(row);
    case TypeKind::kVarbinary:
      return Hex(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case TypeKind::kArray: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      return ListJson(*list.values(), list.value_offset(row), list.value_offset(row + 1),
                      type.children[0]);
    }
    case TypeKind::kMap: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      const int64_t begin = map.value_offset(row);
      const int64_t end = map.value_offset(row + 1);
      return Json::array({ListJson(*map.keys(), begin, end, type.children[0]),
                          ListJson(*map.items(), begin, end, type.children[1])});
    }
    default: {
      const auto& record = static_cast<const arrow::StructArray&>(array);
      Json object = Json::object();
      for (size_t i = 0; i < type.names.size(); ++i) {
        object[type.names[i]] =
            ValueJson(*record.field(static_cast<int>(i)), row, type.children[i]);
      }
      return object;
    }
  }
}

Json ListJson(const arrow::Array& values, int64_t begin, int64_t end, const Type& type) {
  Json list = Json::array();
  for (int64_t i = begin; i < end; ++i) list.push_back(ValueJson(values, i, type));
  return list;
}

Json RowJson(const Batch& batch, int64_t row, const Schema& columns) {
  Json object = Json::object();
  for (size_t i = 0; i < columns.size(); ++i)
    object[columns[i].name] = ValueJson(*batch.column(static_cast<int>(i)), row, columns[i].type);
  return object;
}

// Equal numbers may be written in several ways: 1.4E-45 of a float is not its double's text.
bool SameJson(const Json& a, const Json& b) {
  if (a.is_number_float() && b.is_number_float())
    return a == b || static_cast<float>(a.get<double>()) == static_cast<float>(b.get<double>());
  if (a.is_structured() && a.type() == b.type() && a.size() == b.size()) {
    auto other = b.begin();
    for (auto it = a.begin(); it != a.end(); ++it, ++other) {
      if (a.is_object() && it.key() != other.key()) return false;
      if (!SameJson(*it, *other)) return false;
    }
    return true;
  }
  return a == b;
}

struct Case {
  std::string message;
  bool defaults = false;
  std::string bytes;
  Json expected;
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  auto file = Material("expected.jsonl");
  for (std::string line; std::getline(file, line);) {
    Json json = Json::parse(line);
    cases.push_back({json["message"], json["defaults"], Unhex(json["in"]), json});
  }
  EXPECT_GT(cases.size(), 100);
  return cases;
}

TEST(Protobuf, MessagesAreReadAndWrittenAsInFlink) {
  int num_errors = 0;
  int num_written = 0;
  for (const Case& each : Cases()) {
    SCOPED_TRACE(each.expected["in"].get<std::string>());
    const std::string description = Description(each.message);
    const Schema columns = AllColumns(description);
    const std::string options =
        Options(description, {{"protobuf.read-default-values", each.defaults},
                              {"protobuf.write-null-string-literal", "-"}});
    auto decoder = MakeDecoder("protobuf", columns, NodeWithOptions(options)).ValueOrDie();
    Refusals refusals;
    std::vector<int32_t> row_messages;
    const std::string_view message = each.bytes;
    ASSERT_TRUE(decoder->DecodeMessages({&message, 1}, refusals, &row_messages).ok());
    const Batch batch = decoder->Flush().ValueOrDie();
    ASSERT_TRUE(batch.rows->ValidateFull().ok());
    if (each.expected.contains("error")) {
      ++num_errors;
      ASSERT_THAT(row_messages, IsEmpty());
      continue;
    }
    ASSERT_THAT(refusals.seen, IsEmpty());
    ASSERT_EQ(batch.num_rows(), 1);
    const Json row = RowJson(batch, 0, columns);
    ASSERT_TRUE(SameJson(row, each.expected["row"])) << row << "\n" << each.expected["row"];
    auto encoder = MakeEncoder("protobuf", columns, NodeWithOptions(options)).ValueOrDie();
    EncodedMessages out;
    const arrow::Status written = encoder->EncodeMessages(batch, &out);
    ASSERT_EQ(written.ok(), !each.expected["out"].is_null()) << written;
    if (!written.ok()) continue;
    ++num_written;
    ASSERT_EQ(Hex(out.bytes), each.expected["out"].get<std::string>());
  }
  EXPECT_GT(num_errors, 50);
  EXPECT_GT(num_written, 100);
}

// Whatever is left of a message is read or refused, alone and among others, and nothing is read
// behind its end (the address sanitizer would tell).
TEST(Protobuf, MessagesMayEndAnywhere) {
  for (const std::string name : {"Kinds", "Legacy"}) {
    const std::string description = Description(name);
    const Schema columns = AllColumns(description);
    for (const Case& each : Cases()) {
      if (each.message != name || each.defaults || each.expected.contains("error")) continue;
      if (each.bytes.size() > 200) continue;  // Enough of them are short.
      std::vector<std::string_view> messages;
      for (size_t size = 0; size <= each.bytes.size(); ++size)
        messages.push_back(std::string_view(each.bytes).substr(0, size));
      auto decoder =
          MakeDecoder("protobuf", columns, NodeWithOptions(Options(description))).ValueOrDie();
      Refusals refusals;
      std::vector<int32_t> rows;
      std::vector<std::unique_ptr<char[]>> copies;
      for (std::string_view& message : messages) {
        copies.push_back(std::make_unique<char[]>(message.size()));
        std::copy(message.begin(), message.end(), copies.back().get());
        message = {copies.back().get(), message.size()};
      }
      ASSERT_TRUE(decoder->DecodeMessages(messages, refusals, &rows).ok());
      ASSERT_EQ(rows.size() + refusals.seen.size(), messages.size());
      const Batch batch = decoder->Flush().ValueOrDie();
      ASSERT_TRUE(batch.rows->ValidateFull().ok());
      ASSERT_EQ(rows.back(), static_cast<int32_t>(messages.size()) - 1);
      ASSERT_TRUE(SameJson(RowJson(batch, batch.num_rows() - 1, columns), each.expected["row"]));
    }
  }
}

constexpr const char* kSmall = R"({"proto3": true, "enums": [
      {"name": "Color", "values": [["RED", 0], ["GREEN", 5], ["ALIAS", 5], ["FAR", 300]]}],
    "messages": [
      {"name": "Small", "fields": [
        {"name": "id", "number": 1, "type": "int64"},
        {"name": "name", "number": 2, "type": "string", "utf8": true},
        {"name": "color", "number": 3, "type": "enum", "enum": 0},
        {"name": "in", "number": 4, "type": "message", "message": 1},
        {"name": "left", "number": 5, "type": "int32", "oneof": 0, "presence": true},
        {"name": "right", "number": 6, "type": "int32", "oneof": 0, "presence": true}]},
      {"name": "In", "fields": [
        {"name": "a", "number": 1, "type": "int32"},
        {"name": "list", "number": 2, "type": "int32", "repeated": true, "packed": true},
        {"name": "in", "number": 3, "type": "message", "message": 1}]}]})";

std::vector<std::string> Rows(const Schema& columns, std::vector<std::string_view> messages) {
  return DecodeMessages("protobuf", columns, std::move(messages), Options(kSmall)).rows;
}

DecodedMessages Read(std::vector<std::string_view> messages,
                     const nlohmann::json& more = nlohmann::json::object()) {
  const Schema columns = Columns(
      R"([{"name": "id", "type": {"kind": "BIGINT"}}, {"name": "name", "type": {"kind": "VARCHAR"}}])");
  return DecodeMessages("protobuf", columns, std::move(messages), Options(kSmall, more));
}

TEST(Protobuf, AnEnumIsItsNameOrItsNumber) {
  const auto of = [](const std::string& kind) {
    return Columns(R"([{"name": "color", "type": {"kind": ")" + kind + R"("}}])");
  };
  const std::vector<std::string_view> messages = {"\x18\5"sv, ""sv, "\x18\x63"sv};
  EXPECT_THAT(Rows(of("VARCHAR"), messages),
              ElementsAre(R"(0: {"color":"GREEN"})", R"(1: {"color":"RED"})",
                          R"(2: {"color":"UNRECOGNIZED"})"));
  for (const std::string kind : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}) {
    EXPECT_THAT(Rows(of(kind), messages),
                ElementsAre(R"(0: {"color":5})", R"(1: {"color":0})", R"(2: {"color":99})"));
  }
  const auto far = DecodeMessages("protobuf", of("TINYINT"), {"\x18\xAC\2"sv}, Options(kSmall));
  EXPECT_THAT(far.refusals,
              ElementsAre("0 at 0: the column of field 'color' is too narrow for 300"));
}

TEST(Protobuf, OfAOneofTheLastIsThereAlsoIfNobodyWantsIt) {
  const Schema left = Columns(R"([{"name": "left", "type": {"kind": "INTEGER"}}])");
  EXPECT_THAT(Rows(left, {"\x28\7"sv, "\x28\7\x30\1"sv, "\x30\1\x28\7"sv}),
              ElementsAre(R"(0: {"left":7})", R"(1: {"left":0})", R"(2: {"left":7})"));
}

TEST(Protobuf, AMessageThatComesInPartsIsMerged) {
  const Schema in = Columns(
      R"([{"name": "in", "type": {"kind": "ROW", "fields": [{"name": "a", "type": {"kind": "INTEGER"}},
           {"name": "list", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}}]}}])");
  EXPECT_THAT(Rows(in, {"\x22\4\x08\1\x10\2\x08\x09\x22\5\x12\1\3\x08\4"sv}),
              ElementsAre(R"(0: {"in":{"a":4,"list":[2,3]}})"));
}

TEST(Protobuf, WhatIsMalformedIsRefusedWithItsPlace) {
  const auto read =
      Read({"\x08"sv, "\x08\7\x12\3xy"sv, "\x00\1"sv, "\x0F\1"sv, "\x08\1"sv, "\x12\2\xFF\xFE"sv,
            "\x0C"sv, "\x2B\x08\1\x34"sv, "\x2B\x08\1\x2C\x08\2"sv,
            "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1"sv, "\x2B"sv});
  EXPECT_THAT(read.rows, ElementsAre(R"(4: {"id":1,"name":""})", R"(8: {"id":2,"name":""})"));
  EXPECT_THAT(read.refusals, ElementsAre("0 at 1: the message ends inside a number",
                                         "1 at 3: the message ends inside a field",
                                         "2 at 0: a field has the number 0",
                                         "3 at 0: a field has a wire type that there is not",
                                         "5 at 2: the text of field 'name' is not UTF-8",
                                         "6 at 1: a group ends that has not begun",
                                         "7 at 3: another group ends than the one that has begun",
                                         "9 at 1: a number has more than ten bytes",
                                         "10 at 1: the message ends inside a group"));
}

TEST(Protobuf, MessagesLieNotTooDeep) {
  const Schema in = Columns(R"([{"name": "id", "type": {"kind": "BIGINT"}}])");
  std::string groups(101, '\x2B');
  EXPECT_THAT(DecodeMessages("protobuf", in, {groups}, Options(kSmall)).refusals,
              ElementsAre(HasSubstr("messages lie more than 100 deep")));
}

TEST(Protobuf, WhatIsRefusedMayBeLeftOut) {
  const auto read = Read({"\x08\1"sv, "\x08"sv, kNull}, {{"protobuf.ignore-parse-errors", "true"}});
  EXPECT_THAT(read.rows, ElementsAre(R"(0: {"id":1,"name":""})"));
  EXPECT_THAT(read.refusals, IsEmpty());
  EXPECT_EQ(read.skipped, 2);
  EXPECT_THAT(Read({kNull}).refusals, ElementsAre("0 at 0: there is no message"));
}

TEST(Protobuf, ColumnsMustFitTheMessage) {
  const auto failure = [](std::string_view columns) {
    return MakeDecoder("protobuf", Columns(columns), NodeWithOptions(Options(kSmall)))
        .status()
        .message();
  };
  EXPECT_THAT(failure(R"([{"name": "more", "type": {"kind": "BIGINT"}}])"),
              HasSubstr("message 'Small' has no field 'more'"));
  EXPECT_THAT(failure(R"([{"name": "id", "type": {"kind": "INTEGER"}}])"),
              HasSubstr("column 'id' of type INT does not fit the field 'id'"));
  const auto writer =
      MakeEncoder("protobuf", Columns(R"([{"name": "other", "type": {"kind": "VARCHAR"}}])"),
                  NodeWithOptions(Options(Description("Legacy"))));
  EXPECT_THAT(writer.status().message(), HasSubstr("needs its field 'id'"));
}

TEST(Protobuf, FilesHaveNoSuchMessages) {
  auto decoder = MakeDecoder("protobuf", Columns(R"([{"name": "id", "type": {"kind": "BIGINT"}}])"),
                             NodeWithOptions(Options(kSmall)))
                     .ValueOrDie();
  EXPECT_THAT(decoder->Decode("x", true, 1).status().message(),
              HasSubstr("is one of messages, not of files"));
}

}  // namespace
}  // namespace sabot::test
