// Changes as JSON: debezium-json, ogg-json, canal-json, maxwell-json. The answers were given by
// Flink 2.3, save where a test says why ours differ.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "formats/decode_messages.h"

namespace sabot::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Schema IdAndText() {
  return Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "VARCHAR"}}])");
}

std::string Ignore(const std::string& format) {
  return "{\"" + format + ".ignore-parse-errors\": \"true\"}";
}

std::vector<std::string> Read(const std::string& format, std::string_view text,
                              std::string_view options = "{}") {
  const Decoded decoded = DecodeText(format, IdAndText(), text, options);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  return decoded.lines;
}

std::string Message(const std::string& format, std::string_view text,
                    std::string_view options = "{}") {
  const Decoded decoded = DecodeText(format, IdAndText(), text, options);
  EXPECT_FALSE(decoded.status.ok());
  return decoded.status.message();
}

TEST(DebeziumJson, ChangesHaveTheirKinds) {
  EXPECT_THAT(
      Read("debezium-json",
           R"({"before":null,"after":{"id":1,"s":"a"},"source":{"db":"shop"},"op":"c","ts_ms":17}
{"before":null,"after":{"id":2,"s":"snapshot"},"op":"r"}

{"before":{"id":1,"s":"a"},"after":{"id":1,"s":"b"},"op":"u"} trailing
{"before":{"id":2,"s":"snapshot"},"after":null,"op":"d"}
)"),
      ElementsAre(R"({"op":"+I","id":1,"s":"a"})", R"({"op":"+I","id":2,"s":"snapshot"})",
                  R"({"op":"-U","id":1,"s":"a"})", R"({"op":"+U","id":1,"s":"b"})",
                  R"({"op":"-D","id":2,"s":"snapshot"})"));
}

TEST(DebeziumJson, MembersComeInAnyOrderAndTheLastOfEqualNamesCounts) {
  EXPECT_THAT(Read("debezium-json", R"({"after":{"id":7,"s":"y"},"before":{"id":1,"s":"y"},"op":"r"}
{"op":"d","before":{"id":7}, "after":{"id":8}}
{"after":{"id":9,"s":"y"},"before":{"id":1,"s":"y"},"op":"u"}
{"after":{"id":9,"s":"y"},"before":{"id":1,"s":"y"},"op":"u","after":{"id":10}}
{"op":"x","after":{"id":1,"id":11,"s":"x"},"o\u0070":"c"}
[{"before":null,"after":{"id":12},"op":"c"}, {"before":null,"after":{"id":13},"op":"c"}]
)"),
              ElementsAre(R"({"op":"+I","id":7,"s":"y"})", R"({"op":"-D","id":7,"s":null})",
                          R"({"op":"-U","id":1,"s":"y"})", R"({"op":"+U","id":9,"s":"y"})",
                          R"({"op":"-U","id":1,"s":"y"})", R"({"op":"+U","id":10,"s":null})",
                          R"({"op":"+I","id":11,"s":"x"})", R"({"op":"+I","id":12,"s":null})",
                          R"({"op":"+I","id":13,"s":null})"));
}

TEST(DebeziumJson, TheSchemaMayBeIncluded) {
  const std::string_view text =
      R"({"schema":{"type":"struct"},"payload":{"before":null,"after":{"id":1,"s":"a"},"op":"c"}}
{"payload":{"before":{"id":1,"s":"a"},"after":{"id":1,"s":"b"},"op":"u"},"schema":{"type":"struct"}}
)";
  const std::string_view included = R"({"debezium-json.schema-include": "true"})";
  EXPECT_THAT(Read("debezium-json", text, included),
              ElementsAre(R"({"op":"+I","id":1,"s":"a"})", R"({"op":"-U","id":1,"s":"a"})",
                          R"({"op":"+U","id":1,"s":"b"})"));
  EXPECT_THAT(Message("debezium-json", text), HasSubstr("does not say what change it is"));
  EXPECT_THAT(Message("debezium-json", "{\"payload\": null}\n", included),
              HasSubstr("no object `payload`"));
}

TEST(DebeziumJson, FractionsInTextAreDoublesOrDecimals) {
  const std::string_view text =
      R"({"after":{"id":1,"s":1.50},"op":"c"}
{"after":{"id":2,"s":1e3},"op":"c"}
{"after":{"id":3,"s":{"a":1.50,"b":1e3,"c":[1.10]}},"op":"c"}
{"after":{"id":4,"s":123456789012345678901234567890},"op":"c"}
{"after":{"id":5,"s":0.1234567890123456789},"op":"c"}
)";
  EXPECT_THAT(Read("debezium-json", text),
              ElementsAre(R"({"op":"+I","id":1,"s":"1.5"})", R"({"op":"+I","id":2,"s":"1000.0"})",
                          R"({"op":"+I","id":3,"s":"{\"a\":1.5,\"b\":1000.0,\"c\":[1.1]}"})",
                          R"({"op":"+I","id":4,"s":"123456789012345678901234567890"})",
                          R"({"op":"+I","id":5,"s":"0.12345678901234568"})"));
  Schema decimal = IdAndText();
  decimal.push_back(
      {"d",
       Columns(R"([{"name": "d", "type": {"kind": "DECIMAL", "precision": 6, "scale": 2}}])")[0]
           .type});
  EXPECT_THAT(DecodeText("debezium-json", decimal, text).lines,
              ElementsAre(R"({"op":"+I","id":1,"s":"1.5","d":null})",
                          R"({"op":"+I","id":2,"s":"1E+3","d":null})",
                          R"({"op":"+I","id":3,"s":"{\"a\":1.5,\"b\":1E+3,\"c\":[1.1]}","d":null})",
                          R"({"op":"+I","id":4,"s":"123456789012345678901234567890","d":null})",
                          R"({"op":"+I","id":5,"s":"0.1234567890123456789","d":null})"));
}

TEST(DebeziumJson, WhatCannotBeReadIsAnErrorOrLeftOut) {
  const std::vector<std::pair<std::string, std::string>> broken = {
      {R"({"before":null,"after":{"id":"x"},"op":"c"})", "does not fit the column's type (INT)"},
      {R"({"before":5,"after":{"id":3},"op":"c"})", "a JSON object was expected"},
      {R"({"before":null,"after":{"id":4},"op":"u"})", "REPLICA IDENTITY FULL"},
      {R"({"before":null,"after":{"id":4},"op":"d"})", "REPLICA IDENTITY FULL"},
      {R"({"before":null,"after":null,"op":"c"})", "the change has no new row"},
      {R"({"before":null,"after":{"id":5},"op":"x"})", "there is no such kind of change"},
      {R"({"before":null,"after":{"id":5},"op":null})", "does not say what change it is"},
      {R"({"before":null,"after":{"id":5}})", "does not say what change it is"},
      {R"({"before":null,"after":{"id":7},"op":"c")", "the line ends inside a record"},
      {"nonsense", "a record must be a JSON object"},
      {"null", "a record must be a JSON object"},
      {"   ", "a blank line is no record"},
      {R"({"before":null,"after":[1],"op":"c"})", "a JSON object was expected"},
  };
  for (const auto& [line, reason] : broken) {
    EXPECT_THAT(Message("debezium-json", line + "\n"),
                AllOf(HasSubstr(reason), HasSubstr("in, line 1"),
                      HasSubstr("'debezium-json.ignore-parse-errors' = 'true'")))
        << line;
  }
  std::string text = R"({"after":{"id":1,"s":"ok"},"op":"c"})"
                     "\n";
  for (const auto& [line, reason] : broken) text += line + "\n";
  text += R"({"before":5,"after":{"id":8},"op":"u"})"
          "\n"
          R"({"after":{"id":9,"s":"ok"},"op":"c"})";
  const Decoded decoded = DecodeText("debezium-json", IdAndText(), text, Ignore("debezium-json"));
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(decoded.lines,
              ElementsAre(R"({"op":"+I","id":1,"s":"ok"})", R"({"op":"+I","id":null,"s":null})",
                          R"({"op":"+I","id":3,"s":null})", R"({"op":"+I","id":9,"s":"ok"})"));
  EXPECT_EQ(decoded.skipped, 12);
}

TEST(DebeziumJson, MetadataIsInTheLastColumns) {
  const Schema columns = Columns(R"([{"name": "id", "type": {"kind": "INTEGER"}},
    {"name": "schema", "type": {"kind": "VARCHAR"}},
    {"name": "ingested", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}},
    {"name": "changed", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}},
    {"name": "db", "type": {"kind": "VARCHAR"}}, {"name": "t", "type": {"kind": "VARCHAR"}},
    {"name": "p", "type": {"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "VARCHAR"}}}])");
  const std::string_view metadata =
      R"(["schema", "ingestion-timestamp", "source.timestamp", "source.database", "source.table", "source.properties"])";
  const std::string_view text =
      R"({"schema":{"a":1},"payload":{"before":{"id":1},"after":{"id":2},"source":{"db":"d","ts_ms":1700000000001,"table":null},"op":"u","ts_ms":1700000000002}}
{"payload":{"after":{"id":3},"op":"c"}}
)";
  const Decoded decoded =
      DecodeText("debezium-json", columns, text, R"({"debezium-json.schema-include": "true"})",
                 SIZE_MAX, 1'000, metadata);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  const std::string about =
      R"("schema":"{\"a\":1}","ingested":"2023-11-14 22:13:20.002Z","changed":"2023-11-14 22:13:20.001Z","db":"d","t":null,"p":{"db":"d","table":null,"ts_ms":"1700000000001"}})";
  EXPECT_THAT(
      decoded.lines,
      ElementsAre(
          R"({"op":"-U","id":1,)" + about, R"({"op":"+U","id":2,)" + about,
          R"({"op":"+I","id":3,"schema":null,"ingested":null,"changed":null,"db":null,"t":null,"p":null})"));
  EXPECT_THAT(DecodeText("debezium-json", columns, text, "{}", SIZE_MAX, 1'000,
                         R"(["schema", "a", "b", "c", "d", "e"])")
                  .status.message(),
              HasSubstr("has no metadata 'a'"));
}

TEST(OggJson, ChangesHaveTheirKinds) {
  EXPECT_THAT(Read("ogg-json", R"({"before":null,"after":{"id":1,"s":"a"},"op_type":"I"}
{"before":{"id":1,"s":"a"},"after":{"id":1,"s":"b"},"op_type":"U"}
{"before":{"id":1,"s":"b"},"after":null,"op_type":"D"}
)"),
              ElementsAre(R"({"op":"+I","id":1,"s":"a"})", R"({"op":"-U","id":1,"s":"a"})",
                          R"({"op":"+U","id":1,"s":"b"})", R"({"op":"-D","id":1,"s":"b"})"));
  EXPECT_THAT(Message("ogg-json", R"({"before":null,"after":null,"op_type":"T"})"),
              HasSubstr("there is no such kind of change"));
}

constexpr std::string_view kCanal =
    R"({"data":[{"id":"1","s":"a"},{"id":"2","s":"b"}],"database":"d","type":"INSERT","table":"t1"}
{"data":[{"id":"1","s":"a2"}],"old":[{"s":"a"}],"database":"d","type":"UPDATE","table":"t1"}
{"data":[{"id":"2","s":"now"}],"old":[{"s":null}],"database":"d","type":"UPDATE","table":"t1"}
{"data":[{"id":"3","s":"c"}],"database":"d","type":"INSERT","table":"t2"}
{"data":null,"database":"d","type":"CREATE","table":"t1"}
{"data":[{"id":"1","s":"a2"}],"database":"d","type":"DELETE","table":"t1"}
)";

TEST(CanalJson, OldValuesCompleteTheNewRow) {
  EXPECT_THAT(Read("canal-json", kCanal),
              ElementsAre(R"({"op":"+I","id":1,"s":"a"})", R"({"op":"+I","id":2,"s":"b"})",
                          R"({"op":"-U","id":1,"s":"a"})", R"({"op":"+U","id":1,"s":"a2"})",
                          R"({"op":"-U","id":2,"s":null})", R"({"op":"+U","id":2,"s":"now"})",
                          R"({"op":"+I","id":3,"s":"c"})", R"({"op":"-D","id":1,"s":"a2"})"));
}

// Flink takes a field for changed that any row of the record has an old value of, and then gives
// NULL for it: its -U rows take back what was never there.
TEST(CanalJson, EveryRowOfAnUpdateHasItsOwnOldValues) {
  EXPECT_THAT(
      Read(
          "canal-json",
          R"({"data":[{"id":"1","s":"a2"},{"id":"3","s":"b"}],"old":[{"s":"a"},{"id":"2"}],"type":"UPDATE"})"),
      ElementsAre(R"({"op":"-U","id":1,"s":"a"})", R"({"op":"+U","id":1,"s":"a2"})",
                  R"({"op":"-U","id":2,"s":"b"})", R"({"op":"+U","id":3,"s":"b"})"));
}

TEST(CanalJson, OnlySomeTablesAreRead) {
  EXPECT_THAT(Read("canal-json", kCanal, R"({"canal-json.table.include": "t[2-9]"})"),
              ElementsAre(R"({"op":"+I","id":3,"s":"c"})"));
  EXPECT_THAT(Read("canal-json", kCanal, R"({"canal-json.database.include": "d.+"})"), IsEmpty());
  for (const std::string_view record : {R"({"type":"CREATE"})", R"({"data":[{"id":1}]})"}) {
    EXPECT_THAT(Message("canal-json", record, R"({"canal-json.table.include": "t[2-9]"})"),
                HasSubstr("does not say which database and table"));
  }
  EXPECT_THAT(Message("canal-json", kCanal, R"({"canal-json.table.include": "t["})"),
              HasSubstr("'canal-json.table.include' is not a regular expression"));
}

TEST(CanalJson, WhatCannotBeReadIsAnErrorOrLeftOut) {
  const std::vector<std::pair<std::string, std::string>> broken = {
      {R"({"data":null,"type":"INSERT"})", "the change has no rows"},
      {R"({"data":{"id":1},"type":"INSERT"})", "a list of rows was expected"},
      {R"({"data":[{"id":1},7],"type":"DELETE"})", "a JSON object was expected"},
      {R"({"data":[{"id":1}],"type":"UPDATE"})", "an update needs"},
      {R"({"data":[{"id":1},{"id":2}],"old":[{"id":3}],"type":"UPDATE"})", "fewer old values"},
      {R"({"data":[{"id":1}],"old":[null],"type":"UPDATE"})", "a JSON object was expected"},
      {R"({"data":[{"id":1}],"type":"TRUNCATE"})", "there is no such kind of change"},
  };
  std::string text;
  for (const auto& [line, reason] : broken) {
    EXPECT_THAT(Message("canal-json", line + "\n"), HasSubstr(reason)) << line;
    text += line + "\n";
  }
  const Decoded decoded = DecodeText("canal-json", IdAndText(), text, Ignore("canal-json"));
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  // The rows before the broken one stay.
  EXPECT_THAT(decoded.lines,
              ElementsAre(R"({"op":"-D","id":1,"s":null})", R"({"op":"-U","id":3,"s":null})",
                          R"({"op":"+U","id":1,"s":null})"));
  EXPECT_EQ(decoded.skipped, 7);
}

TEST(MaxwellJson, OldValuesCompleteTheNewRow) {
  const Schema columns = Columns(R"([{"name": "id", "type": {"kind": "INTEGER"}},
    {"name": "s", "type": {"kind": "VARCHAR"}}, {"name": "t", "type": {"kind": "VARCHAR"}},
    {"name": "at", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}}])");
  const std::string_view text =
      R"({"database":"d","table":"t","type":"insert","ts":1,"data":{"id":1,"s":"a","t":"x"}}
{"database":"d","table":"t","type":"update","ts":2,"data":{"id":1,"s":"b","t":"x"},"old":{"s":"a"}}
{"database":"d","table":"t","type":"update","ts":3,"data":{"id":1,"s":"b","t":"y"},"old":{"t":null}}
{"database":"d","table":"t","type":"delete","ts":4,"data":{"id":1,"s":"b","t":"y"}}
)";
  const Decoded decoded = DecodeText("maxwell-json", columns, text, "{}", SIZE_MAX, 1'000,
                                     R"(["ingestion-timestamp"])");
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(decoded.lines,
              ElementsAre(R"({"op":"+I","id":1,"s":"a","t":"x","at":"1970-01-01 00:00:01.000Z"})",
                          R"({"op":"-U","id":1,"s":"a","t":"x","at":"1970-01-01 00:00:02.000Z"})",
                          R"({"op":"+U","id":1,"s":"b","t":"x","at":"1970-01-01 00:00:02.000Z"})",
                          R"({"op":"-U","id":1,"s":"b","t":null,"at":"1970-01-01 00:00:03.000Z"})",
                          R"({"op":"+U","id":1,"s":"b","t":"y","at":"1970-01-01 00:00:03.000Z"})",
                          R"({"op":"-D","id":1,"s":"b","t":"y","at":"1970-01-01 00:00:04.000Z"})"));
  EXPECT_THAT(Message("maxwell-json", R"({"type":"update","data":{"id":1},"old":7})"),
              HasSubstr("a JSON object was expected"));
  EXPECT_THAT(Message("maxwell-json", R"({"type":"insert"})"), HasSubstr("the change has no rows"));
}

TEST(ChangelogJson, NestedRowsAreRead) {
  const Schema columns = Columns(R"([{"name": "r", "type": {"kind": "ROW", "fields": [
    {"name": "x", "type": {"kind": "INTEGER"}}, {"name": "l", "type": {"kind": "ARRAY", "element": {"kind": "VARCHAR"}}}]}}])");
  EXPECT_THAT(
      DecodeText("debezium-json", columns,
                 R"({"before":{"r":{"x":1,"l":["a",null]}},"after":{"r":{"l":[]}},"op":"u"})")
          .lines,
      ElementsAre(R"({"op":"-U","r":{"x":1,"l":["a",null]}})",
                  R"({"op":"+U","r":{"x":null,"l":[]}})"));
}

TEST(ChangelogJson, AMessageMayGiveNoRowOrSeveral) {
  const auto decoded = DecodeMessages(
      "debezium-json", IdAndText(),
      {R"({"after":{"id":1,"s":"a"},"op":"c"})", kNull,
       "{\n\"before\":{\"id\":1,\"s\":\"a\"},\n\"after\":{\"id\":1,\"s\":\"b\nc\"},\"op\":\"u\"}",
       R"({"before":null,"after":{"id":1},"op":"u"})", R"({"before":{"id":1},"op":"d"})"});
  EXPECT_THAT(
      decoded.rows,
      ElementsAre(R"(0: {"op":"+I","id":1,"s":"a"})", R"(2: {"op":"-U","id":1,"s":"a"})",
                  R"(2: {"op":"+U","id":1,"s":"b\nc"})", R"(4: {"op":"-D","id":1,"s":null})"));
  EXPECT_THAT(decoded.refusals,
              ElementsAre("3 at 37: the change has no old row; of PostgreSQL: set REPLICA IDENTITY "
                          "FULL for the table"));
  EXPECT_EQ(DecodeMessages("canal-json", IdAndText(), {"{}", kNull}, Ignore("canal-json")).skipped,
            1);
}

// The same rows however the bytes come, and nothing beyond them is read (ASan watches).
TEST(ChangelogJson, TextMayComeInAnyPieces) {
  const std::string_view debezium =
      R"({"before":null,"after":{"id":1,"s":"a"},"op":"c"}
{"before":{"id":1,"s":"a"},"after":{"id":1,"s":"b\u00e9"},"op":"u"}
{"op":"d","before":{"id":1,"s":"b"}})";
  for (const auto& [format, text] :
       {std::pair<std::string, std::string_view>{"debezium-json", debezium},
        {"canal-json", kCanal}}) {
    const auto whole = DecodeText(format, IdAndText(), text).lines;
    for (const size_t piece : {1, 7, 50}) {
      for (const int64_t rows_max : {1, 2, 1'000}) {
        EXPECT_EQ(DecodeText(format, IdAndText(), text, "{}", piece, rows_max).lines, whole);
      }
    }
  }
}

// Damaged records are refused, or left out, or read: never read beyond their end.
TEST(ChangelogJson, DamagedTextIsNeverReadBeyondItsEnd) {
  const std::vector<std::pair<std::string, std::string>> seeds = {
      {"debezium-json",
       R"({"before":{"id":1,"s":"a"},"after":{"id":1,"s":"b"},"source":{"db":"d"},"op":"u"})"},
      {"canal-json",
       R"({"data":[{"id":"1","s":"x"},{"id":2}],"old":[{"s":"a"},{}],"type":"UPDATE"})"},
      {"maxwell-json", R"({"type":"update","data":{"id":1,"s":"b"},"old":{"s":null}})"}};
  std::mt19937 random(11);
  for (const auto& [format, seed] : seeds) {
    for (size_t cut = 0; cut < seed.size(); ++cut) {
      const std::string text = seed.substr(0, cut);
      const Decoded strict = DecodeText(format, IdAndText(), text);
      EXPECT_EQ(strict.status.ok(), cut == 0) << text;
      const Decoded lenient = DecodeText(format, IdAndText(), text + "\n" + seed, Ignore(format));
      EXPECT_TRUE(lenient.status.ok()) << lenient.status;
      EXPECT_EQ(lenient.skipped, cut == 0 ? 0 : 1);
      EXPECT_THAT(lenient.lines, ElementsAreArray(DecodeText(format, IdAndText(), seed).lines));
    }
    for (int round = 0; round < 2'000; ++round) {
      std::string text = seed;
      text[random() % text.size()] = "{}[]\",:\\x0 n"[random() % 12];
      EXPECT_TRUE(DecodeText(format, IdAndText(), text, Ignore(format)).status.ok()) << text;
    }
  }
}

Batch Changes() {
  auto decoder = MakeDecoder("debezium-json", IdAndText(), NodeWithOptions()).ValueOrDie();
  std::string text =
      R"({"after":{"id":1,"s":"a"},"op":"c"}
{"before":{"id":1,"s":"a"},"after":{"id":1},"op":"u"}
{"before":{"id":1},"op":"d"}
)";
  const size_t size = text.size();
  text.append(kDecodePadding, '\0');
  EXPECT_TRUE(decoder->Decode({text.data(), size}, true, 10).ok());
  return decoder->Flush().ValueOrDie();
}

std::string Write(const std::string& format, std::string_view options = "{}") {
  auto made = MakeEncoder(format, IdAndText(), NodeWithOptions(options));
  if (!made.ok()) return made.status().message();
  EXPECT_TRUE((*made)->takes_changes());
  std::string out;
  EXPECT_TRUE((*made)->Encode(Changes(), &out).ok());
  return out;
}

TEST(ChangelogJson, UpdatesAreWrittenAsRemovalAndInsertion) {
  EXPECT_EQ(Write("debezium-json"), R"({"before":null,"after":{"id":1,"s":"a"},"op":"c"}
{"before":{"id":1,"s":"a"},"after":null,"op":"d"}
{"before":null,"after":{"id":1,"s":null},"op":"c"}
{"before":{"id":1,"s":null},"after":null,"op":"d"}
)");
  EXPECT_EQ(Write("debezium-json", R"({"debezium-json.encode.ignore-null-fields": "true"})"),
            R"({"after":{"id":1,"s":"a"},"op":"c"}
{"before":{"id":1,"s":"a"},"op":"d"}
{"after":{"id":1},"op":"c"}
{"before":{"id":1},"op":"d"}
)");
  EXPECT_THAT(Write("ogg-json"),
              HasSubstr(R"({"before":{"id":1,"s":"a"},"after":null,"op_type":"D"})"));
  EXPECT_EQ(Write("canal-json"), R"({"data":[{"id":1,"s":"a"}],"type":"INSERT"}
{"data":[{"id":1,"s":"a"}],"type":"DELETE"}
{"data":[{"id":1,"s":null}],"type":"INSERT"}
{"data":[{"id":1,"s":null}],"type":"DELETE"}
)");
  EXPECT_THAT(Write("maxwell-json"), HasSubstr(R"({"data":{"id":1,"s":"a"},"type":"delete"})"));
  EXPECT_THAT(Write("debezium-json", R"({"debezium-json.schema-include": "true"})"),
              HasSubstr("cannot write a schema into records"));
}

}  // namespace
}  // namespace sabot::test
