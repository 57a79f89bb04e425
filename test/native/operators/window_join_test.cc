// window_join: pairs of one window, late rows, restart, bounded pieces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Rows (k, v, start, end) on both sides.
test::Harness Open(const std::string& keys, test::HarnessOptions options = {}) {
  const Schema side = test::MakeSchema({"k STRING", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)"});
  return test::Harness(
      R"({"op": "window_join", "config": {"joinType": "inner", "leftKeys": )" + keys +
          R"(, "rightKeys": )" + keys +
          R"(, "leftWindowStart": 2, "leftWindowEnd": 3, "rightWindowStart": 2, "rightWindowEnd": 3},
             "schema": )" +
          test::SchemaJson({"k STRING", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)", "k0 STRING",
                            "v0 INT", "s0 TIMESTAMP(3)", "e0 TIMESTAMP(3)"}) +
          "}",
      {side, side}, options);
}

std::string Pair(const std::string& left, const std::string& right) {
  const std::string window = ", 1970-01-01 00:00:00.000, 1970-01-01 00:00:00.010";
  return "+I[" + left + window + ", " + right + window + "]";
}

TEST(WindowJoinTest, PairsRowsOfOneWindowWhenItFires) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open("[0]", {.batch_rows_max = batch_rows, .no_room = true});
    harness.Rows(R"([["a", 1, 0, 10], [null, 2, 0, 10], ["a", 3, 10, 20]])", 0);
    harness.Restart(3);
    harness.Rows(R"([["a", 4, 0, 10], [null, 5, 0, 10], ["b", 6, 0, 10], ["a", 7, 0, 10]])", 1);
    harness.AdvanceWatermark(9);
    EXPECT_THAT(harness.Take(),
                UnorderedElementsAre(Pair("a, 1", "a, 4"), Pair("a, 1", "a, 7"), "W(9)"));
    harness.Restart();
    harness.Rows(R"([["a", 8, 0, 10]])", 1);
    EXPECT_EQ(harness.metrics().late_rows.value(), 1);
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), ElementsAre("W(max)"));
  }
}

TEST(WindowJoinTest, WithoutKeysEveryRowMeetsEveryRow) {
  auto harness = Open("[]", {.no_room = true});
  std::string rows = "[";
  for (int i = 0; i < 150; ++i)
    rows += (i > 0 ? "," : "") + ("[\"k\"," + std::to_string(i) + ",0,10]");
  harness.Rows(rows + "]", 0);
  harness.Rows(rows + "]", 1);
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), SizeIs(150 * 150 + 1));
}

TEST(WindowJoinTest, ItsStateIsTheRowsOfOpenWindows) {
  auto harness = Open("[0]");
  harness.Rows(R"([["a", 1, 0, 10], ["a", 3, 10, 20], ["b", 2, 20, 30]])", 0);
  harness.Rows(R"([["a", 4, 10, 20]])", 1);
  harness.AdvanceWatermark(9);
  harness.Restart(2);
  const std::string ten = "1970-01-01 00:00:00.010, 1970-01-01 00:00:00.020";
  const std::string twenty = "1970-01-01 00:00:00.020, 1970-01-01 00:00:00.030";
  const std::string none = "NULL, NULL, NULL, NULL";
  EXPECT_THAT(harness.State(), ElementsAre("+I[left, a, 3, " + ten + ", " + none + "]",
                                           "+I[right, " + none + ", a, 4, " + ten + "]",
                                           "+I[left, b, 2, " + twenty + ", " + none + "]"));
  EXPECT_THAT(harness.State({"k STRING"}, R"([["b"]])"),
              ElementsAre("+I[left, b, 2, " + twenty + ", " + none + "]"));
}

}  // namespace
}  // namespace sabot
