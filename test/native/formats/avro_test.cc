// Avro: files and messages, schemas that differ from the table's, damaged bytes. The files in
// material/ were written by Flink 2.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "base/error.h"
#include "formats/avro_codec.h"
#include "formats/avro_writer.h"
#include "formats/decode_messages.h"

namespace sabot::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Material(const std::string& name) {
  std::ifstream file(SABOT_TEST_FOLDER "/native/formats/material/" + name, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  EXPECT_FALSE(bytes.str().empty()) << name;
  return bytes.str();
}

const Schema& AllTypes() {
  static const Schema schema = Columns(R"([
    {"name": "id", "type": {"kind": "INTEGER", "nullable": false}}, {"name": "b", "type": {"kind": "BOOLEAN"}},
    {"name": "ti", "type": {"kind": "TINYINT"}}, {"name": "si", "type": {"kind": "SMALLINT"}},
    {"name": "bi", "type": {"kind": "BIGINT"}}, {"name": "f", "type": {"kind": "FLOAT"}}, {"name": "d", "type": {"kind": "DOUBLE"}},
    {"name": "de", "type": {"kind": "DECIMAL", "precision": 10, "scale": 2}},
    {"name": "bigdec", "type": {"kind": "DECIMAL", "precision": 38, "scale": 10}},
    {"name": "s", "type": {"kind": "VARCHAR"}}, {"name": "byt", "type": {"kind": "VARBINARY"}},
    {"name": "dt", "type": {"kind": "DATE"}}, {"name": "t", "type": {"kind": "TIME", "precision": 0}},
    {"name": "ts", "type": {"kind": "TIMESTAMP", "precision": 3}},
    {"name": "a", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}},
    {"name": "m", "type": {"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "INTEGER"}}},
    {"name": "r", "type": {"kind": "ROW", "fields": [{"name": "x", "type": {"kind": "INTEGER"}}, {"name": "y", "type": {"kind": "VARCHAR"}}]}}])");
  return schema;
}

const std::vector<std::string>& AllTypesLines() {
  static const std::vector<std::string> lines = {
      R"({"id":1,"b":true,"ti":-1,"si":300,"bi":9007199254740993,"f":1.5,"d":-2.25,"de":12.34,"bigdec":-1234567890123456789012345678.0123456789,"s":"hé","byt":"0aff","dt":"2024-02-29","t":"10:11:12","ts":"2024-01-01 00:00:00.500","a":[1,null,-3],"m":{"Z":3,"a":1,"b":null},"r":{"x":7,"y":"z"}})",
      R"({"id":2,"b":null,"ti":null,"si":null,"bi":null,"f":null,"d":null,"de":null,"bigdec":null,"s":null,"byt":null,"dt":null,"t":null,"ts":null,"a":null,"m":null,"r":null})",
      R"({"id":3,"b":false,"ti":127,"si":-1,"bi":-1,"f":0.0,"d":0.0,"de":-0.01,"bigdec":0.0000000000,"s":"","byt":"","dt":"1969-12-31","t":"00:00:00","ts":"1969-12-31 23:59:59.999","a":[],"m":{},"r":{"x":null,"y":null}})"};
  return lines;
}

Schema IdAndText() {
  return Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "VARCHAR"}}])");
}

TEST(Avro, FilesThatFlinkWroteAreRead) {
  EXPECT_THAT(DecodeText("avro", AllTypes(), Material("flink-snappy.avro")).lines,
              ElementsAreArray(AllTypesLines()));
  for (const std::string codec : {"null", "deflate", "zstd"}) {
    const Decoded decoded = DecodeText("avro", IdAndText(), Material("flink-" + codec + ".avro"));
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    EXPECT_THAT(decoded.lines,
                ElementsAre(R"({"id":1,"s":"hé"})", R"({"id":2,"s":null})", R"({"id":3,"s":""})"))
        << codec;
  }
  // As Flink: by name, an int as BIGINT, text as bytes, what is not there as NULL.
  EXPECT_THAT(
      DecodeText(
          "avro",
          Columns(
              R"([{"name": "s", "type": {"kind": "VARBINARY"}}, {"name": "missing", "type": {"kind": "INTEGER"}},
                             {"name": "id", "type": {"kind": "BIGINT"}}])"),
          Material("flink-deflate.avro"))
          .lines,
      ElementsAre(R"({"s":"68c3a9","missing":null,"id":1})", R"({"s":null,"missing":null,"id":2})",
                  R"({"s":"","missing":null,"id":3})"));
}

std::string Write(const Schema& schema, const Batch& batch, std::string_view options = "{}") {
  auto encoder = MakeEncoder("avro", schema, NodeWithOptions(options)).ValueOrDie();
  std::string out;
  EXPECT_TRUE(encoder->Encode(batch, &out).ok());
  EXPECT_TRUE(encoder->FinishFile(&out).ok());
  return out;
}

Batch FromJson(const Schema& schema, std::string text) {
  auto decoder = MakeDecoder("json", schema, NodeWithOptions()).ValueOrDie();
  const size_t size = text.size();
  text.append(kDecodePadding, '\0');
  const auto used = decoder->Decode({text.data(), size}, true, 1'000'000);
  EXPECT_TRUE(used.ok()) << used.status();
  return decoder->Flush().ValueOrDie();
}

Batch AllTypesBatch() {
  std::string padded = Material("flink-snappy.avro");
  const size_t size = padded.size();
  padded.append(kDecodePadding, '\0');
  auto decoder = MakeDecoder("avro", AllTypes(), NodeWithOptions()).ValueOrDie();
  EXPECT_TRUE(decoder->Decode({padded.data(), size}, true, 100).ok());
  return decoder->Flush().ValueOrDie();
}

TEST(Avro, WhatIsWrittenIsReadBack) {
  for (const std::string codec : {"null", "deflate", "snappy", "zstandard"}) {
    const std::string file =
        Write(AllTypes(), AllTypesBatch(), "{\"avro.codec\": \"" + codec + "\"}");
    EXPECT_THAT(
        file,
        HasSubstr(
            R"({"type":"record","name":"record","namespace":"org.apache.flink.avro.generated","fields":[{"name":"id","type":"int"},{"name":"b","type":["null","boolean"],"default":null},)"));
    EXPECT_THAT(
        file,
        HasSubstr(
            R"({"name":"r","type":["null",{"type":"record","name":"record_r","fields":[{"name":"x","type":["null","int"],"default":null},)"));
    const Decoded decoded = DecodeText("avro", AllTypes(), file);
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    EXPECT_THAT(decoded.lines, ElementsAreArray(AllTypesLines())) << codec;
  }
}

TEST(Avro, AFileHasManyBlocksAndAnEncoderMakesManyFiles) {
  std::string json;
  std::vector<std::string> lines;
  for (int i = 0; i < 20'000; ++i) {
    lines.push_back("{\"id\":" + std::to_string(i) + ",\"s\":\"text " + std::to_string(i % 7) +
                    "\"}");
    json += lines.back() + "\n";
  }
  const Batch batch = FromJson(IdAndText(), json);
  auto encoder = MakeEncoder("avro", IdAndText(), NodeWithOptions()).ValueOrDie();
  std::string first;
  ASSERT_TRUE(encoder->Encode(batch, &first).ok());
  ASSERT_TRUE(encoder->FinishFile(&first).ok());
  std::string second;
  ASSERT_TRUE(encoder->FinishFile(&second).ok());
  EXPECT_THAT(second, IsEmpty());  // No file has begun.
  ASSERT_TRUE(encoder->Encode(batch.Slice(5, 2), &second).ok());
  ASSERT_TRUE(encoder->FinishFile(&second).ok());
  EXPECT_THAT(DecodeText("avro", IdAndText(), first, "{}", 1'000, 1'000).lines,
              ElementsAreArray(lines));
  EXPECT_THAT(DecodeText("avro", IdAndText(), second).lines, ElementsAre(lines[5], lines[6]));
}

TEST(Avro, TimestampsMayBeMappedRight) {
  const Schema schema = Columns(R"([{"name": "ts", "type": {"kind": "TIMESTAMP", "precision": 6}},
    {"name": "lz", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}}, {"name": "n", "type": {"kind": "TIMESTAMP", "precision": 9}}])");
  const std::string_view right = R"({"avro.timestamp_mapping.legacy": "false"})";
  const std::string line =
      R"({"ts":"2024-01-01 00:00:00.123456","lz":"1969-12-31 23:59:59.999Z","n":"2024-01-01 00:00:00.123456789"})";
  const std::string file = Write(schema, FromJson(schema, line), right);
  EXPECT_THAT(file,
              AllOf(HasSubstr("\"local-timestamp-micros\""), HasSubstr("\"timestamp-millis\""),
                    HasSubstr("\"local-timestamp-nanos\"")));
  EXPECT_THAT(DecodeText("avro", schema, file, right).lines, ElementsAre(line));
  EXPECT_THAT(DecodeText("avro", schema, file).status.message(),
              AllOf(HasSubstr("no type for column 'ts' of type TIMESTAMP(6)"),
                    HasSubstr("'avro.timestamp_mapping.legacy' = 'false'")));
}

// A file with this schema, and one block of records.
std::string File(std::string_view schema, int64_t count, std::string_view records,
                 const std::string& codec = "null") {
  std::string file("Obj\1", 4);
  AppendAvroLong(-2, &file);  // A negative count, and then the bytes of the block.
  std::string members;
  AppendAvroBytes("avro.codec", &members);
  AppendAvroBytes(codec, &members);
  AppendAvroBytes("avro.schema", &members);
  AppendAvroBytes(schema, &members);
  AppendAvroLong(static_cast<int64_t>(members.size()), &file);
  file += members;
  AppendAvroLong(0, &file);
  file += "0123456789abcdef";
  AppendAvroLong(count, &file);
  std::string block;
  EXPECT_TRUE(MakeAvroCodec(codec).ValueOrDie()->Compress(records, &block).ok());
  AppendAvroBytes(block, &file);
  return file + "0123456789abcdef";
}

std::string Field(std::string_view type) {
  return R"({"type":"record","name":"a.R","fields":[{"name":"v","type":)" + std::string(type) +
         "}]}";
}

// The text of column `v` of this type, of one record with these bytes and a field of Avro's type.
std::string Read(std::string_view avro, std::string_view bytes, std::string_view type) {
  const Schema schema = Columns("[{\"name\": \"v\", \"type\": " + std::string(type) + "}]");
  const Decoded decoded = DecodeText("avro", schema, File(Field(avro), 1, bytes),
                                     R"({"avro.timestamp_mapping.legacy": "false"})");
  if (!decoded.status.ok()) return decoded.status.message();
  if (decoded.lines.size() != 1) return std::to_string(decoded.lines.size()) + " rows";
  return decoded.lines[0].substr(5, decoded.lines[0].size() - 6);
}

using namespace std::literals;

TEST(Avro, NumbersGetWider) {
  EXPECT_EQ(Read("\"int\"", "\x03", R"({"kind": "BIGINT"})"), "-2");
  EXPECT_EQ(Read("\"int\"", "\x03", R"({"kind": "FLOAT"})"), "-2.0");
  EXPECT_EQ(Read("\"long\"", "\x80\x80\x80\x80\x20", R"({"kind": "DOUBLE"})"), "4.294967296E9");
  EXPECT_EQ(Read("\"float\"", "\0\0\xC0\x3F"sv, R"({"kind": "DOUBLE"})"), "1.5");
  EXPECT_THAT(Read("\"long\"", "\x02", R"({"kind": "INTEGER"})"),
              HasSubstr("column 'v' of type INT cannot be read from Avro's long"));
  EXPECT_THAT(Read("\"double\"", "\0\0\0\0\0\0\0\0"sv, R"({"kind": "FLOAT"})"),
              HasSubstr("cannot be read from Avro's double"));
  EXPECT_THAT(Read("\"int\"", "\x80\x80\x80\x80\x20", R"({"kind": "INTEGER"})"),
              HasSubstr("an int has more than 32 bits"));
}

TEST(Avro, TextOfAllKinds) {
  EXPECT_EQ(Read("\"bytes\"",
                 "\x04"
                 "ab",
                 R"({"kind": "VARCHAR"})"),
            "\"ab\"");
  EXPECT_EQ(Read("\"string\"",
                 "\x04"
                 "a\xFF",
                 R"({"kind": "VARCHAR"})"),
            "\"a\uFFFD\"");
  EXPECT_EQ(Read(R"({"type": "string", "logicalType": "uuid"})", "\x02x", R"({"kind": "VARCHAR"})"),
            "\"x\"");
  const std::string_view suits =
      R"({"type": "enum", "name": "S", "symbols": ["SPADES", "HEARTS"]})";
  EXPECT_EQ(Read(suits, "\x02", R"({"kind": "VARCHAR"})"), "\"HEARTS\"");
  EXPECT_THAT(Read(suits, "\x04", R"({"kind": "VARCHAR"})"), HasSubstr("an enum has no symbol 2"));
  EXPECT_EQ(Read(R"({"type": "fixed", "name": "F", "size": 3})", "abc", R"({"kind": "VARBINARY"})"),
            "\"616263\"");
}

TEST(Avro, DecimalsHaveTheScaleOfTheWriter) {
  const std::string_view type = R"({"kind": "DECIMAL", "precision": 6, "scale": 2})";
  const auto decimal = [](int scale) {
    return R"({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": )" +
           std::to_string(scale) + "}";
  };
  EXPECT_EQ(Read(decimal(2), "\x04\x04\xD2", type), "12.34");
  EXPECT_EQ(Read(decimal(3), "\x04\x30\x39", type), "12.35");  // 12.345
  EXPECT_EQ(Read(decimal(0), "\x02\xFF", type), "-1.00");
  EXPECT_EQ(Read(decimal(2), "\x06\x0F\x42\x40", type), "null");  // 10000.00 does not fit.
  EXPECT_EQ(
      Read(
          R"({"type": "fixed", "name": "F", "size": 20, "logicalType": "decimal", "precision": 6, "scale": 2})",
          "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFB\x2E", type),
      "-12.34");
  EXPECT_EQ(Read("\"bytes\"", "\x04\x04\xD2", type), "12.34");
}

TEST(Avro, TimesHaveTheUnitOfTheWriter) {
  const auto timestamp = [](const std::string& unit) {
    return R"({"type": "long", "logicalType": ")" + unit + "\"}";
  };
  const std::string_view ts3 = R"({"kind": "TIMESTAMP", "precision": 3})";
  const std::string_view ts6 = R"({"kind": "TIMESTAMP", "precision": 6})";
  EXPECT_EQ(Read(timestamp("timestamp-micros"), "\xFF\x88\x7A"sv, ts3),
            "\"1969-12-31 23:59:59.000\"");
  EXPECT_EQ(Read(timestamp("timestamp-millis"), "\x02", ts6), "\"1970-01-01 00:00:00.001000\"");
  EXPECT_EQ(Read(timestamp("local-timestamp-nanos"), "\xD0\x0F"sv, ts6),
            "\"1970-01-01 00:00:00.000001\"");
  EXPECT_EQ(Read("\"long\"", "\x02", ts3), "\"1970-01-01 00:00:00.001\"");
  EXPECT_EQ(Read(timestamp("time-micros"), "\xD0\x0F"sv, R"({"kind": "TIME", "precision": 3})"),
            "\"00:00:00.001\"");
  EXPECT_THAT(Read(timestamp("timestamp-millis"), "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv,
                   R"({"kind": "TIMESTAMP", "precision": 9})"),
              HasSubstr("a timestamp beyond"));
}

TEST(Avro, UnionsHoldWhatTheColumnCanTake) {
  const std::string_view either = R"(["string", "null", "long"])";
  const std::string_view bigint = R"({"kind": "BIGINT"})";
  EXPECT_EQ(Read(either, "\x04\x0E", bigint), "7");
  EXPECT_EQ(Read(either, "\x02", bigint), "null");
  EXPECT_THAT(Read(either, "\0\2x"sv, bigint),
              HasSubstr("a value of Avro's string for a column of type BIGINT"));
  EXPECT_THAT(Read(either, "\x06", bigint), HasSubstr("a union has no branch 3"));
  EXPECT_THAT(Read(either, "\x02", R"({"kind": "BIGINT", "nullable": false})"),
              HasSubstr("a NULL for a column that is NOT NULL"));
  EXPECT_THAT(Read(R"(["null", "string"])", "\0"sv, bigint),
              HasSubstr("column 'v' of type BIGINT cannot be read from Avro's string"));
}

TEST(Avro, NestedValuesAreResolvedToo) {
  EXPECT_EQ(Read(R"({"type": "array", "items": ["null", "int"]})",
                 "\x03\x06\x00\x02\x02\x02\x02\x06\x00"sv,  // A block of 2 with its size, one of 1.
                 R"({"kind": "ARRAY", "element": {"kind": "BIGINT"}})"),
            "[null,1,3]");
  EXPECT_EQ(Read(R"({"type": "map", "values": "int"})",
                 "\x06\x02"
                 "a\x02\x02"
                 "b\x04\x02"
                 "a\x06\0"sv,
                 R"({"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "INTEGER"}})"),
            R"({"a":3,"b":2})");
  EXPECT_EQ(
      Read(
          R"({"type": "record", "name": "In", "fields": [{"name": "z", "type": "string"}, {"name": "x", "type": "int"}]})",
          "\x02z\x02",
          R"({"kind": "ROW", "fields": [{"name": "x", "type": {"kind": "BIGINT"}}, {"name": "y", "type": {"kind": "INTEGER"}}]})"),
      R"({"x":1,"y":null})");
  EXPECT_THAT(
      Read(R"({"type": "record", "name": "In", "fields": [{"name": "x", "type": "string"}]})",
           "\0"sv, R"({"kind": "ROW", "fields": [{"name": "x", "type": {"kind": "BIGINT"}}]})"),
      HasSubstr("column 'v.x' of type BIGINT cannot be read from Avro's string"));
}

// What nobody reads is passed over, whatever it is, also types that hold themselves.
TEST(Avro, OtherFieldsArePassedOver) {
  const std::string schema =
      R"({"type":"record","name":"R","namespace":"n","fields":[
        {"name":"tree","type":{"type":"record","name":"Tree","fields":[{"name":"v","type":"int"},{"name":"kids","type":{"type":"array","items":"Tree"}}]}},
        {"name":"m","type":{"type":"map","values":["null","double",{"type":"fixed","name":"F","size":2}]}},
        {"name":"again","type":"n.F"}, {"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}},
        {"name":"b","type":"boolean"}, {"name":"f","type":"float"}, {"name":"id","type":"int"}]})";
  const std::string_view record =
      "\x02\x02\x04\x00\x00"               // tree {1, [{2, []}]}
      "\x02\x02k\x04xy\x00"                // m {k: xy}
      "zz\x00\x01\x00\x00\x80\x3F\x0E"sv;  // again, e, b, f, id
  const Decoded decoded = DecodeText("avro", IdAndText(), File(schema, 1, record));
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(decoded.lines, ElementsAre(R"({"id":7,"s":null})"));
}

TEST(Avro, WhatIsNoAvroFileIsSaid) {
  const auto message = [](const std::string& file, const Schema& schema = IdAndText()) {
    const auto status = DecodeText("avro", schema, file).status;
    EXPECT_EQ(status.ok() ? "" : DetailOf(status) == nullptr ? "none" : "detail", "detail");
    return status.message();
  };
  EXPECT_THAT(message("{\"id\":1}\n"),
              HasSubstr("cannot read in, byte offset 0: this is not an Avro file"));
  EXPECT_THAT(message(File("{\"type\":\"recrod\"}", 0, "")),
              HasSubstr("there is no type 'recrod'"));
  EXPECT_THAT(message(File("\"int\"", 0, "")), HasSubstr("rows cannot be read from Avro's int"));
  std::string unknown = File(Field("\"int\""), 0, "");
  unknown.replace(unknown.find("\x08null"), 5, "\x08lzma");
  EXPECT_THAT(message(unknown), HasSubstr("no codec 'lzma' for Avro files"));
  EXPECT_THAT(
      message(File(Field("\"int\""), 0, ""),
              Columns(R"([{"name": "id", "type": {"kind": "INTEGER", "nullable": false}}])")),
      HasSubstr("has no field 'id', and column 'id' is NOT NULL"));
  EXPECT_THAT(message(File(Field("\"int\""), 2, "\x02\x04\x06")),
              HasSubstr("a block is longer than its records"));
  EXPECT_THAT(
      message(File(Field("\"int\""), 2, "\x02"),
              Columns(R"([{"name": "v", "type": {"kind": "INTEGER"}}])")),
      HasSubstr(
          "record 2 of the block that begins here: field 'v': the record ends inside a number"));
  EXPECT_THAT(
      message(File(
          R"({"type":"record","name":"R","fields":[{"name":"id","type":{"type":"array","items":"null"}}]})",
          1, "\x80\x80\x80\x80\x10\x00"sv)),
      HasSubstr("cannot be read from Avro's array of null"));
  EXPECT_THAT(
      message(File(
          R"({"type":"record","name":"R","fields":[{"name":"x","type":{"type":"array","items":"null"}}]})",
          1, "\x80\x80\x80\x80\x10\x00"sv)),
      HasSubstr("more than 1,048,576 elements without bytes"));
  EXPECT_THAT(message(File(R"({"type":"record","name":"R","fields":[]})", 1LL << 40, "")),
              HasSubstr("a block has more records than bytes"));
}

TEST(Avro, DamagedFilesAreNeverReadBeyondTheirEnd) {
  for (const std::string codec : {"snappy", "deflate", "null", "zstd"}) {
    const Schema schema = codec == "snappy" ? AllTypes() : IdAndText();
    const std::string file = Material("flink-" + codec + ".avro");
    // A header alone is a file too, without rows.
    int num_read = 0;
    for (size_t cut = 1; cut < file.size(); ++cut) {
      const Decoded decoded = DecodeText("avro", schema, file.substr(0, cut));
      if (decoded.status.ok()) ++num_read;
      EXPECT_THAT(decoded.lines, IsEmpty()) << cut;
    }
    EXPECT_EQ(num_read, 1);
    std::mt19937 random(3);
    for (int round = 0; round < 3'000; ++round) {
      std::string damaged = file;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      DecodeText("avro", schema, damaged);
    }
  }
  const Batch batch = AllTypesBatch();
  const std::string plain = Write(AllTypes(), batch, R"({"avro.codec": "null"})");
  std::mt19937 random(5);
  for (int round = 0; round < 10'000; ++round) {
    std::string damaged = plain;
    damaged[plain.size() - 1 - random() % 300] = static_cast<char>(random());
    DecodeText("avro", AllTypes(), damaged);
  }
}

TEST(Avro, BytesMayComeInAnyPieces) {
  const std::string file = Material("flink-snappy.avro");
  for (const size_t piece : {1, 7, 500}) {
    for (const int64_t rows_max : {1, 2, 100}) {
      EXPECT_THAT(DecodeText("avro", AllTypes(), file, "{}", piece, rows_max).lines,
                  ElementsAreArray(AllTypesLines()));
    }
  }
}

TEST(Avro, AMessageIsARecord) {
  const Batch batch = AllTypesBatch();
  auto encoder = MakeEncoder("avro", AllTypes(), NodeWithOptions()).ValueOrDie();
  EncodedMessages encoded;
  ASSERT_TRUE(encoder->EncodeMessages(batch, &encoded).ok());
  ASSERT_EQ(encoded.ends.size(), 3);
  std::vector<std::string_view> messages = {kNull};
  int64_t begin = 0;
  for (const int64_t end : encoded.ends) {
    messages.push_back(std::string_view(encoded.bytes)
                           .substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    begin = end;
  }
  const auto decoded = DecodeMessages("avro", AllTypes(), messages);
  EXPECT_THAT(decoded.rows, ElementsAre("1: " + AllTypesLines()[0], "2: " + AllTypesLines()[1],
                                        "3: " + AllTypesLines()[2]));
  // Cut at any place, the first one is none; the second goes on as if nothing had been.
  for (size_t cut = 0; cut < messages[1].size(); ++cut) {
    const auto cut_one =
        DecodeMessages("avro", AllTypes(), {messages[1].substr(0, cut), messages[2]});
    EXPECT_THAT(cut_one.rows, ElementsAre("1: " + AllTypesLines()[1]));
    EXPECT_EQ(cut_one.refusals.size(), 1);
  }
}

// A message does not name its fields: the plan says all of them, also those that nobody reads.
TEST(Avro, ColumnsInUseAreFoundAmongTheMessages) {
  PlanNode node;
  node.config = std::make_shared<const nlohmann::json>(nlohmann::json::parse(
      R"({"fileColumns": [{"name": "a", "type": {"kind": "VARCHAR"}}, {"name": "b", "type": {"kind": "INTEGER"}}, {"name": "c", "type": {"kind": "VARCHAR"}}]})"));
  const Schema schema = Columns(
      R"([{"name": "c", "type": {"kind": "VARCHAR"}}, {"name": "b", "type": {"kind": "INTEGER"}}])");
  auto decoder = MakeDecoder("avro", schema, node).ValueOrDie();
  const std::string message = "\x02\x06not\x02\x0E\x02\x02x";
  Refusals refusals;
  std::vector<int32_t> rows;
  const std::vector<std::string_view> messages = {message};
  ASSERT_TRUE(decoder->DecodeMessages(messages, refusals, &rows).ok());
  EXPECT_THAT(refusals.seen, IsEmpty());
  std::string out;
  ASSERT_TRUE(
      MakeJsonEncoder(schema, {.results = true})->Encode(decoder->Flush().ValueOrDie(), &out).ok());
  EXPECT_EQ(out, "{\"c\":\"x\",\"b\":7}\n");
}

TEST(Avro, NamesAndNullsThatAvroDoesNotHave) {
  const Schema odd = Columns(R"([{"name": "a b", "type": {"kind": "INTEGER"}}])");
  EXPECT_THAT(MakeEncoder("avro", odd, NodeWithOptions()).status().message(),
              HasSubstr("'a b' is no name in Avro"));
  const Schema interval = Columns(R"([{"name": "i", "type": {"kind": "INTERVAL_DAY_TIME"}}])");
  EXPECT_THAT(MakeEncoder("avro", interval, NodeWithOptions()).status().message(),
              HasSubstr("has no type for column 'i'"));
  EXPECT_THAT(MakeEncoder("avro", IdAndText(), NodeWithOptions(R"({"avro.codec": "lzma"})"))
                  .status()
                  .message(),
              HasSubstr("no codec 'lzma'"));
}

}  // namespace
}  // namespace sabot::test
