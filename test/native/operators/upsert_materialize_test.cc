// upsert_materialize: what is left of each key of the sink, whatever order changes come in,
// over restarts, tiny batches and a TTL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kColumns = {"id INT", "name STRING", "v DOUBLE"};

// By name; rows are told apart by `upsert_key`, or by all they hold.
test::Harness Open(const std::string& upsert_key = "", test::HarnessOptions options = {}) {
  const std::string config =
      R"("keys": [1])" + (upsert_key.empty() ? "" : R"(, "upsertKey": )" + upsert_key);
  return test::Harness(R"({"op": "upsert_materialize", "config": {)" + config + R"(}, "schema": )" +
                           test::SchemaJson(kColumns) + "}",
                       {test::MakeSchema(kColumns)}, options);
}

TEST(UpsertMaterializeTest, TheNewestRowOfAKeyThatIsLeftCounts) {
  for (const int64_t batch_rows : {int64_t{1}, int64_t{2}, INT64_MAX}) {
    for (const char* upsert_key : {"", "[0]"}) {
      auto harness = Open(upsert_key, {.batch_rows_max = batch_rows});
      harness.Rows(R"([[1, "a", 1], [2, "a", 2], [3, "b", 3]])");
      EXPECT_THAT(harness.Take(), ElementsAre("+I[1, a, 1]", "+U[2, a, 2]", "+I[3, b, 3]"));
      harness.Restart(2);
      harness.Rows(R"([["-D", 2, "a", 2], ["-U", 1, "a", 1], ["+U", 1, "b", 1]])");
      EXPECT_THAT(harness.Take(), ElementsAre("+U[1, a, 1]", "-D[1, a, 1]", "+U[1, b, 1]"));
      harness.Restart();
      // Not the newest one: nobody sees it go.
      harness.Rows(R"([["-D", 3, "b", 3], ["-D", 1, "b", 1]])");
      EXPECT_THAT(harness.Take(), ElementsAre("-D[1, b, 1]"));
    }
  }
}

TEST(UpsertMaterializeTest, ARowThatGoesAfterItsSuccessorHasComeDoesNoHarm) {
  // 1 moves from a to b while 2 moves to a: by other subtasks, so in any order.
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open("", {.batch_rows_max = batch_rows});
    harness.Rows(R"([[1, "a", 1], ["+U", 2, "a", 2]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[1, a, 1]", "+U[2, a, 2]"));
    harness.Restart(3);
    harness.Rows(R"([["-U", 1, "a", 1], ["+U", 1, "b", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[1, b, 1]"));
  }
}

TEST(UpsertMaterializeTest, EqualRowsAreAsManyAsHaveCome) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open("", {.batch_rows_max = batch_rows});
    harness.Rows(R"([[1, "a", 1], [1, "a", 1], ["-D", 1, "a", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[1, a, 1]", "+U[1, a, 1]"));
    harness.Restart();
    harness.Rows(R"([["-D", 1, "a", 1], ["-D", 1, "a", 1], [1, "a", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-D[1, a, 1]", "+I[1, a, 1]"));
  }
}

TEST(UpsertMaterializeTest, WithAnUpsertKeyARowTakesThePlaceOfTheOneBefore) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open("[0]", {.batch_rows_max = batch_rows});
    harness.Rows(R"([[1, "a", 1], [2, "a", 2], ["+U", 1, "a", 9]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[1, a, 1]", "+U[2, a, 2]", "+U[1, a, 9]"));
    harness.Restart();
    // 2 came last; of 1 the row counts that took the first one's place, whatever is said of it.
    harness.Rows(R"([["-D", 2, "a", 7], ["-D", 1, "a", null]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+U[1, a, 9]", "-D[1, a, NULL]"));
  }
}

TEST(UpsertMaterializeTest, WhatIsNotThereCannotBeTakenBack) {
  auto harness = Open();
  harness.Rows(R"([["-D", 1, "a", 1], ["-U", 2, "b", 1], [1, "a", 1], ["-D", 1, "a", 2]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[1, a, 1]"));
  harness.Restart();
  EXPECT_THAT(harness.State(), ElementsAre("+I[1, a, 1]"));
}

TEST(UpsertMaterializeTest, NullsAreKeysAndValuesLikeAny) {
  auto harness = Open();
  harness.Rows(R"([[null, null, null], [1, null, null]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[NULL, NULL, NULL]", "+U[1, NULL, NULL]"));
  harness.Restart(2);
  harness.Rows(R"([["-D", 1, null, null], ["-D", null, null, null]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+U[NULL, NULL, NULL]", "-D[NULL, NULL, NULL]"));
}

TEST(UpsertMaterializeTest, UnderATtlAKeyIsForgottenWithAllItsRowsUnlessOneComesOrGoes) {
  test::HarnessOptions options;
  options.plan.state_ttl_ms = 1000;
  auto harness = Open("", options);
  harness.Rows(R"([[1, "a", 1], [2, "a", 2], [3, "b", 3]])");
  harness.AdvanceProcessingTime(600);
  harness.Rows(R"([["-D", 2, "a", 2]])");
  harness.Take();
  harness.AdvanceProcessingTime(600);
  harness.Restart();
  harness.Rows(R"([["-D", 3, "b", 3], ["-D", 1, "a", 1], [4, "b", 4]])");
  EXPECT_THAT(harness.Take(), ElementsAre("-D[1, a, 1]", "+I[4, b, 4]"));
}

TEST(UpsertMaterializeTest, ItsStateIsAllRowsOfEachKeyInOrder) {
  auto harness = Open("[0]");
  harness.Rows(R"([[7, "a", 1], [3, "a", 2], [5, "a", 3], ["+U", 3, "a", 4], [1, "b", 5]])");
  harness.Restart(2);
  EXPECT_THAT(harness.State({"name STRING"}, R"([["a"]])"),
              ElementsAre("+I[7, a, 1]", "+I[3, a, 4]", "+I[5, a, 3]"));
  EXPECT_THAT(harness.State({"name STRING"}, R"([["c"]])"), IsEmpty());
}

TEST(UpsertMaterializeTest, AKeyWithManyRowsGivesThemAllBackAndKeepsNothing) {
  auto harness = Open();
  constexpr int kRows = 400;
  const auto rows = [](const char* kind) {
    std::string text = "[";
    for (int i = 0; i < kRows; ++i)
      text += std::string(i > 0 ? "," : "") + R"([")" + kind + R"(",)" + std::to_string(i) +
              R"(,"a",)" + std::to_string(i % 7) + "]";
    return text + "]";
  };
  harness.Rows(rows("+I"));
  harness.Restart();
  harness.Rows(rows("-D"));
  const auto out = harness.Take();
  // All but the last are taken back unseen.
  ASSERT_EQ(out.size(), static_cast<size_t>(kRows) + 1);
  EXPECT_EQ(out.back(), "-D[399, a, 0]");
  EXPECT_THAT(harness.State(), IsEmpty());
}

}  // namespace
}  // namespace sabot
