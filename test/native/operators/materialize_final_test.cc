// materialize_final: what is left of a changelog, by content and by key, over restarts and
// compaction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

test::Harness Open(const std::string& config, test::HarnessOptions options = {}) {
  return test::Harness(R"({"op": "materialize_final", "config": {)" + config + R"(}, "schema": )" +
                           test::SchemaJson({"k STRING", "v INT"}) + "}",
                       {test::MakeSchema({"k STRING", "v INT"})}, options);
}

TEST(MaterializeFinalTest, LeavesTheRowsThatWereNotTakenBack) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open("", {.batch_rows_max = batch_rows, .no_room = true});
    harness.Rows(
        R"([["+I", "a", 1], ["+I", "b", 1], ["+I", "b", 1], ["-U", "a", 1], ["+U", "a", 2]])");
    harness.Restart(2);
    harness.Rows(R"([["-D", "b", 1], ["+I", null, null]])");
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), ElementsAre("W(max)", "+I[b, 1]", "+I[a, 2]", "+I[NULL, NULL]"));
  }
}

TEST(MaterializeFinalTest, WithKeysTheNewestRowOfAKeyStays) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(R"("keys": [0])", {.batch_rows_max = batch_rows});
    harness.Rows(
        R"([["+I", "a", 1], ["+U", "a", 2], ["+I", "b", 1], ["-D", "b", 1], ["+U", "a", 3], ["+I", "c", 1]])");
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), ElementsAre("W(max)", "+I[a, 3]", "+I[c, 1]"));
  }
}

TEST(MaterializeFinalTest, WithKeysAnOldRowWithoutANewOneIsGone) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(R"("keys": [0])", {.batch_rows_max = batch_rows});
    harness.Rows(
        R"([["+I", "a", 1], ["+I", "b", 1], ["-U", "a", 1], ["+U", "a", 2], ["-U", "b", 1]])");
    harness.Restart();
    harness.Rows(R"([["-U", "a", 2], ["+U", "c", 1]])");
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), ElementsAre("W(max)", "+I[c, 1]"));
  }
}

TEST(MaterializeFinalTest, AnEmptyKeyIsOneRow) {
  auto harness = Open(R"("keys": [])");
  harness.Rows(R"([["+I", "a", 1], ["+U", "a", 2]])");
  harness.Restart();
  harness.Rows(R"([["+U", "b", 3]])");
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), ElementsAre("W(max)", "+I[b, 3]"));
}

TEST(MaterializeFinalTest, ManyUpdatesOfOneRowDoNotPileUp) {
  auto harness = Open("");
  harness.Rows(R"([["+I", "keep", 7], ["+I", "k", 0]])");
  int64_t bytes_max = 0;
  for (int round = 0; round < 40; ++round) {
    std::string rows = "[";
    for (int i = 0; i < 2000; ++i) {
      const int v = round * 2000 + i;
      rows += (i > 0 ? "," : "") + (R"(["-U","k",)" + std::to_string(v) + R"(],["+U","k",)" +
                                    std::to_string(v + 1) + "]");
    }
    harness.Rows(rows + "]");
    bytes_max = std::max(bytes_max, harness.metrics().state_bytes.value());
  }
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), ElementsAre("W(max)", "+I[keep, 7]", "+I[k, 80000]"));
  // 80,000 rows went through: twice the bound of dead rows is far less.
  EXPECT_LT(bytes_max, 3'000'000);
}

TEST(MaterializeFinalTest, ComesInOrderIfItIsAskedTo) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(
        R"({"op": "materialize_final",
            "config": {"orderBy": [{"column": 1, "descending": true, "nullsFirst": false}]},
            "schema": )" +
            test::SchemaJson({"k STRING", "v INT"}) + "}",
        {test::MakeSchema({"k STRING", "v INT"})}, {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1], ["b", 7], ["c", null], ["d", 7], ["x", 9], ["-D", "x", 9]])");
    harness.Restart();
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(),
                ElementsAre("W(max)", "+I[b, 7]", "+I[d, 7]", "+I[a, 1]", "+I[c, NULL]"));
  }
}

// A checkpoint may find that this subtask has come to its end while the operator behind it, which
// keeps the rows, has not.
TEST(MaterializeFinalTest, RestoredAtItsEndItGivesItsRowsAgainUnlessToldNotTo) {
  for (const bool once : {false, true}) {
    for (const char* keys : {"", R"("keys": [0], )"}) {
      auto harness = Open(keys + std::string(R"("once": )") + (once ? "true" : "false"));
      harness.Rows(R"([["+I", "a", 1], ["+I", "b", 7]])");
      harness.EndOfInput();
      EXPECT_THAT(harness.Take(), ElementsAre("W(max)", "+I[a, 1]", "+I[b, 7]"));
      harness.Restart();
      harness.EndOfInput();
      const auto again = harness.Take();
      if (once) {
        EXPECT_THAT(again, ElementsAre("W(max)"));
      } else {
        EXPECT_THAT(again, ElementsAre("W(max)", "+I[a, 1]", "+I[b, 7]"));
      }
    }
  }
}

TEST(MaterializeFinalTest, ItsStateIsTheRowsThatAreLeft) {
  test::Harness harness(R"({"op": "materialize_final", "config": {"keys": [0]}, "schema": )" +
                            test::SchemaJson({"k STRING", "v INT"}) + "}",
                        {test::MakeSchema({"k STRING", "v INT"})});
  harness.Rows(R"([["a", 1], ["b", 7], ["a", 2], ["-D", "b", 7]])");
  harness.Restart();
  EXPECT_THAT(harness.State(), ElementsAre("+I[a, 2]"));
}

}  // namespace
}  // namespace sabot
