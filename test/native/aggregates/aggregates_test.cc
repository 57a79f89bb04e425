// Every aggregate function by itself: values after each row. Expected values are Flink's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aggregates/aggregate_rig.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr RigOptions kRetracts{.retracts = true};
constexpr RigOptions kRetractsUnmerged{.retracts = true, .merges = false};

std::string Call(const std::string& function, const std::string& type,
                 const std::string& args = "[0]", const std::string& more = "") {
  return R"([{"function": ")" + function + R"(", "args": )" + args + R"(, "type": {"kind": ")" +
         type + "\"" + (type == "DECIMAL" ? R"(, "precision": 38, "scale": 2)" : "") + "}" + more +
         "}]";
}

TEST(Count, SkipsNullUnlessAllRowsCount) {
  EXPECT_THAT(Values({"v INT"}, Call("count", "BIGINT"), "[[3], [null], [5]]"),
              ElementsAre("1", "1", "2"));
  EXPECT_THAT(Values({"v INT"}, Call("count", "BIGINT", "[]"), "[[3], [null]]"),
              ElementsAre("1", "2"));
  EXPECT_THAT(Values({"v INT"}, Call("count", "BIGINT"),
                     R"([[3], [4], ["-D", 3], ["-U", null], ["-D", 4]])", kRetracts),
              ElementsAre("1", "2", "1", "1", "0"));
}

TEST(Sum, KeepsItsTypeAndWrapsAround) {
  EXPECT_THAT(Values({"v TINYINT"}, Call("sum", "TINYINT"), "[[127], [null], [1]]"),
              ElementsAre("127", "127", "-128"));
  EXPECT_THAT(Values({"v SMALLINT"}, Call("sum", "SMALLINT"), "[[32767], [2]]"),
              ElementsAre("32767", "-32767"));
  EXPECT_THAT(Values({"v INT"}, Call("sum", "INTEGER"), "[[null], [2147483647], [1]]"),
              ElementsAre("NULL", "2147483647", "-2147483648"));
  EXPECT_THAT(Values({"v BIGINT"}, Call("sum", "BIGINT"), "[[-9223372036854775808], [-1]]"),
              ElementsAre("-9223372036854775808", "9223372036854775807"));
  EXPECT_THAT(Values({"v DOUBLE"}, Call("sum", "DOUBLE"), "[[0.5], [0.25]]"),
              ElementsAre("0.5", "0.75"));
}

TEST(Sum, TakesValuesBack) {
  EXPECT_THAT(Values({"v INT"}, Call("sum", "INTEGER"),
                     R"([[3], [4], ["-U", 3], ["+U", 10], ["-D", 4], ["-D", 10]])", kRetracts),
              ElementsAre("3", "7", "4", "14", "10", "NULL"));
  EXPECT_THAT(Values({"v INT"}, Call("sum0", "INTEGER"), R"([[3], ["-D", 3], [null]])", kRetracts),
              ElementsAre("3", "0", "0"));
}

TEST(Sum, DecimalOverflowIsNullAndTheNextValueStartsAnew) {
  EXPECT_THAT(Values({"v DECIMAL(38,2)"}, Call("sum", "DECIMAL"),
                     R"([["999999999999999999999999999999999999.99"], ["0.01"], ["5.00"]])",
                     {.merges = false}),
              ElementsAre("999999999999999999999999999999999999.99", "NULL", "5.00"));
}

TEST(Avg, TruncatesIntegersAndRoundsDecimals) {
  EXPECT_THAT(Values({"v INT"}, Call("avg", "INTEGER"), "[[null], [-1], [-2], [6]]"),
              ElementsAre("NULL", "-1", "-1", "1"));
  EXPECT_THAT(Values({"v INT"}, Call("avg", "INTEGER"), "[[2147483647], [2147483647]]"),
              ElementsAre("2147483647", "2147483647"));
  EXPECT_THAT(Values({"v DOUBLE"}, Call("avg", "DOUBLE"), "[[1], [2]]"), ElementsAre("1", "1.5"));
  const std::string decimal =
      R"([{"function": "avg", "args": [0], "type": {"kind": "DECIMAL", "precision": 38, "scale": 6}}])";
  EXPECT_THAT(Values({"v DECIMAL(10,2)"}, decimal, R"([["1.10"], ["2.30"], ["4.75"], ["-20.00"]])"),
              ElementsAre("1.100000", "1.700000", "2.716667", "-2.962500"));
  EXPECT_THAT(Values({"v INT"}, Call("avg", "INTEGER"), R"([[10], [21], ["-D", 10], ["-D", 21]])",
                     kRetracts),
              ElementsAre("10", "15", "21", "NULL"));
}

TEST(MinMax, WorksOverEveryFlatType) {
  EXPECT_THAT(Values({"v BIGINT"}, Call("max", "BIGINT"), "[[null], [3], [2], [7]]"),
              ElementsAre("NULL", "3", "3", "7"));
  EXPECT_THAT(Values({"v STRING"}, Call("min", "VARCHAR"), R"([["b"], ["ab"], [""], ["c"]])"),
              ElementsAre("b", "ab", "", ""));
  EXPECT_THAT(Values({"v BOOLEAN"}, Call("max", "BOOLEAN"), "[[false], [true]]"),
              ElementsAre("false", "true"));
  EXPECT_THAT(Values({"v DECIMAL(38,2)"}, Call("min", "DECIMAL"), R"([["1.50"], ["-2.25"]])"),
              ElementsAre("1.50", "-2.25"));
  EXPECT_THAT(Values({"v DOUBLE"}, Call("max", "DOUBLE"), "[[-1.5], [-0.5]]"),
              ElementsAre("-1.5", "-0.5"));
}

TEST(MinMax, FallsBackWhenTheBestIsTakenBack) {
  EXPECT_THAT(Values({"v INT"}, Call("max", "INTEGER"),
                     R"([[3], [7], [7], ["-D", 7], ["-D", 7], ["-U", 3]])", kRetracts),
              ElementsAre("3", "7", "7", "7", "3", "NULL"));
  EXPECT_THAT(Values({"v STRING"}, Call("min", "VARCHAR"), R"([["b"], ["a"], ["-D", "a"], ["a"]])",
                     kRetracts),
              ElementsAre("b", "a", "b", "a"));
  EXPECT_THAT(Values({"v DECIMAL(38,2)"}, Call("min", "DECIMAL"),
                     R"([["-1.50"], ["-2.25"], ["-D", "-2.25"]])", kRetracts),
              ElementsAre("-1.50", "-2.25", "-1.50"));
  EXPECT_THAT(
      Values({"v DOUBLE"}, Call("min", "DOUBLE"), R"([[-1.5], [2.5], ["-D", -1.5]])", kRetracts),
      ElementsAre("-1.5", "-1.5", "2.5"));
  // Taken back before it came: it does not count, then cancels out.
  EXPECT_THAT(Values({"v INT"}, Call("max", "INTEGER"), R"([[3], ["-D", 9], [9], [5]])", kRetracts),
              ElementsAre("3", "3", "3", "5"));
}

TEST(Variance, ComputesInDoubleAndCastsToItsArgumentsType) {
  // Count and squares change with every row, and a change is told of each, as in Flink.
  const RigOptions told{.exact = false};
  const std::string rows = "[[3], [5], [10], [null]]";
  EXPECT_THAT(Values({"v INT"}, Call("stddev_pop", "INTEGER"), rows, told),
              ElementsAre("0", "1", "2", "2"));
  EXPECT_THAT(Values({"v INT"}, Call("var_samp", "INTEGER"), rows, told),
              ElementsAre("NULL", "2", "13", "13"));
  EXPECT_THAT(Values({"v INT"}, Call("var_pop", "INTEGER"), "[[100000], [200001]]", told),
              ElementsAre("0", "2147483647"));
  EXPECT_THAT(Values({"v DOUBLE"}, Call("stddev_samp", "DOUBLE"), "[[1.1], [2.3]]", told),
              ElementsAre("NULL", "0.8485281374238568"));
  const std::string decimal =
      R"([{"function": "stddev_pop", "args": [0], "type": {"kind": "DECIMAL", "precision": 38, "scale": 6}}])";
  EXPECT_THAT(Values({"v DECIMAL(10,2)"}, decimal, R"([["1.10"], ["2.30"], ["4.75"]])", told),
              ElementsAre("0.000000", "0.600000", "1.518954"));
  EXPECT_THAT(Values({"v INT"}, Call("var_pop", "INTEGER"), R"([[3], [5], ["-D", 3], ["-D", 5]])",
                     {.retracts = true, .exact = false}),
              ElementsAre("0", "1", "0", "NULL"));
}

TEST(FirstLast, GoByArrivalAndSkipNull) {
  const std::string rows = R"([[null], ["b"], ["a"], [null]])";
  EXPECT_THAT(Values({"v STRING"}, Call("first_value", "VARCHAR"), rows),
              ElementsAre("NULL", "b", "b", "b"));
  EXPECT_THAT(Values({"v STRING"}, Call("last_value", "VARCHAR"), rows),
              ElementsAre("NULL", "b", "a", "a"));
  EXPECT_THAT(Values({"v INT"}, Call("last_value", "INTEGER"), "[[5], [4]]"),
              ElementsAre("5", "4"));
  // The earliest equal value is the one taken back.
  const std::string changes = R"([["a"], ["b"], ["a"], ["-D", "a"], ["-D", "b"], ["-D", "a"]])";
  EXPECT_THAT(Values({"v STRING"}, Call("first_value", "VARCHAR"), changes, kRetracts),
              ElementsAre("a", "a", "a", "b", "a", "NULL"));
  EXPECT_THAT(Values({"v STRING"}, Call("last_value", "VARCHAR"), changes, kRetracts),
              ElementsAre("a", "b", "a", "a", "a", "NULL"));
}

TEST(Listagg, JoinsByArrivalAndSkipsNull) {
  EXPECT_THAT(
      Values({"v STRING"}, Call("listagg", "VARCHAR"), R"([[null], [""], ["b"], ["a"], [null]])"),
      ElementsAre("NULL", "", ",b", ",b,a", ",b,a"));
  EXPECT_THAT(
      Values({"v STRING"}, Call("listagg", "VARCHAR", "[0]", R"(, "options": {"separator": "|"})"),
             R"([["a"], ["b"]])"),
      ElementsAre("a", "a|b"));
  EXPECT_THAT(Values({"v STRING", "s STRING"}, Call("listagg", "VARCHAR", "[0, 1]"),
                     R"([["a", "--"], ["b", "--"]])"),
              ElementsAre("a", "a--b"));
  EXPECT_THAT(Values({"v STRING", "s STRING"}, Call("listagg", "VARCHAR", "[0, 1]"),
                     R"([["a", ";"], ["b", ";"], ["a", ";"], ["-D", "a", ";"], ["-D", "b", ";"]])",
                     kRetracts),
              ElementsAre("a", "a;b", "a;b;a", "b;a", "a"));
}

TEST(Collect, CountsValues) {
  const std::string call =
      R"([{"function": "collect", "args": [0], "type": {"kind": "MULTISET", "element": {"kind": "INTEGER"}}}])";
  EXPECT_THAT(Values({"v INT"}, call, R"([[null], [3], [5], [3], ["-D", 5]])", kRetracts),
              ElementsAre("map<int32, int32>[]", HasSubstr("3"), HasSubstr("5"), HasSubstr("2"),
                          ::testing::Not(HasSubstr("5"))));
}

TEST(ArrayAgg, KeepsNullAndOrder) {
  const std::string call =
      R"([{"function": "array_agg", "args": [0], "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}}])";
  EXPECT_THAT(Values({"v INT"}, call, R"([[null], [3], ["-D", null], ["-D", 3]])", kRetracts),
              ElementsAre("list<item: int32>[null]", "list<item: int32>[null, 3]",
                          "list<item: int32>[3]", "NULL"));
}

TEST(JsonAgg, WritesSortedObjectsAndArraysByArrival) {
  EXPECT_THAT(Values({"k STRING", "v INT"}, Call("json_objectagg", "VARCHAR", "[0, 1]"),
                     R"([["b", 1], ["a", null], ["\"", 2]])"),
              ElementsAre(R"({"b":1})", R"({"a":null,"b":1})", R"({"\"":2,"a":null,"b":1})"));
  EXPECT_THAT(
      Values({"k STRING", "v INT"},
             Call("json_objectagg", "VARCHAR", "[0, 1]", R"(, "options": {"onNull": "absent"})"),
             R"([["b", 1], ["a", null]])"),
      ElementsAre(R"({"b":1})", R"({"b":1})"));
  EXPECT_THAT(Failure({"k STRING", "v INT"}, Call("json_objectagg", "VARCHAR", "[0, 1]"),
                      R"([["a", 1], ["a", 2]])"),
              HasSubstr("'a' comes twice"));
  EXPECT_THAT(Values({"v STRING"}, Call("json_arrayagg", "VARCHAR"), R"([[null], ["x\ny"], [""]])"),
              ElementsAre("[]", R"(["x\ny"])", R"(["x\ny",""])"));
  EXPECT_THAT(Values({"v STRING"},
                     Call("json_arrayagg", "VARCHAR", "[0]",
                          R"(, "options": {"onNull": "null", "json": true})"),
                     R"([[null], ["{\"a\":1}"], ["-D", null]])", kRetracts),
              ElementsAre("[null]", R"([null,{"a":1}])", R"([{"a":1}])"));
}

TEST(Percentile, InterpolatesBetweenNeighbours) {
  EXPECT_THAT(Values({"v INT", "p DOUBLE"}, Call("percentile", "DOUBLE", "[0, 1]"),
                     "[[null, 0.5], [3, 0.5], [5, 0.5], [10, 0.5], [20, 0.5]]"),
              ElementsAre("NULL", "3", "4", "5", "7.5"));
  EXPECT_THAT(Values({"v INT", "p DOUBLE", "n INT"}, Call("percentile", "DOUBLE", "[0, 1, 2]"),
                     R"([[3, 0.25, 3], [5, 0.25, 5], ["-D", 3, 0.25, 3]])", kRetractsUnmerged),
              ElementsAre("3", "3", "5"));
  EXPECT_THAT(Failure({"v INT", "p DOUBLE"}, Call("percentile", "DOUBLE", "[0, 1]"), "[[1, 1.5]]"),
              HasSubstr("0 to 1"));
}

TEST(ApproxCountDistinct, IsExactForFewValues) {
  EXPECT_THAT(
      Values({"v INT"}, Call("approx_count_distinct", "BIGINT"), "[[1], [2], [1], [null], [3]]"),
      ElementsAre("1", "2", "2", "2", "3"));
}

TEST(Aggregates, UnknownOnesAndWrongTypesAreErrors) {
  EXPECT_THAT(Failure({"v INT"}, Call("median", "INTEGER"), "[[1]]"), HasSubstr("'median'"));
  EXPECT_THAT(Failure({"v STRING"}, Call("sum", "INTEGER"), R"([["a"]])"),
              HasSubstr("sum(STRING)"));
}

}  // namespace
}  // namespace sabot::test
