// Casts: errors, padding, nested values. The plain tables are in flink_answers.jsonl.
#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "expressions/evaluate.h"

namespace sabot::test {
namespace {

std::string CastTo(const char* type, Argument from) {
  return Apply("cast", type, {std::move(from)});
}
std::string Try(const char* type, Argument from) {
  return Apply("try_cast", type, {std::move(from)});
}
Argument Text(const char* json) { return Values("STRING", json); }

TEST(CastTest, ErrorsAreFlinksAndNameTheValue) {
  EXPECT_EQ(CastTo("INT", Text(R"(["1", "n1"])")),
            "error: For input string: 'n1'. Invalid character found.");
  EXPECT_EQ(CastTo("INT", Text(R"([""])")), "error: For input string: ''. Input is empty.");
  EXPECT_EQ(CastTo("INT", Text(R"(["+"])")),
            "error: For input string: '+'. Input has only positive or negative symbol.");
  EXPECT_EQ(CastTo("TINYINT", Text(R"(["128"])")), "error: For input string: '128'. Overflow.");
  EXPECT_EQ(CastTo("BIGINT", Text(R"(["9223372036854775808"])")),
            "error: For input string: '9223372036854775808'. Overflow.");
  EXPECT_EQ(CastTo("DOUBLE", Text(R"(["x"])")), "error: For input string: \"x\"");
  EXPECT_EQ(CastTo("DOUBLE", Text(R"([""])")), "error: empty String");
  EXPECT_EQ(CastTo("BOOLEAN", Text(R"(["oui"])")), "error: Cannot parse 'oui' as BOOLEAN.");
  EXPECT_EQ(CastTo("DATE", Text(R"(["x"])")), "error: For input string: 'x'.");
  EXPECT_EQ(CastTo("TIMESTAMP(3)", Text(R"(["2024-01-02T10:11:12"])")),
            "error: Text '2024-01-02T10:11:12' could not be parsed at index 10");
  EXPECT_EQ(CastTo("DECIMAL(5,2)", Values("DOUBLE", "[Inf]")),
            "error: Character I is neither a decimal digit number, decimal point, nor \"e\" "
            "notation exponential mark.");
  auto bound = Bind(Call("cast", "INT", {Text(R"(["n1"])")}).expression, {}).ValueOrDie();
  const auto status =
      bound->Evaluate(std::vector<ArrayPtr>{Text(R"(["n1"])").columns[0]}, 1).status();
  ASSERT_NE(DetailOf(status), nullptr);
  EXPECT_EQ(DetailOf(status)->kind(), "runtime-cast");
  EXPECT_EQ(DetailOf(status)->identifier(), "n1");
}

TEST(CastTest, CharIsFilledAndCutByCharacters) {
  EXPECT_EQ(CastTo("VARCHAR(3)", Text(R"(["ab", "abcd", "日本語テスト", null])")),
            R"(["ab", "abc", "日本語", null])");
  EXPECT_EQ(CastTo("CHAR(5)", Text(R"(["ab", "abcdef", "日本語テスト", "é", ""])")),
            R"(["ab   ", "abcde", "日本語テス", "é    ", "     "])");
  EXPECT_EQ(CastTo("CHAR(7)", Values("BOOLEAN", "[true, null]")), R"(["TRUE   ", null])");
  EXPECT_EQ(CastTo("STRING", Text(R"(["as it is", null])")), R"(["as it is", null])");
}

TEST(CastTest, BytesAreReadAsUtf8) {
  EXPECT_EQ(CastTo("STRING", Call("cast", "BYTES", {Text(R"(["aé😀", ""])")})), R"(["aé😀", ""])");
  auto bytes = Values("BYTES", R"([""])");
  arrow::BinaryBuilder builder;
  ASSERT_TRUE(builder
                  .AppendValues(
                      {std::string("\xFF\0\xFF", 3), "\xE6\x97", "a\xF0\x9F\x98z", "\xED\xA0\x80"})
                  .ok());
  bytes.columns = {builder.Finish().ValueOrDie()};
  EXPECT_EQ(CastTo("STRING", bytes), R"(["�\u0000�", "�", "a�z", "�"])");
  EXPECT_EQ(CastTo("BINARY(4)", Call("cast", "BYTES", {Text(R"(["abc", "abcdef"])")})),
            "[61626300, 61626364]");
}

TEST(CastTest, NestedValuesAsText) {
  EXPECT_EQ(CastTo("STRING", Values("ARRAY<INT>", "[[1, 2, null], [], null]")),
            "[\"[1, 2, NULL]\", \"[]\", null]");
  EXPECT_EQ(CastTo("VARCHAR(5)", Values("ARRAY<INT>", "[[1, 2, 3]]")), "[\"[1, 2\"]");
  EXPECT_EQ(CastTo("STRING", Values("MAP<STRING, INT>", R"([[["x", 1], ["y", null]], []])")),
            R"(["{x=1, y=NULL}", "{}"])");
  EXPECT_EQ(CastTo("STRING", Values("ROW<p INT, q ROW<z STRING>>",
                                    R"([[1, ["x"]], [null, [null]], [7, null], null])")),
            R"-(["(1, (x))", "(NULL, (NULL))", "(7, NULL)", null])-");
  EXPECT_EQ(
      CastTo("STRING", Values("ARRAY<TIMESTAMP(3)>", R"([["2024-01-01 00:00:00.500", null]])")),
      R"(["[2024-01-01 00:00:00.500, NULL]"])");
  EXPECT_EQ(CastTo("STRING", Values("ARRAY<DOUBLE>", "[[1.0, 2.5e10]]")), R"(["[1.0, 2.5E10]"])");
  EXPECT_EQ(CastTo("STRING", Values("MULTISET<STRING>", R"([[["a", 2]]])")), R"(["{a=2}"])");
}

TEST(CastTest, NestedValuesPartByPart) {
  EXPECT_EQ(CastTo("ARRAY<STRING>", Values("ARRAY<INT>", "[[1, null], null, []]")),
            R"([["1", null], null, []])");
  EXPECT_EQ(CastTo("MAP<STRING, BIGINT>", Values("MAP<STRING, INT>", R"([[["x", 1]], null])")),
            R"([{"x": 1}, null])");
  EXPECT_EQ(
      CastTo("ROW<x BIGINT, y STRING>", Values("ROW<p INT, q INT>", "[[1, 2], null, [null, 3]]")),
      R"([(1, "2"), null, (null, "3")])");
  const auto mixed = [] { return Values("ARRAY<STRING>", R"([["1", "2"], ["a"], null, [null]])"); };
  EXPECT_EQ(CastTo("ARRAY<INT>", mixed()),
            "error: For input string: 'a'. Invalid character found.");
  EXPECT_EQ(Try("ARRAY<INT>", mixed()), "[[1, 2], null, null, [null]]");
}

TEST(CastTest, SlicedNestedValuesDoNotFailOutsideTheSlice) {
  auto call = Call("cast", "ARRAY<INT>",
                   {Values("ARRAY<STRING>", R"([["bad"], ["1"], ["2", "3"], ["worse"]])")});
  call.columns = {call.columns[0]->Slice(1, 2)};
  EXPECT_EQ(Evaluate(call), "[[1], [2, 3]]");
}

TEST(CastTest, TryCastIsSelectiveButNeverFails) {
  EXPECT_EQ(Try("INT", Text(R"(["1", "x", " 3 ", "4.99", null])")), "[1, null, 3, 4, null]");
  EXPECT_EQ(Try("DECIMAL(4,2)", Values("BIGINT", "[99, 100]")), "[99.00, null]");
}

}  // namespace
}  // namespace sabot::test
