// Strings, regular expressions, encodings, hashes: answers that Flink gave
// (test/parity/cases/scalar has many more).
#include <gtest/gtest.h>

#include "expressions/digest.h"
#include "expressions/evaluate.h"
#include "expressions/java_format.h"
#include "expressions/java_number.h"
#include "expressions/java_pattern.h"

namespace sabot::test {
namespace {

// f(value...) of one row of STRING arguments, given as JSON.
std::string OfText(std::string_view function, std::vector<std::string_view> args,
                   std::string_view type = "STRING", std::string_view options = "{}") {
  std::vector<Argument> values;
  for (const std::string_view arg : args)
    values.push_back(Values("STRING", "[" + std::string(arg) + "]"));
  return Apply(function, type, std::move(values), options);
}

TEST(StringFunctions, CaseMappingIsFull) {
  EXPECT_EQ(OfText("upper", {"\"ÀÉÎ straße ǆ ŉ\""}), "[\"ÀÉÎ STRASSE Ǆ ʼN\"]");
  EXPECT_EQ(OfText("lower", {"\"ΑΣ ΌΔΟΣ Σ\""}), "[\"ας όδος σ\"]");
  EXPECT_EQ(OfText("lower", {"\"İISK\""}), "[\"i̇isk\"]");
  EXPECT_EQ(OfText("initcap", {"\"O'Neil-mc.DONALD 3rd straße\""}),
            "[\"O'Neil-Mc.Donald 3rd StraßE\"]");
}

TEST(StringFunctions, PositionsCountCodePoints) {
  EXPECT_EQ(OfText("char_length", {"\"x😀y\""}, "INT"), "[3]");
  EXPECT_EQ(Apply("substring", "STRING",
                  {Values("STRING", "[\"x😀y\", \"ab\", null]"), Literal("INT", "-2"),
                   Literal("INT", "1")}),
            "[\"😀\", \"a\", null]");
  EXPECT_EQ(Apply("substring", "STRING",
                  {Values("STRING", "[\"abc\"]"), Literal("INT", "1"), Literal("INT", "-1")}),
            "[null]");
  EXPECT_EQ(Apply("substring", "STRING", {Values("STRING", "[\"abc\"]"), Literal("INT", "-4")}),
            "[\"\"]");
  EXPECT_EQ(OfText("position", {"\"y\"", "\"x😀y\""}, "INT"), "[3]");
  EXPECT_EQ(Apply("locate", "INT",
                  {Values("STRING", "[\"\", \"b\"]"), Values("STRING", "[\"abc\", \"abcb\"]"),
                   Literal("INT", "3")}),
            "[1, 4]");
}

TEST(StringFunctions, PaddingCountsUtf16Units) {
  EXPECT_EQ(Apply("lpad", "STRING",
                  {Values("STRING", "[\"hi\", \"hi\", \"hi\"]"), Values("INT", "[5, 1, -1]"),
                   Literal("STRING", "\"?!\"")}),
            "[\"?!?hi\", \"h\", null]");
  EXPECT_EQ(Apply("rpad", "STRING",
                  {Values("STRING", "[\"x\"]"), Literal("INT", "4"), Literal("STRING", "\"😀\"")}),
            "[\"x😀?\"]");
}

TEST(StringFunctions, TrimRemovesASetOfCharacters) {
  EXPECT_EQ(OfText("ltrim", {"\"hello\"", "\"eh\""}), "[\"llo\"]");
  EXPECT_EQ(OfText("trim", {"\"xxaxx\"", "\"x\""}, "STRING", R"({"side": "TRAILING"})"),
            "[\"xxa\"]");
  EXPECT_EQ(OfText("btrim", {"\"  a \""}), "[\"a\"]");
}

TEST(StringFunctions, SplitKeepsEmptyParts) {
  EXPECT_EQ(Apply("split_index", "STRING",
                  {Values("STRING", "[\"a,b,,c,\", \"\", \"a\"]"), Literal("STRING", "\",\""),
                   Values("INT", "[4, 0, 1]")}),
            "[\"\", null, null]");
  EXPECT_EQ(OfText("split", {"\"a,b,,c,\"", "\",\""}, "ARRAY<STRING>"),
            "[[\"a\", \"b\", \"\", \"c\", \"\"]]");
  EXPECT_EQ(OfText("split", {"\"y😀\"", "\"\""}, "ARRAY<STRING>"), "[[\"y\", \"?\", \"?\"]]");
}

TEST(StringFunctions, ConcatWsSkipsNulls) {
  EXPECT_EQ(OfText("concat_ws", {"\"/\"", "\"a\"", "null", "\"b\""}), "[\"a/b\"]");
  EXPECT_EQ(OfText("concat_ws", {"null", "\"a\""}), "[null]");
  EXPECT_EQ(OfText("concat", {"\"a\"", "null"}), "[null]");
}

TEST(StringFunctions, TranslateDropsWhatHasNoCounterpart) {
  EXPECT_EQ(OfText("translate", {"\"tab\\tnew\\nline\"", "\"new\"", "\"*\""}),
            "[\"tab\\t*\\nli*\"]");
  EXPECT_EQ(OfText("translate", {"\"abc\"", "null", "\"x\""}), "[\"abc\"]");
}

TEST(Regexp, ReplacementIsText) {
  EXPECT_EQ(OfText("regexp_replace", {"\"foo=1;bar=22\"", "\"([a-z]+)=(\\\\d+)\"", "\"<$1>\""}),
            "[\"<$1>;<$1>\"]");
  EXPECT_EQ(OfText("regexp_replace", {"\"abc\"", "\"x*\"", "\"_\""}), "[\"_a_b_c_\"]");
  EXPECT_EQ(OfText("regexp_replace", {"\"😀 k\"", "\"\"", "\"-\""}), "[\"-?-?- -k-\"]");
  EXPECT_EQ(OfText("regexp_replace", {"\"abc\"", "\"[\"", "\"-\""}), "[null]");
}

TEST(Regexp, BadPatternsAndGroups) {
  EXPECT_EQ(OfText("regexp", {"\"abc\"", "\"[\""}, "BOOLEAN"), "[false]");
  EXPECT_EQ(OfText("regexp", {"\"abc\"", "\"\""}, "BOOLEAN"), "[false]");
  EXPECT_EQ(Apply("regexp_extract", "STRING",
                  {Values("STRING", "[\"a1\"]"), Literal("STRING", "\"([a-z])([0-9])\""),
                   Values("INT", "[3]")}),
            "[null]");
  EXPECT_EQ(OfText("regexp_extract_all", {"\"foo bar\"", "\"(a)|(b)\""}, "ARRAY<STRING>"),
            "[[null, \"a\"]]");
  EXPECT_EQ(OfText("regexp_count", {"\"aaa\"", "\"a*\""}, "INT"), "[2]");
  EXPECT_EQ(OfText("regexp_instr", {"\"日本 2026\"", "\"[0-9]+\""}, "INT"), "[4]");
}

// Java and PCRE2 differ in each of these.
TEST(Regexp, JavaSyntax) {
  const auto replaced = [](std::string_view s, std::string_view pattern) {
    return OfText("regexp_replace", {s, pattern, "\"#\""});
  };
  EXPECT_EQ(replaced("\"order-12\"", "\"[a-z&&[^aeiou]]\""), "[\"o##e#-12\"]");
  EXPECT_EQ(replaced("\"abcxyz\"", "\"[a-b[x-y]]\""), "[\"##c##z\"]");
  EXPECT_EQ(replaced("\"été ÉTÉ\"", "\"(?i)É\""), "[\"été #T#\"]");
  EXPECT_EQ(replaced("\"été ÉTÉ\"", "\"(?iu)É\""), "[\"#t# #T#\"]");
  EXPECT_EQ(replaced("\"a\\r\\nb\"", "\"(?m)^\""), "[\"#a\\r\\n#b\"]");
  EXPECT_EQ(replaced("\"a\\r\\nb\"", "\".\""), "[\"#\\r\\n#\"]");
  EXPECT_EQ(replaced("\"été\"", "\"\\\\p{Alpha}+\""), "[\"é#é\"]");
  EXPECT_EQ(replaced("\"\"", "\"(?m)^\""), "[\"\"]");
  EXPECT_EQ(replaced("\"a{1\"", "\"a{x\""), "[null]");
  EXPECT_FALSE(TranslateJavaPattern("\\p{InGreek}").ok());
  EXPECT_FALSE(TranslateJavaPattern("(a").ValueOrDie().has_value());
}

TEST(Like, WildcardsAndEscape) {
  const auto like = [](std::string_view s, std::string_view pattern,
                       std::string_view options = "{}") {
    return Apply("like", "BOOLEAN",
                 {Values("STRING", "[" + std::string(s) + "]"), Literal("STRING", pattern)},
                 options);
  };
  EXPECT_EQ(like("\"hello\"", "\"h%o\""), "[true]");
  EXPECT_EQ(like("\"x😀y\"", "\"x_y\""), "[true]");
  EXPECT_EQ(like("\"aXbXc\"", "\"%X%X%\""), "[true]");
  EXPECT_EQ(like("\"aXb\"", "\"%X%X%\""), "[false]");
  EXPECT_EQ(like("\"line1\\nline2\"", "\"line%2\""), "[true]");
  EXPECT_EQ(like("\"abc\"", "\"%_c\""), "[true]");
  EXPECT_EQ(like("\"100%\"", "\"100!%\"", R"({"escape": "!"})"), "[true]");
  EXPECT_EQ(like("\"100x\"", "\"100!%\"", R"({"escape": "!"})"), "[false]");
  EXPECT_EQ(OfText("similar", {"\"hello\"", "\"(h|a)%\""}, "BOOLEAN"), "[true]");
  EXPECT_EQ(OfText("similar", {"\"hello\"", "\"[a-k]+\""}, "BOOLEAN"), "[false]");
}

TEST(Encoding, OddHexLosesItsFirstDigit) {
  EXPECT_EQ(OfText("unhex", {"\"abc\""}, "BYTES"), OfText("unhex", {"\"00bc\""}, "BYTES"));
  EXPECT_EQ(OfText("unhex", {"\"0g\""}, "BYTES"), "[null]");
  EXPECT_EQ(Apply("hex", "STRING", {Values("BIGINT", "[-1]")}), "[\"FFFFFFFFFFFFFFFF\"]");
  EXPECT_EQ(Apply("bin", "STRING", {Values("INT", "[10]")}), "[\"1010\"]");
}

TEST(Encoding, Base64AddressesUrls) {
  EXPECT_EQ(OfText("to_base64", {"\"hello\""}), "[\"aGVsbG8=\"]");
  EXPECT_EQ(OfText("from_base64", {"\"YWI\""}), "[\"ab\"]");
  EXPECT_EQ(OfText("from_base64", {"\"Y*==\""}).substr(0, 5), "error");
  EXPECT_EQ(OfText("inet_aton", {"\"127.1\""}, "BIGINT"),
            OfText("inet_aton", {"\"127.0.0.1\""}, "BIGINT"));
  EXPECT_EQ(OfText("inet_aton", {"\"256.1.1.1\""}, "BIGINT"), "[null]");
  EXPECT_EQ(OfText("url_encode", {"\"a b&é~*\""}), "[\"a+b%26%C3%A9%7E*\"]");
  EXPECT_EQ(OfText("url_decode", {"\"%zz\""}), "[null]");
  EXPECT_EQ(OfText("parse_url", {"\"http://u:p@h.com:8080/p?k=v#r\"", "\"AUTHORITY\""}),
            "[\"u:p@h.com:8080\"]");
  EXPECT_EQ(OfText("parse_url", {"\"http://h?k=v&k1=w\"", "\"QUERY\"", "\"k1\""}), "[\"w\"]");
}

// RFC 1321, FIPS 180-4.
TEST(Hash, KnownVectors) {
  EXPECT_EQ(OfText("md5", {"\"\""}), "[\"d41d8cd98f00b204e9800998ecf8427e\"]");
  EXPECT_EQ(OfText("md5", {"\"message digest\""}), "[\"f96b697d7cb7938d525a2f31aaf161d0\"]");
  EXPECT_EQ(OfText("sha1", {"\"abc\""}), "[\"a9993e364706816aba3e25717850c26c9cd0d89d\"]");
  EXPECT_EQ(OfText("sha224", {"\"abc\""}),
            "[\"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7\"]");
  EXPECT_EQ(OfText("sha256", {"\"abc\""}),
            "[\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]");
  EXPECT_EQ(OfText("sha256", {"\"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq\""}),
            "[\"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1\"]");
  EXPECT_EQ(OfText("sha384", {"\"abc\""}),
            "[\"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358b"
            "aeca134c825a7\"]");
  EXPECT_EQ(OfText("sha512", {"\"abc\""}),
            "[\"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836b"
            "a3c23a3feebbd"
            "454d4423643ce80e2a9ac94fa54ca49f\"]");
  EXPECT_EQ(
      Apply("sha2", "STRING", {Values("STRING", "[\"abc\"]"), Literal("INT", "1")}).substr(0, 5),
      "error");
}

TEST(JavaNumber, Text) {
  EXPECT_EQ(JavaDouble(1e7), "1.0E7");
  EXPECT_EQ(JavaDouble(-0.001), "-0.001");
  EXPECT_EQ(JavaDouble(0.00012), "1.2E-4");
  EXPECT_EQ(BigDecimalText("1.0e3"), "1.0E+3");
  EXPECT_EQ(BigDecimalText("-0.0"), "0.0");
  EXPECT_EQ(BigDecimalText("0.1000"), "0.1000");
  EXPECT_EQ(BigDecimalText("1.0E-7"), "1.0E-7");
  EXPECT_TRUE(IsJavaDouble(" 0x1p3 "));
  EXPECT_TRUE(IsJavaDouble("1f"));
  EXPECT_FALSE(IsJavaDouble("."));
}

TEST(Printf, JavaFormatter) {
  const auto format = [](std::string_view text, FormatArgument arg) {
    std::string out;
    return JavaFormat(text, {&arg, 1}, &out) ? out : "throws";
  };
  const auto number = [](int64_t n) {
    return FormatArgument{.kind = FormatArgument::Kind::kInteger, .integer = n, .bits = 32};
  };
  const auto real = [](double d) {
    return FormatArgument{.kind = FormatArgument::Kind::kDouble, .number = d};
  };
  EXPECT_EQ(format("%05d|%<,d|%<(d", number(-1234)), "-1234|-1,234|(1234)");
  EXPECT_EQ(format("%x", number(-7)), "fffffff9");
  EXPECT_EQ(format("%+.0f", real(0.5)), "+1");
  EXPECT_EQ(format("%.2f", real(0.125)), "0.13");
  EXPECT_EQ(format("%g|%<e", real(-1.2345e-05)), "-1.23450e-05|-1.234500e-05");
  EXPECT_EQ(format("%.3f", real(-0.000012345)), "-0.000");
  EXPECT_EQ(format("%d", {}), "null");
  EXPECT_EQ(format("%q", number(1)), "throws");
  EXPECT_EQ(format("%-d", number(1)), "throws");
  EXPECT_EQ(format("%s %s", number(1)), "throws");
}

}  // namespace
}  // namespace sabot::test
