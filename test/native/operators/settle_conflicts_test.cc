// settle_conflicts: one row of every key of the sink, decided at the watermark, over restarts, tiny
// batches and a TTL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
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
  auto harness = Open("error");
  harness.Rows(R"([[1, "a"]])");
  harness.AdvanceWatermark(5);
  harness.Restart();
  harness.Rows(R"([[1, "a"], [2, "a"]])");
  const arrow::Status status = harness.TryWatermark(9);
  ASSERT_TRUE(DetailOf(status) != nullptr) << status.ToString();
  EXPECT_EQ(DetailOf(status)->kind(), "primary-key-conflict");
  EXPECT_EQ(DetailOf(status)->identifier(), "name");
  EXPECT_THAT(status.message(), HasSubstr("(id: 1, name: a) and (id: 2, name: a)"));
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
