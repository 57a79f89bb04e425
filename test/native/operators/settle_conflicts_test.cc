// settle_conflicts: one row of every key of the sink, decided at the watermark, over restarts, tiny
// batches and a TTL.
#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kColumns = {"id INT", "name STRING"};

// By name; rows are told apart by id, or by all they hold.
test::Harness Open(const std::string& on_conflict, bool by_id = true,
                   test::HarnessOptions options = {}) {
  const std::string config = R"("keys": [1], "onConflict": ")" + on_conflict + "\"" +
                             (by_id ? R"(, "upsertKey": [0])" : "");
  return test::Harness(R"({"op": "settle_conflicts", "config": {)" + config + R"(}, "schema": )" +
                           test::SchemaJson(kColumns) + "}",
                       {test::MakeSchema(kColumns)}, options);
}

TEST(SettleConflictsTest, ChangesWaitForTheWatermark) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    for (const bool by_id : {true, false}) {
      auto harness = Open("error", by_id, {.batch_rows_max = batch_rows, .no_room = true});
      harness.Rows(R"([[1, "a"], [2, "b"]])");
      EXPECT_THAT(harness.Take(), IsEmpty());
      harness.Restart(2);
      harness.AdvanceWatermark(5);
      EXPECT_THAT(harness.Take(), ElementsAre("+I[1, a]", "+I[2, b]", "W(5)"));
      harness.Restart();
      // 2 takes a over from 1; whatever comes first.
      harness.Rows(R"([["+U", 2, "a"], ["-U", 1, "a"], ["-U", 2, "b"]])");
      harness.Restart(3);
      harness.AdvanceWatermark(9);
      EXPECT_THAT(harness.Take(), ElementsAre("+U[2, a]", "-D[2, b]", "W(9)"));
      EXPECT_THAT(harness.State(), ElementsAre("+I[2, a]"));
    }
  }
}

TEST(SettleConflictsTest, ARowAndWhatTakesItBackCancelOutInAnyOrder) {
  auto harness = Open("error");
  harness.Rows(R"([["-D", 1, "a"], [1, "a"], [2, "a"], ["-D", 2, "a"], ["-D", 7, "b"]])");
  harness.AdvanceWatermark(5);
  EXPECT_THAT(harness.Take(), ElementsAre("W(5)"));
  harness.Restart();
  EXPECT_THAT(harness.State(), IsEmpty());
}

TEST(SettleConflictsTest, TwoRowsWithOneKeyFailTheJob) {
  static test::Harness* harness;  // EXPECT_NONFATAL_FAILURE takes no local variables.
  auto opened = Open("error");
  harness = &opened;
  opened.Rows(R"([[1, "a"]])");
  opened.AdvanceWatermark(5);
  opened.Restart();
  opened.Rows(R"([[1, "a"], [2, "a"]])");
  EXPECT_NONFATAL_FAILURE(harness->AdvanceWatermark(9), "(id: 1, name: a) and (id: 2, name: a)");
}

TEST(SettleConflictsTest, OrTheFirstOneStays) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open("nothing", true, {.batch_rows_max = batch_rows});
    harness.Rows(R"([[1, "a"], [2, "a"], [3, "b"]])");
    harness.AdvanceWatermark(5);
    EXPECT_THAT(harness.Take(), ElementsAre("+I[1, a]", "+I[3, b]", "W(5)"));
    harness.Restart(2);
    harness.Rows(R"([[4, "a"], ["-D", 4, "a"], [5, "b"]])");
    harness.AdvanceWatermark(9);
    EXPECT_THAT(harness.Take(), ElementsAre("W(9)"));
    harness.Restart();
    harness.Rows(R"([["-D", 1, "a"], ["-D", 2, "a"]])");
    harness.EndOfInput();
    EXPECT_EQ(harness.Take().front(), "-D[1, a]");
    EXPECT_THAT(harness.State(), ElementsAre("+I[3, b]"));
  }
}

TEST(SettleConflictsTest, UnderATtlAKeyIsForgottenThatSawNoChange) {
  test::HarnessOptions options;
  options.plan.state_ttl_ms = 1000;
  auto harness = Open("error", true, options);
  harness.Rows(R"([[1, "a"]])");
  harness.AdvanceWatermark(1);
  harness.Take();
  harness.AdvanceProcessingTime(1200);
  harness.Restart();
  harness.Rows(R"([[2, "a"]])");
  harness.AdvanceWatermark(2);
  EXPECT_THAT(harness.Take(), ElementsAre("+I[2, a]", "W(2)"));
}

}  // namespace
}  // namespace sabot
