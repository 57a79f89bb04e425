// Rows, arrays and maps made and taken apart.
#include <gtest/gtest.h>

#include "expressions/evaluate.h"

namespace sabot::test {
namespace {

TEST(ConstructionTest, Makes) {
  EXPECT_EQ(Apply("row", "ROW<a INT, b STRING>",
                  {Values("INT", "[1, null]"), Literal("STRING", "\"x\"")}),
            R"([(1, "x"), (null, "x")])");
  EXPECT_EQ(Apply("array", "ARRAY<INT>", {Values("INT", "[1, null]"), Literal("INT", "9")}),
            "[[1, 9], [null, 9]]");
  EXPECT_EQ(Apply("map", "MAP<STRING, INT>",
                  {Literal("STRING", "\"k\""), Values("INT", "[1, null]"),
                   Values("STRING", R"(["l", "m"])"), Literal("INT", "2")}),
            R"([{"k": 1, "l": 2}, {"k": null, "m": 2}])");
  EXPECT_EQ(Apply("map", "MAP<STRING, INT>",
                  {Literal("STRING", "\"k\""), Values("INT", "[1, 1]"),
                   Values("STRING", R"(["k", "m"])"), Literal("INT", "2")}),
            R"([{"k": 2}, {"k": 1, "m": 2}])");
  EXPECT_EQ(Apply("array", "ARRAY<ARRAY<INT>>",
                  {Values("ARRAY<INT>", "[[1], null]"), Literal("ARRAY<INT>", "[2, 3]")}),
            "[[[1], [2, 3]], [null, [2, 3]]]");
}

TEST(ConstructionTest, TakesFields) {
  const auto rows = [] {
    return Values("ROW<p INT, q ROW<z STRING>>", R"([[1, ["x"]], [2, null], null])");
  };
  EXPECT_EQ(Apply("field", "INT", {rows()}, R"({"index": 0})"), "[1, 2, null]");
  EXPECT_EQ(Apply("field", "STRING", {Call("field", "ROW<z STRING>", {rows()}, R"({"index": 1})")},
                  R"({"index": 0})"),
            R"(["x", null, null])");
}

TEST(ConstructionTest, TakesElements) {
  const auto arrays = [] {
    return Values("ARRAY<STRING>", R"([["a", "b"], [], null, ["c", null]])");
  };
  EXPECT_EQ(Apply("item", "STRING", {arrays(), Literal("INT", "1")}), R"(["a", null, null, "c"])");
  EXPECT_EQ(Apply("item", "STRING", {arrays(), Values("INT", "[2, 1, 1, 2]")}),
            R"(["b", null, null, null])");
  EXPECT_EQ(Apply("item", "STRING", {arrays(), Values("INT", "[0, -1, null, 3]")}),
            "[null, null, null, null]");
  auto sliced = Call("item", "STRING", {arrays(), Literal("INT", "1")});
  sliced.columns = {sliced.columns[0]->Slice(3)};
  EXPECT_EQ(Evaluate(sliced), R"(["c"])");
}

TEST(ConstructionTest, TakesValuesByKey) {
  const auto maps = [] {
    return Values("MAP<STRING, INT>", R"([[["x", 1], ["y", null]], [], null])");
  };
  EXPECT_EQ(Apply("item", "INT", {maps(), Literal("STRING", "\"x\"")}), "[1, null, null]");
  EXPECT_EQ(Apply("item", "INT", {maps(), Values("STRING", R"(["y", "x", "x"])")}),
            "[null, null, null]");
}

}  // namespace
}  // namespace sabot::test
