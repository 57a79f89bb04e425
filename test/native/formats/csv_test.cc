// What Flink's csv format reads and writes; the answers were given by Flink 2.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/decode_text.h"

namespace sabot::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kIgnore = R"({"csv.ignore-parse-errors": "true"})";

Schema IdTextNumber() {
  return Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "VARCHAR"}},
                     {"name": "d", "type": {"kind": "DOUBLE"}}])");
}

constexpr std::string_view kOddLines =
    "1,x,1.5\n2,\"a,b\"\n3,a,2.5,extra\n4,\"quoted \"\"q\"\"\",3\n\n5,,\n6,abc,bad\n# "
    "comment,1,2\n7,\"multi\nline\",7\n8, lead,8\n"
    " 9 ,\"x\" ,9\n10,\"\",\n11,NULL,1\n12,\"NULL\",1\n13,a\"b,1\n14,\"abc\"d,2\n15,\\\"esc,3\n";

TEST(Csv, ReadsOddLinesAsFlinkDoes) {
  const Decoded decoded =
      DecodeText("csv", IdTextNumber(), kOddLines,
                 R"({"csv.ignore-parse-errors": true, "csv.null-literal": "NULL"})");
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(
      decoded.lines,
      ElementsAre(R"({"id":1,"s":"x","d":1.5})", R"({"id":2,"s":"a,b","d":null})",
                  R"({"id":4,"s":"quoted \"q\"","d":3.0})", R"({"id":null,"s":null,"d":null})",
                  R"({"id":5,"s":"","d":null})", R"({"id":6,"s":"abc","d":null})",
                  R"({"id":null,"s":"1","d":2.0})", R"({"id":7,"s":"multi\nline","d":7.0})",
                  R"({"id":8,"s":" lead","d":8.0})", R"({"id":9,"s":"x","d":9.0})",
                  R"({"id":10,"s":"","d":null})", R"({"id":11,"s":null,"d":1.0})",
                  R"({"id":12,"s":null,"d":1.0})", R"({"id":13,"s":"a\"b","d":1.0})",
                  R"({"id":15,"s":"\\\"esc","d":3.0})"));
  EXPECT_EQ(decoded.skipped, 2);  // The overlong record, and the text behind a closing quote.
  for (const size_t piece : {1, 2, 3, 5, 7, 11}) {
    EXPECT_EQ(
        DecodeText("csv", IdTextNumber(), kOddLines,
                   R"({"csv.ignore-parse-errors": true, "csv.null-literal": "NULL"})", piece, 2)
            .lines,
        decoded.lines)
        << piece;
  }
}

TEST(Csv, WithoutQuotesAndWithComments) {
  const Decoded decoded = DecodeText(
      "csv", IdTextNumber(), kOddLines,
      R"({"csv.ignore-parse-errors": true, "csv.allow-comments": true, "csv.disable-quote-character": true})");
  EXPECT_THAT(
      decoded.lines,
      ElementsAre(R"({"id":1,"s":"x","d":1.5})", R"({"id":2,"s":"\"a","d":null})",
                  R"({"id":4,"s":"\"quoted \"\"q\"\"\"","d":3.0})", R"({"id":5,"s":"","d":null})",
                  R"({"id":6,"s":"abc","d":null})", R"({"id":7,"s":"\"multi","d":null})",
                  R"({"id":null,"s":"7","d":null})", R"({"id":8,"s":" lead","d":8.0})",
                  R"({"id":9,"s":"\"x\" ","d":9.0})", R"({"id":10,"s":"\"\"","d":null})",
                  R"({"id":11,"s":"NULL","d":1.0})", R"({"id":12,"s":"\"NULL\"","d":1.0})",
                  R"({"id":13,"s":"a\"b","d":1.0})", R"({"id":14,"s":"\"abc\"d","d":2.0})",
                  R"({"id":15,"s":"\\\"esc","d":3.0})"));
}

TEST(Csv, EscapesAndUnclosedQuotes) {
  const auto lines = [](std::string_view text, std::string_view options) {
    return DecodeText("csv", IdTextNumber(), text, options).lines;
  };
  EXPECT_THAT(lines("15,\\\"esc,3\n", R"({"csv.escape-character": "\\"})"),
              ElementsAre(R"({"id":15,"s":"\"esc","d":3.0})"));
  EXPECT_THAT(lines("1, \"x y\" ,2\r\n3,\"a\"\"b\",4\r\n4,\"open,5\n", kIgnore),
              ElementsAre(R"({"id":1,"s":" \"x y\" ","d":2.0})", R"({"id":3,"s":"a\"b","d":4.0})"));
  EXPECT_THAT(lines("1|x|2", R"({"csv.field-delimiter": "|"})"),
              ElementsAre(R"({"id":1,"s":"x","d":2.0})"));
  EXPECT_THAT(lines("1\tx\t2", R"({"csv.field-delimiter": "\\t"})"),
              ElementsAre(R"({"id":1,"s":"x","d":2.0})"));
}

// Whatever the cut, a record ends at \n, \r\n or \r, and a byte order mark is no text.
TEST(Csv, LineEndsAndByteOrderMarksInAnyPieces) {
  constexpr std::string_view kText =
      "\xEF\xBB\xBF"
      "1,x,1\r2,\"y\",2\r\n3,\"a\rb\nc\",3\n4,z\\nw,4\r";
  constexpr std::string_view kOptions = R"({"csv.escape-character": "\\"})";
  const Decoded decoded = DecodeText("csv", IdTextNumber(), kText, kOptions);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(decoded.lines,
              ElementsAre(R"({"id":1,"s":"x","d":1.0})", R"({"id":2,"s":"y","d":2.0})",
                          R"({"id":3,"s":"a\rb\nc","d":3.0})", R"({"id":4,"s":"z\nw","d":4.0})"));
  for (const size_t piece : {1, 2, 3, 5, 7}) {
    EXPECT_EQ(DecodeText("csv", IdTextNumber(), kText, kOptions, piece, 2).lines, decoded.lines)
        << piece;
  }
}

TEST(Csv, ReadsEveryType) {
  const Schema schema = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "b", "type": {"kind": "BOOLEAN"}},
    {"name": "i", "type": {"kind": "BIGINT"}}, {"name": "dec1", "type": {"kind": "DECIMAL", "precision": 6, "scale": 2}},
    {"name": "f", "type": {"kind": "FLOAT"}}, {"name": "dt", "type": {"kind": "DATE"}}, {"name": "tm", "type": {"kind": "TIME", "precision": 3}},
    {"name": "ts", "type": {"kind": "TIMESTAMP", "precision": 3}}, {"name": "lz", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}},
    {"name": "by1", "type": {"kind": "VARBINARY"}}, {"name": "ti", "type": {"kind": "TINYINT"}}])");
  const Decoded decoded = DecodeText(
      "csv", schema,
      R"(1,true,1,1.005,1.5,2024-01-01,10:00:00.5,2024-01-01 00:00:00,2024-01-01 00:00:00Z,YWJj,1
2,TRUE, 2 ,99999999,x,2024-1-1,10:00,2024-01-01T00:00:00,2024-01-01 00:00:00,!!,300
3,yes,1.7,1e2, 1.5 ,,,2024-01-01 00:00,,,1.5
4,,,,,,,,,,
5,false,"3","4","5","2024-01-01","01:02:03","2024-01-01 01:02:03.123456",,"",
6,1,+5
)",
      kIgnore);
  EXPECT_THAT(
      decoded.lines,
      ElementsAre(
          R"({"id":1,"b":true,"i":1,"dec1":1.01,"f":1.5,"dt":"2024-01-01","tm":"10:00:00.500","ts":"2024-01-01 00:00:00.000","lz":"2024-01-01 00:00:00.000Z","by1":"616263","ti":1})",
          R"({"id":2,"b":true,"i":2,"dec1":null,"f":null,"dt":"2024-01-01","tm":"10:00:00.000","ts":null,"lz":null,"by1":null,"ti":null})",
          R"({"id":3,"b":false,"i":null,"dec1":100.00,"f":1.5,"dt":null,"tm":null,"ts":null,"lz":null,"by1":"","ti":null})",
          R"({"id":4,"b":false,"i":null,"dec1":null,"f":null,"dt":null,"tm":null,"ts":null,"lz":null,"by1":"","ti":null})",
          R"({"id":5,"b":false,"i":3,"dec1":4.00,"f":5.0,"dt":"2024-01-01","tm":"01:02:03.000","ts":"2024-01-01 01:02:03.123","lz":null,"by1":"","ti":null})",
          // Flink leaves a missing BOOLEAN NULL only where it is not there at all; the text '1' is
          // not true.
          R"({"id":6,"b":false,"i":5,"dec1":null,"f":null,"dt":null,"tm":null,"ts":null,"lz":null,"by1":null,"ti":null})"));
}

TEST(Csv, ArraysAndRowsAreCutAtTheElementDelimiter) {
  const Schema arrays = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "ARRAY", "element": {"kind": "VARCHAR"}}},
    {"name": "d", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}}])");
  constexpr std::string_view kText = "1|x;y|1;2\n2||\n3|;|3\n4|\"p;q\"|x\n";
  constexpr std::string_view kOptions =
      R"({"csv.field-delimiter": "|", "csv.ignore-parse-errors": true})";
  EXPECT_THAT(
      DecodeText("csv", arrays, kText, kOptions).lines,
      ElementsAre(R"({"id":1,"s":["x","y"],"d":[1,2]})", R"({"id":2,"s":[],"d":[]})",
                  R"({"id":3,"s":["",""],"d":[3]})", R"({"id":4,"s":["p","q"],"d":[null]})"));
  const Schema rows = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "ROW", "fields": [
    {"name": "a", "type": {"kind": "VARCHAR"}}, {"name": "b", "type": {"kind": "VARCHAR"}}]}}, {"name": "d", "type": {"kind": "VARCHAR"}}])");
  EXPECT_THAT(DecodeText("csv", rows, kText, kOptions).lines,
              ElementsAre(R"({"id":1,"s":{"a":"x","b":"y"},"d":"1;2"})",
                          R"({"id":2,"s":null,"d":""})", R"({"id":3,"s":{"a":"","b":""},"d":"3"})",
                          R"({"id":4,"s":{"a":"p","b":"q"},"d":"x"})"));
}

TEST(Csv, BadRecordsAreNamed) {
  const auto message = [](std::string_view text, std::string_view options = "{}") {
    const arrow::Status status = DecodeText("csv", IdTextNumber(), text, options).status;
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(DetailOf(status) == nullptr ? "" : DetailOf(status)->kind(), "bad-record");
    return status.message();
  };
  EXPECT_EQ(message("1,x,1.5\n2,y\n"),
            "cannot read in, line 2, byte offset 8: the record has 2 fields, not 3; the text "
            "there: >>>2,y; to leave such records out, set 'csv.ignore-parse-errors' = 'true'");
  EXPECT_THAT(message("1,x,1.5,z\n"), HasSubstr("has 4 fields, not 3"));
  EXPECT_THAT(message("\n"), HasSubstr("has 1 fields, not 3"));
  EXPECT_THAT(
      message("1,x,abc\n"),
      HasSubstr(
          "line 1, byte offset 4: field 'd': the value does not fit the column's type (DOUBLE); "
          "the text there: 1,x,>>>abc"));
  EXPECT_THAT(message("1,x,\n"), HasSubstr("(DOUBLE)"));
  EXPECT_THAT(message("99999999999,x,1\n"), HasSubstr("(INT)"));
  EXPECT_THAT(message("1,\"x,1\n"), HasSubstr("a quoted field is not closed"));
  EXPECT_THAT(message("1,\"x\"y,1\n"), HasSubstr("a delimiter was expected behind a quoted field"));
  EXPECT_THAT(message("1,\xff,1\n"),
              AllOf(HasSubstr("not UTF-8"), Not(HasSubstr("ignore-parse-errors"))));
}

TEST(Csv, ColumnsInUseAreFoundAmongTheFiles) {
  PlanNode node;
  node.config = std::make_shared<const nlohmann::json>(nlohmann::json::parse(
      R"({"fileColumns": [{"name": "a", "type": {"kind": "INTEGER"}}, {"name": "b", "type": {"kind": "INTEGER"}}, {"name": "c", "type": {"kind": "VARCHAR"}}]})"));
  const Schema schema = Columns(
      R"([{"name": "c", "type": {"kind": "VARCHAR"}}, {"name": "a", "type": {"kind": "INTEGER"}}])");
  auto decoder = MakeDecoder("csv", schema, node).ValueOrDie();
  std::string text = "1,not read,x\n2,,y\n";
  const size_t size = text.size();
  text.append(kDecodePadding, '\0');
  ASSERT_TRUE(decoder->Decode({text.data(), size}, true, 10).ok());
  const Batch batch = decoder->Flush().ValueOrDie();
  std::string out;
  ASSERT_TRUE(MakeJsonEncoder(schema, {.results = true})->Encode(batch, &out).ok());
  EXPECT_EQ(out, "{\"c\":\"x\",\"a\":1}\n{\"c\":\"y\",\"a\":2}\n");
}

TEST(Csv, WritesWhatFlinkWrote) {
  const Schema schema = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "dec", "type": {"kind": "DECIMAL", "precision": 10, "scale": 2}},
    {"name": "f", "type": {"kind": "FLOAT"}}, {"name": "d", "type": {"kind": "DOUBLE"}}, {"name": "b", "type": {"kind": "VARBINARY"}},
    {"name": "ts", "type": {"kind": "TIMESTAMP", "precision": 3}}, {"name": "lz", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}},
    {"name": "bo", "type": {"kind": "BOOLEAN"}}, {"name": "s", "type": {"kind": "VARCHAR"}},
    {"name": "a", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}},
    {"name": "r", "type": {"kind": "ROW", "fields": [{"name": "x", "type": {"kind": "INTEGER"}}, {"name": "y", "type": {"kind": "VARCHAR"}}]}}])");
  std::string json =
      R"({"id":1,"dec":10,"f":1e10,"d":1e-5,"b":"Cv8=","ts":"2024-01-01 00:00:00.5","lz":"2024-01-01 00:00:00Z","bo":true,"s":"aé\u0001\"\\/","a":[1,2],"r":{"x":1,"y":"z"}}
{"id":2,"dec":0,"f":1.5,"d":1e7,"ts":"2024-01-01 00:00:00","lz":"2024-01-01 00:00:00.123Z","bo":false}
{"id":4,"dec":120.5,"f":1.1,"d":123456789,"b":"","ts":"2024-01-01 10:00:00.12","lz":"2024-01-01 00:00:00Z","bo":true,"s":"a b","a":[1,null],"r":{"y":"z,y;w"}}
)";
  const size_t size = json.size();
  json.append(kDecodePadding, '\0');
  auto decoder = MakeDecoder("json", schema, NodeWithOptions()).ValueOrDie();
  ASSERT_TRUE(decoder->Decode({json.data(), size}, true, 10).ok());
  const Batch batch = decoder->Flush().ValueOrDie();
  std::string out;
  ASSERT_TRUE(MakeEncoder("csv", schema, NodeWithOptions()).ValueOrDie()->Encode(batch, &out).ok());
  EXPECT_EQ(out,
            R"(1,1E+1,1.0E10,1.0E-5,Cv8=,"2024-01-01 00:00:00.5","2024-01-01 00:00:00Z",true,"aé)"
            "\x01"
            R"(""\/",1;2,1;z
2,0,1.5,1.0E7,,"2024-01-01 00:00:00","2024-01-01 00:00:00.123Z",false,,,
4,120.5,1.1,1.23456789E8,,"2024-01-01 10:00:00.12","2024-01-01 00:00:00Z",true,"a b",1;,";z,y;w"
)");
}

}  // namespace
}  // namespace sabot::test
