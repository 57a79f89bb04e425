// window_deduplicate: the last row of a window, also of equal times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

TEST(WindowDeduplicateTest, KeepsTheLastRowAlsoOfEqualTimes) {
  test::Harness harness(
      R"({"op": "window_deduplicate", "config": {"keys": [0], "order": 1, "keep": "last", "windowStart": 3,
          "windowEnd": 4}, "schema": )" +
          test::SchemaJson(
              {"k STRING", "t TIMESTAMP(3)", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)"}) +
          "}",
      {test::MakeSchema(
          {"k STRING", "t TIMESTAMP(3)", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)"})});
  harness.Rows(R"([["a", 5, 1, 0, 10], ["a", 7, 2, 0, 10]])");
  harness.Restart();
  harness.Rows(R"([["a", 7, 3, 0, 10], ["a", 6, 4, 0, 10]])");
  harness.EndOfInput();
  EXPECT_THAT(
      harness.Take(),
      ElementsAre(
          "+I[a, 1970-01-01 00:00:00.007, 3, 1970-01-01 00:00:00.000, 1970-01-01 00:00:00.010]",
          "W(max)"));
}

}  // namespace
}  // namespace sabot
