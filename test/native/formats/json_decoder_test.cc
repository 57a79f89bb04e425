// What Flink's json format reads; the answers were given by Flink 2.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "formats/decode_text.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kIgnore = R"({"json.ignore-parse-errors": "true"})";

// One column `v` of this type beside an id.
Schema IdAnd(std::string_view type) {
  return Columns(R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "v", "type": )" +
                 std::string(type) + "}]");
}

// The text of `v` in the results for the JSON value `json`; an error's message where reading fails.
std::string Read(std::string_view type, std::string_view json, std::string_view options = "{}") {
  const Decoded decoded =
      DecodeText("json", IdAnd(type), "{\"v\": " + std::string(json) + "}\n", options);
  if (!decoded.status.ok()) return decoded.status.message();
  if (decoded.lines.size() != 1) return std::to_string(decoded.lines.size()) + " rows";
  constexpr std::string_view kBefore = R"({"id":null,"v":)";
  return decoded.lines[0].substr(kBefore.size(), decoded.lines[0].size() - kBefore.size() - 1);
}

TEST(JsonDecoder, ReadsIntegersFromNumbersAndText) {
  constexpr std::string_view kBigint = R"({"kind": "BIGINT"})";
  EXPECT_EQ(Read(kBigint, "9007199254740993"), "9007199254740993");
  EXPECT_EQ(Read(kBigint, "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Read(kBigint, "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Read(kBigint, "1234567890123456789"), "1234567890123456789");
  EXPECT_EQ(Read(kBigint, "-0"), "0");
  EXPECT_EQ(Read(kBigint, R"(" 8 ")"), "8");
  EXPECT_EQ(Read(kBigint, R"("+12")"), "12");
  EXPECT_EQ(Read(kBigint, "1e3"), "1000");
  EXPECT_EQ(Read(kBigint, "-5.9"), "-5");
  EXPECT_EQ(Read(R"({"kind": "INTEGER"})", "3.9"), "3");
  EXPECT_EQ(Read(R"({"kind": "TINYINT"})", R"("12")"), "12");
}

TEST(JsonDecoder, RefusesIntegersThatDoNotFit) {
  EXPECT_THAT(Read(R"({"kind": "BIGINT"})", "99999999999999999999"),
              HasSubstr("does not fit the column's type (BIGINT)"));
  EXPECT_THAT(Read(R"({"kind": "INTEGER"})", "3000000000"), HasSubstr("(INT)"));
  EXPECT_THAT(Read(R"({"kind": "TINYINT"})", "300"), HasSubstr("(TINYINT)"));
  EXPECT_THAT(Read(R"({"kind": "TINYINT"})", "1.5"), HasSubstr("(TINYINT)"));
  EXPECT_THAT(Read(R"({"kind": "BIGINT"})", "true"), HasSubstr("(BIGINT)"));
  EXPECT_THAT(Read(R"({"kind": "BIGINT"})", R"("")"), HasSubstr("(BIGINT)"));
  EXPECT_THAT(Read(R"({"kind": "BIGINT"})", "0123"), HasSubstr("not a JSON value"));
  EXPECT_THAT(Read(R"({"kind": "BIGINT"})", "+1"), HasSubstr("not a JSON value"));
  EXPECT_THAT(Read(R"({"kind": "BIGINT"})", "NaN"), HasSubstr("not a JSON value"));
}

TEST(JsonDecoder, ReadsFloatingPointAsJavaDoes) {
  constexpr std::string_view kDouble = R"({"kind": "DOUBLE"})";
  EXPECT_EQ(Read(kDouble, "3"), "3.0");
  EXPECT_EQ(Read(kDouble, "1e-5"), "1.0E-5");
  EXPECT_EQ(Read(kDouble, R"(" 1.5 ")"), "1.5");
  EXPECT_EQ(Read(kDouble, R"("1.5d")"), "1.5");
  EXPECT_EQ(Read(kDouble, R"("0x1p3")"), "8.0");
  EXPECT_EQ(Read(kDouble, R"("NaN")"), R"("NaN")");
  EXPECT_EQ(Read(kDouble, R"("-Infinity")"), R"("-Infinity")");
  EXPECT_EQ(Read(kDouble, "1e400"), R"("Infinity")");
  EXPECT_EQ(Read(kDouble, "1e-400"), "0.0");
  EXPECT_EQ(Read(R"({"kind": "FLOAT"})", "1e40"), R"("Infinity")");
  EXPECT_EQ(Read(R"({"kind": "FLOAT"})", R"("1.1")"), "1.1");
  EXPECT_THAT(Read(kDouble, R"("abc")"), HasSubstr("(DOUBLE)"));
}

TEST(JsonDecoder, DecimalOverflowIsNullAndExcessDigitsRoundHalfUp) {
  constexpr std::string_view kDecimal = R"({"kind": "DECIMAL", "precision": 6, "scale": 2})";
  EXPECT_EQ(Read(kDecimal, "1.005"), "1.01");
  EXPECT_EQ(Read(kDecimal, "-1.005"), "-1.01");
  EXPECT_EQ(Read(kDecimal, R"("1.005")"), "1.01");
  EXPECT_EQ(Read(kDecimal, "1e2"), "100.00");
  EXPECT_EQ(Read(kDecimal, "9999.995"), "null");
  EXPECT_EQ(Read(kDecimal, "9999.994"), "9999.99");
  EXPECT_EQ(Read(kDecimal, "99999999999"), "null");
  EXPECT_EQ(Read(kDecimal, "0.004"), "0.00");
  EXPECT_EQ(Read(kDecimal, "1e-999999999"), "0.00");
  EXPECT_EQ(Read(kDecimal, R"(" 1.5 ")"), "1.50");
  EXPECT_EQ(Read(R"({"kind": "DECIMAL", "precision": 38, "scale": 0})",
                 "99999999999999999999999999999999999999"),
            "99999999999999999999999999999999999999");
  EXPECT_THAT(Read(kDecimal, R"("x")"), HasSubstr("(DECIMAL(6, 2))"));
}

TEST(JsonDecoder, BooleansAreTheWordTrueOrNot) {
  constexpr std::string_view kBoolean = R"({"kind": "BOOLEAN"})";
  EXPECT_EQ(Read(kBoolean, "true"), "true");
  EXPECT_EQ(Read(kBoolean, R"("TRUE ")"), "true");
  EXPECT_EQ(Read(kBoolean, R"("yes")"), "false");
  EXPECT_EQ(Read(kBoolean, "1"), "false");
  EXPECT_EQ(Read(kBoolean, "[1]"), "false");
}

TEST(JsonDecoder, TextTakesWhateverIsThere) {
  constexpr std::string_view kString = R"({"kind": "VARCHAR", "length": 3})";
  EXPECT_EQ(Read(kString, R"("longer than three")"), R"("longer than three")");
  EXPECT_EQ(Read(kString, "1.50"), R"("1.50")");
  EXPECT_EQ(Read(kString, "true"), R"("true")");
  EXPECT_EQ(Read(kString, R"({"a": [1, 2.50, "x\u00e9\/"], "b":null})"),
            R"("{\"a\":[1,2.5,\"xé/\"],\"b\":null}")");
  EXPECT_EQ(Read(kString, R"("a\u0000b\n\"\\")"), R"("a\u0000b\n\"\\")");
  EXPECT_EQ(Read(kString, R"("\ud83d\ude00 \ud83d lone")"), "\"😀 ? lone\"");
  EXPECT_EQ(Read(kString, "\"tab\traw\""), R"("tab\traw")");
  EXPECT_EQ(Read(kString, "\"日本\""), "\"日本\"");
}

TEST(JsonDecoder, BytesAreBase64) {
  constexpr std::string_view kBytes = R"({"kind": "VARBINARY"})";
  EXPECT_EQ(Read(kBytes, R"("8J+YgA==")"), R"("f09f9880")");
  EXPECT_EQ(Read(kBytes, R"("")"), R"("")");
  EXPECT_THAT(Read(kBytes, R"("YWJ")"), HasSubstr("(BYTES)"));
  EXPECT_THAT(Read(kBytes, R"("YW Jj")"), HasSubstr("(BYTES)"));
  EXPECT_THAT(Read(kBytes, "5"), HasSubstr("(BYTES)"));
}

TEST(JsonDecoder, ReadsDatesAndTimes) {
  constexpr std::string_view kDate = R"({"kind": "DATE"})";
  constexpr std::string_view kTime = R"({"kind": "TIME", "precision": 3})";
  EXPECT_EQ(Read(kDate, R"("2024-02-29")"), R"("2024-02-29")");
  EXPECT_EQ(Read(kDate, R"("+12024-01-01")"), R"("+12024-01-01")");
  EXPECT_EQ(Read(kDate, R"("-0001-01-01")"), R"("-0001-01-01")");
  EXPECT_THAT(Read(kDate, R"("2024-02-30")"), HasSubstr("(DATE)"));
  EXPECT_THAT(Read(kDate, R"("2024-1-1")"), HasSubstr("(DATE)"));
  EXPECT_THAT(Read(kDate, "5"), HasSubstr("(DATE)"));
  EXPECT_EQ(Read(kTime, R"("10:00:00.999999")"), R"("10:00:00.999")");
  EXPECT_EQ(Read(kTime, R"("24:00:00")"), R"("00:00:00.000")");
  EXPECT_THAT(Read(kTime, R"("10:00")"), HasSubstr("(TIME(3))"));
  EXPECT_THAT(Read(kTime, R"("25:00:00")"), HasSubstr("(TIME(3))"));
}

TEST(JsonDecoder, ReadsTimestampsInSqlForm) {
  constexpr std::string_view kTimestamp = R"({"kind": "TIMESTAMP", "precision": 3})";
  constexpr std::string_view kLtz = R"({"kind": "TIMESTAMP_LTZ", "precision": 3})";
  EXPECT_EQ(Read(kTimestamp, R"("2024-01-01 00:00:00.123456789")"), R"("2024-01-01 00:00:00.123")");
  EXPECT_EQ(Read(kTimestamp, R"("2024-01-01 00:00:00.")"), R"("2024-01-01 00:00:00.000")");
  EXPECT_EQ(Read(kTimestamp, R"("2024-01-01 24:00:00")"), R"("2024-01-02 00:00:00.000")");
  EXPECT_EQ(Read(kTimestamp, R"("0001-01-01 00:00:00")"), R"("0001-01-01 00:00:00.000")");
  EXPECT_EQ(Read(kTimestamp, R"("1969-12-31 23:59:59.999")"), R"("1969-12-31 23:59:59.999")");
  EXPECT_THAT(Read(kTimestamp, R"("2024-01-01 00:00")"), HasSubstr("(TIMESTAMP(3))"));
  EXPECT_THAT(Read(kTimestamp, R"("2024-01-01T00:00:00")"), HasSubstr("(TIMESTAMP(3))"));
  EXPECT_THAT(Read(kTimestamp, R"("2024-01-01 00:00:60")"), HasSubstr("(TIMESTAMP(3))"));
  EXPECT_THAT(Read(kTimestamp, "1704067200000"), HasSubstr("(TIMESTAMP(3))"));
  EXPECT_EQ(Read(kLtz, R"("2024-01-01 00:00:00.5Z")"), R"("2024-01-01 00:00:00.500Z")");
  EXPECT_THAT(Read(kLtz, R"("2024-01-01 00:00:00")"), HasSubstr("(TIMESTAMP_LTZ(3))"));
  EXPECT_EQ(Read(R"({"kind": "TIMESTAMP", "precision": 9})", R"("2024-01-01 00:00:00.123456789")"),
            R"("2024-01-01 00:00:00.123456789")");
  EXPECT_EQ(Read(R"({"kind": "TIMESTAMP", "precision": 0})", R"("2024-01-01 00:00:01")"),
            R"("2024-01-01 00:00:01")");
}

TEST(JsonDecoder, RemembersTheMinuteOfATimestampRightly) {
  const Schema schema = IdAnd(R"({"kind": "TIMESTAMP", "precision": 3})");
  const Decoded decoded =
      DecodeText("json", schema,
                 "{\"v\":\"2024-01-01 00:59:59.999\"}\n{\"v\":\"2024-01-01 00:59:00\"}\n"
                 "{\"v\":\"2024-01-01 01:00:00.5\"}\n{\"v\":\"2024-01-01 01:00:59.25\"}\n"
                 "{\"v\":\"2024-01-01 01:00:60.25\"}\n{\"v\":\"2024-01-01 01:00:5\"}\n",
                 kIgnore);
  EXPECT_THAT(decoded.lines, ElementsAre(R"({"id":null,"v":"2024-01-01 00:59:59.999"})",
                                         R"({"id":null,"v":"2024-01-01 00:59:00.000"})",
                                         R"({"id":null,"v":"2024-01-01 01:00:00.500"})",
                                         R"({"id":null,"v":"2024-01-01 01:00:59.250"})",
                                         R"({"id":null,"v":null})", R"({"id":null,"v":null})"));
}

TEST(JsonDecoder, ReadsTimestampsInIsoForm) {
  constexpr std::string_view kIso = R"({"json.timestamp-format.standard": "ISO-8601"})";
  EXPECT_EQ(Read(R"({"kind": "TIMESTAMP", "precision": 3})", R"("2024-01-01T00:00")", kIso),
            R"("2024-01-01 00:00:00.000")");
  EXPECT_EQ(Read(R"({"kind": "TIMESTAMP_LTZ", "precision": 3})", R"("2024-01-01T00:00Z")", kIso),
            R"("2024-01-01 00:00:00.000Z")");
  EXPECT_THAT(Read(R"({"kind": "TIMESTAMP", "precision": 3})", R"("2024-01-01 00:00:00")", kIso),
              HasSubstr("(TIMESTAMP(3))"));
}

TEST(JsonDecoder, ReadsNestedValues) {
  EXPECT_EQ(Read(R"({"kind": "ARRAY", "element": {"kind": "INTEGER"}})", R"([1, "2", null])"),
            "[1,2,null]");
  EXPECT_EQ(Read(R"({"kind": "ARRAY", "element": {"kind": "INTEGER"}})", "[ ]"), "[]");
  EXPECT_EQ(Read(R"({"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "INTEGER"}})",
                 R"({"k":1,"k2":null,"k":3})"),
            R"({"k":3,"k2":null})");
  EXPECT_EQ(Read(R"({"kind": "MULTISET", "element": {"kind": "VARCHAR"}})", R"({"a":2,"b":"3"})"),
            R"({"a":2,"b":3})");
  constexpr std::string_view kRow =
      R"({"kind": "ROW", "fields": [{"name": "p", "type": {"kind": "INTEGER"}}, {"name": "q", "type": {"kind": "ARRAY", "element":
          {"kind": "ROW", "fields": [{"name": "z", "type": {"kind": "VARCHAR"}}]}}}]})";
  EXPECT_EQ(Read(kRow, R"({"q": [{"z": "x"}, null, {}], "other": [{}], "p": "1"})"),
            R"({"p":1,"q":[{"z":"x"},null,{"z":null}]})");
  EXPECT_EQ(Read(kRow, "null"), "null");
  EXPECT_THAT(Read(kRow, "5"), HasSubstr("does not fit"));
}

TEST(JsonDecoder, IgnoredErrorsAreNullFieldsOrSkippedLines) {
  const Schema schema = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "i", "type": {"kind": "BIGINT"}},
    {"name": "a", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}},
    {"name": "m", "type": {"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "INTEGER"}}},
    {"name": "r", "type": {"kind": "ROW", "fields": [{"name": "p", "type": {"kind": "INTEGER"}}, {"name": "q", "type": {"kind": "VARCHAR"}}]}}])");
  const Decoded decoded = DecodeText("json", schema,
                                     R"({"id":1,"i":"abc"}
{"id":2,"i":
{"id":15,"a":[1,"2",null,"x"]}
{"id":16,"m":{"k":1,"k2":"v","k":3}}
5
null
{"id":18,"r":5}
{"id":46,"i":1,}
{"id":47,"i":1 "a":[]}
{"id":48 "i":1}
{"id":49,"zz":{"broken":[1,2}}
{"id":62,"r":{"p":"x","q":"keep"}}
{"id":64,"a":"[1]"}
{"id":91,"u":"bad )"
                                     "\xff"
                                     R"("}
{"id":92,"u":"\x"}
)",
                                     kIgnore);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(decoded.lines,
              ElementsAre(R"({"id":1,"i":null,"a":null,"m":null,"r":null})",
                          R"({"id":15,"i":null,"a":[1,2,null,null],"m":null,"r":null})",
                          R"({"id":16,"i":null,"a":null,"m":{"k":3,"k2":null},"r":null})",
                          R"({"id":18,"i":null,"a":null,"m":null,"r":null})",
                          R"({"id":62,"i":null,"a":null,"m":null,"r":{"p":null,"q":"keep"}})",
                          R"({"id":64,"i":null,"a":null,"m":null,"r":null})"));
  EXPECT_EQ(decoded.skipped, 9);
}

TEST(JsonDecoder, FramesRecordsAsFlinkDoes) {
  const Schema schema = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "VARCHAR"}}])");
  const auto lines = [&](std::string_view text) {
    const Decoded decoded = DecodeText("json", schema, text);
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    return decoded.lines;
  };
  EXPECT_THAT(lines(""), IsEmpty());
  EXPECT_THAT(lines("\n\r\n\n"), IsEmpty());
  EXPECT_THAT(lines("{\"id\":92,\"s\":\"nonl\"}"), ElementsAre(R"({"id":92,"s":"nonl"})"));
  EXPECT_THAT(lines("  {\"id\":65 , \"s\" : \"spaces\" }  \r\n"),
              ElementsAre(R"({"id":65,"s":"spaces"})"));
  EXPECT_THAT(lines("{\"id\":9} xyz\n{\"id\":78}{\"id\":79}\n"),
              ElementsAre(R"({"id":9,"s":null})", R"({"id":78,"s":null})"));
  EXPECT_THAT(lines("[{\"id\":5},{\"id\":55}]\n[]\n"),
              ElementsAre(R"({"id":5,"s":null})", R"({"id":55,"s":null})"));
  EXPECT_THAT(lines("{\"S\":\"case\"}\n{}\n"),
              ElementsAre(R"({"id":null,"s":null})", R"({"id":null,"s":null})"));
  EXPECT_THAT(lines("\xEF\xBB\xBF{\"id\":1}\n"), ElementsAre(R"({"id":1,"s":null})"));
  EXPECT_THAT(lines("{\"i\\u0064\":7}\n"), ElementsAre(R"({"id":7,"s":null})"));
}

TEST(JsonDecoder, ALaterEqualNameWinsUntilAllColumnsAreRead) {
  const Schema schema = Columns(
      R"([{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "s", "type": {"kind": "VARCHAR"}},
                                    {"name": "t", "type": {"kind": "VARCHAR"}}])");
  const Decoded decoded = DecodeText("json", schema,
                                     "{\"id\":6,\"s\":\"first\",\"s\":\"second\"}\n"
                                     "{\"id\":1,\"s\":\"a\",\"t\":\"b\",\"s\":\"c\"}\n");
  EXPECT_THAT(decoded.lines,
              ElementsAre(R"({"id":6,"s":"second","t":null})", R"({"id":1,"s":"a","t":"b"})"));
}

TEST(JsonDecoder, AnErrorNamesFileLineOffsetReasonAndText) {
  const Schema schema = IdAnd(R"({"kind": "VARCHAR"})");
  const Decoded decoded = DecodeText(
      "json", schema, "{\"id\":1,\"v\":\"ok\"}\n\n{\"id\":2,\"v\":\"broken\n{\"id\":3}\n");
  ASSERT_FALSE(decoded.status.ok());
  const ErrorDetail* detail = DetailOf(decoded.status);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->kind(), "bad-record");
  EXPECT_EQ(detail->identifier(), "in");
  EXPECT_EQ(
      decoded.status.message(),
      "cannot read in, line 3, byte offset 31: field 'v': a string is not closed; the text there: "
      "{\"id\":2,\"v\":>>>\"broken; to leave such records out, set "
      "'json.ignore-parse-errors' = 'true'");
}

TEST(JsonDecoder, BadTextIsRefusedWithAReason) {
  const Schema schema = IdAnd(R"({"kind": "VARCHAR"})");
  const auto message = [&](std::string_view text, std::string_view options = "{}") {
    return DecodeText("json", schema, text, options).status.message();
  };
  EXPECT_THAT(message("{\"v\":\"bad \xff utf8\"}\n"), HasSubstr("a string is not UTF-8"));
  EXPECT_THAT(message("{\"v\":\"bad \xff utf8\"}\n"), HasSubstr("bad \\xff utf8"));
  EXPECT_THAT(message("{\"other\":\"bad \xff utf8\"}\n"), HasSubstr("a string is not UTF-8"));
  EXPECT_THAT(message("   \n"), HasSubstr("a blank line is no record"));
  EXPECT_THAT(message("\"x\"\n"), HasSubstr("a record must be a JSON object"));
  EXPECT_THAT(message("{\"id\":1"), HasSubstr("the line ends inside a record"));
  EXPECT_THAT(message("{\"id\":"), HasSubstr("the line ends inside a record"));
  EXPECT_THAT(message("{\"id\":1}\n{\"v\":\"a\"}\n", R"({"json.fail-on-missing-field": "true"})"),
              HasSubstr("a field is missing"));
  std::string deep = "{\"other\":";
  deep.append(100'000, '[');
  EXPECT_THAT(message(deep), HasSubstr("nested deeper than 1,000 levels"));
}

TEST(JsonDecoder, ALineOfHundredMegabytesIsRead) {
  std::string line = "{\"id\":1,\"v\":\"";
  line.append(100 << 20, 'x');
  line += "\"}\n{\"id\":2}\n";
  auto decoder =
      MakeDecoder("json", IdAnd(R"({"kind": "VARCHAR"})"), NodeWithOptions()).ValueOrDie();
  line.append(kDecodePadding, '\0');
  const std::string_view text(line.data(), line.size() - kDecodePadding);
  const auto used = decoder->Decode(text, true, 1'000);
  ASSERT_TRUE(used.ok()) << used.status();
  EXPECT_TRUE(decoder->full(1'000));  // By its bytes.
  EXPECT_EQ(decoder->num_rows(), 1);
  const auto batch = decoder->Flush().ValueOrDie();
  ASSERT_TRUE(batch.rows->ValidateFull().ok());
  ASSERT_TRUE(decoder->Decode(text.substr(*used), true, 1'000).ok());
  EXPECT_EQ(decoder->num_rows(), 1);
}

TEST(JsonDecoder, UnknownOptionsNameTheNearestKnownOne) {
  const auto status = DecodeText("json", IdAnd(R"({"kind": "VARCHAR"})"), "",
                                 R"({"json.ignore-parse-error": "true"})")
                          .status;
  EXPECT_THAT(status.message(), HasSubstr("did you mean 'json.ignore-parse-errors'?"));
  EXPECT_EQ(DetailOf(status)->identifier(), "json.ignore-parse-error");
}

// Any JSON must be read, and read the same however the bytes come; nothing may be read beyond what
// is there (ASan watches).
TEST(JsonDecoder, AgreesWithAnotherParserOnDamagedText) {
  const Schema schema = Columns(
      R"([{"name": "n", "type": {"kind": "BIGINT"}}, {"name": "s", "type": {"kind": "VARCHAR"}},
    {"name": "t", "type": {"kind": "TIMESTAMP", "precision": 3}}])");
  std::mt19937 random(7);
  const std::vector<std::string> seeds = {
      R"({"n":12,"x":{"a":[1,2,{"b":null}]},"s":"plain","t":"2024-01-01 00:00:00.123"})",
      R"({"n": -7, "s": "e\u00e9\n", "t": null, "u": [true, false, "\"", 1.5e3]})",
      R"({"s":"日本 and a longer text that spans more than thirty-two bytes","n":0})"};
  constexpr std::string_view kAlphabet = "{}[]\",:\\ntfu0123456789.-+eE x\x80\xc3\xa9";
  std::string all;
  int64_t expected = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string line = seeds[random() % seeds.size()];
    for (uint32_t i = random() % 4; i > 0; --i) {
      const size_t at = random() % line.size();
      switch (random() % 3) {
        case 0:
          line[at] = kAlphabet[random() % kAlphabet.size()];
          break;
        case 1:
          line.erase(at, 1 + random() % 3);
          break;
        default:
          line.insert(at, 1, kAlphabet[random() % kAlphabet.size()]);
      }
      if (line.empty()) line = "{}";
    }
    const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
    const Decoded decoded = DecodeText("json", schema, line, kIgnore);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status;
    if (parsed.is_object()) {
      ASSERT_EQ(decoded.lines.size(), 1u) << line;
      const auto n = parsed.find("n");
      const nlohmann::json row = nlohmann::json::parse(decoded.lines[0], nullptr, false);
      ASSERT_FALSE(row.is_discarded()) << line << " gave " << decoded.lines[0];
      if (n != parsed.end() && n->is_number_integer()) {
        ASSERT_EQ(row["n"], *n) << line;
      }
    }
    all += line;
    all += '\n';
    expected += static_cast<int64_t>(decoded.lines.size());
  }
  const Decoded whole = DecodeText("json", schema, all, kIgnore);
  EXPECT_EQ(static_cast<int64_t>(whole.lines.size()), expected);
  const Decoded pieces = DecodeText("json", schema, all, kIgnore, 100'003, 7);
  EXPECT_EQ(pieces.lines, whole.lines);
  EXPECT_EQ(pieces.skipped, whole.skipped);
}

}  // namespace
}  // namespace sabot::test
