// temporal_join: the version of a row's time, rows that wait, versions that end or come late, what
// is forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Left [key, time, amount], right [key, time, rate].
test::Harness OpenTemporal(const std::string& type = "inner", const std::string& condition = "",
                           test::HarnessOptions options = {}) {
  return test::Harness(
      R"({"op": "temporal_join", "config": {"joinType": ")" + type +
          R"(", "leftKeys": [0], "rightKeys": [0], "leftTime": 1, "rightTime": 1)" + condition +
          R"(}, "schema": )" +
          test::SchemaJson({"k STRING", "t TIMESTAMP(3)", "amount INT", "k0 STRING",
                            "t0 TIMESTAMP(3)", "rate INT"}) +
          "}",
      {test::MakeSchema({"k STRING", "t TIMESTAMP(3)", "amount INT"}),
       test::MakeSchema({"k STRING", "t TIMESTAMP(3)", "rate INT"})},
      options);
}

// "1970-01-01 00:00:00.007"
std::string At(int millis) {
  const std::string digits = std::to_string(millis);
  return "1970-01-01 00:00:00." + std::string(3 - digits.size(), '0') + digits;
}
std::string Pair(const std::string& kind, const std::string& key, int time, int amount,
                 const std::string& version) {
  return kind + "[" + key + ", " + At(time) + ", " + std::to_string(amount) + ", " + version + "]";
}
std::string Version(const std::string& key, int time, int rate) {
  return key + ", " + At(time) + ", " + std::to_string(rate);
}
constexpr const char* kNone = "NULL, NULL, NULL";

TEST(TemporalJoinTest, FindsTheLastVersionAtTheRowsTime) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["a", 7, 1], ["a", 5, 2], ["a", 4, 3], ["b", 7, 4]])", 0);
  harness.Rows(R"([["a", 5, 50], ["a", 9, 90], ["a", 2, 20], ["c", 1, 10]])", 1);
  EXPECT_THAT(harness.Take(), IsEmpty());
  harness.AdvanceWatermark(9);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 7, 1, Version("a", 5, 50)),
                                          Pair("+I", "a", 5, 2, Version("a", 5, 50)),
                                          Pair("+I", "a", 4, 3, Version("a", 2, 20)), "W(8)"));
}

TEST(TemporalJoinTest, ARowWaitsForItsTimeAcrossARestart) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["a", 7, 1], ["a", 20, 2], ["b", 8, 3]])", 0);
  harness.Rows(R"([["a", 1, 10], ["b", 1, 11]])", 1);
  harness.AdvanceWatermark(7);
  EXPECT_THAT(harness.Take(), ElementsAre("W(6)"));
  harness.Restart(2);
  harness.Rows(R"([["a", 7, 70]])", 1);
  harness.AdvanceWatermark(11);
  EXPECT_THAT(harness.Take(),
              UnorderedElementsAre(Pair("+I", "a", 7, 1, Version("a", 7, 70)),
                                   Pair("+I", "b", 8, 3, Version("b", 1, 11)), "W(10)"));
  harness.Restart(1);
  harness.AdvanceWatermark(21);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 20, 2, Version("a", 7, 70)), "W(20)"));
}

// A source that says "time is 5" after its first row of 5 has more of them.
TEST(TemporalJoinTest, ARowOfTheWatermarksOwnTimeStillWaits) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["a", 5, 1]])", 0);
  harness.Rows(R"([["a", 1, 10]])", 1);
  harness.AdvanceWatermark(5);
  EXPECT_THAT(harness.Take(), ElementsAre("W(4)"));
  harness.Rows(R"([["a", 5, 50]])", 1);
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), Contains(Pair("+I", "a", 5, 1, Version("a", 5, 50))));
}

TEST(TemporalJoinTest, OfVersionsOfOneTimeTheLastCounts) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["a", 5, 1]])", 0);
  harness.Rows(R"([["a", 5, 50], ["a", 5, 51]])", 1);
  harness.Rows(R"([["a", 5, 52]])", 1);
  harness.AdvanceWatermark(6);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 5, 1, Version("a", 5, 52)), "W(5)"));
}

TEST(TemporalJoinTest, ALeftJoinKeepsRowsWithoutAVersion) {
  auto harness = OpenTemporal("left");
  harness.Rows(R"([["a", 1, 1], ["b", 5, 2], ["a", 5, 3]])", 0);
  harness.Rows(R"([["a", 2, 20]])", 1);
  harness.AdvanceWatermark(10);
  EXPECT_THAT(harness.Take(),
              UnorderedElementsAre(Pair("+I", "a", 1, 1, kNone), Pair("+I", "b", 5, 2, kNone),
                                   Pair("+I", "a", 5, 3, Version("a", 2, 20)), "W(9)"));
}

TEST(TemporalJoinTest, ADeletionEndsAVersion) {
  auto harness = OpenTemporal("left");
  harness.Rows(R"([["a", 3, 1], ["a", 6, 2], ["a", 9, 3]])", 0);
  harness.Rows(R"([["+I", "a", 2, 20], ["-D", "a", 5, 20], ["+I", "a", 8, 80]])", 1);
  harness.AdvanceWatermark(6);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 3, 1, Version("a", 2, 20)), "W(5)"));
  harness.Restart(2);
  harness.Rows(R"([["+U", "a", 4, 40]])", 1);  // Late, and before the deletion.
  harness.AdvanceWatermark(10);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 6, 2, kNone),
                                          Pair("+I", "a", 9, 3, Version("a", 8, 80)), "W(9)"));
}

TEST(TemporalJoinTest, AnUpdateEndsAVersionWhereTheNewOneBegins) {
  for (const bool takes_old_rows : {false, true}) {
    auto harness = OpenTemporal("left", takes_old_rows ? R"(, "rightUpdateBefore": true)" : "");
    harness.Rows(R"([["a", 3, 1], ["a", 6, 2]])", 0);
    harness.Rows(R"([["+I", "a", 2, 20], ["-U", "a", 2, 20], ["+U", "a", 5, 50]])", 1);
    harness.AdvanceWatermark(10);
    // Of a filtered view Flink takes the old row for the end of its version.
    EXPECT_THAT(harness.Take(),
                ElementsAre(Pair("+I", "a", 3, 1, takes_old_rows ? kNone : Version("a", 2, 20)),
                            Pair("+I", "a", 6, 2, Version("a", 5, 50)), "W(9)"));
  }
}

TEST(TemporalJoinTest, TheLeftRowsChangesGoOn) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["+I", "a", 3, 1], ["-U", "a", 3, 1], ["+U", "a", 4, 2], ["-D", "a", 4, 2]])",
               0);
  harness.Rows(R"([["a", 1, 10]])", 1);
  harness.Restart(1);
  harness.AdvanceWatermark(10);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 3, 1, Version("a", 1, 10)),
                                          Pair("-U", "a", 3, 1, Version("a", 1, 10)),
                                          Pair("+U", "a", 4, 2, Version("a", 1, 10)),
                                          Pair("-D", "a", 4, 2, Version("a", 1, 10)), "W(9)"));
}

TEST(TemporalJoinTest, NullIsAKeyAsAnyOther) {
  auto harness = OpenTemporal("left");
  harness.Rows(R"([[null, 3, 1], [null, 1, 2]])", 0);
  harness.Rows(R"([[null, 2, 20]])", 1);
  harness.AdvanceWatermark(10);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "NULL", 3, 1, Version("NULL", 2, 20)),
                                          Pair("+I", "NULL", 1, 2, kNone), "W(9)"));
}

constexpr const char* kRateAbove = R"(, "condition": {"call": "greater_than", "args": [
    {"column": 5, "type": {"kind": "INTEGER"}}, {"column": 2, "type": {"kind": "INTEGER"}}],
    "type": {"kind": "BOOLEAN"}})";

TEST(TemporalJoinTest, AConditionJudgesTheVersionThatWasFound) {
  for (const std::string type : {"inner", "left"}) {
    auto harness = OpenTemporal(type, kRateAbove);
    harness.Rows(R"([["a", 7, 1], ["a", 8, 6], ["a", 0, 1], ["a", 9, 4]])", 0);
    harness.Rows(R"([["a", 1, 9], ["a", 5, 5]])", 1);
    harness.AdvanceWatermark(10);
    const auto lines = harness.Take();
    if (type == "inner") {
      EXPECT_THAT(lines, ElementsAre(Pair("+I", "a", 7, 1, Version("a", 5, 5)),
                                     Pair("+I", "a", 9, 4, Version("a", 5, 5)), "W(9)"));
    } else {
      EXPECT_THAT(lines, ElementsAre(Pair("+I", "a", 7, 1, Version("a", 5, 5)),
                                     Pair("+I", "a", 8, 6, kNone), Pair("+I", "a", 0, 1, kNone),
                                     Pair("+I", "a", 9, 4, Version("a", 5, 5)), "W(9)"));
    }
  }
}

TEST(TemporalJoinTest, VersionsThatNoRowToComeCanMeetAreDropped) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["a", 1, 10], ["a", 2, 20], ["a", 3, 30], ["b", 2, 21]])", 1);
  harness.Rows(R"([["a", 9, 1]])", 0);
  harness.AdvanceWatermark(3);
  EXPECT_THAT(harness.State(),
              UnorderedElementsAre("+I[left, a, " + At(9) + ", 1, NULL, NULL, NULL]",
                                   "+I[right, NULL, NULL, NULL, a, " + At(2) + ", 20]",
                                   "+I[right, NULL, NULL, NULL, a, " + At(3) + ", 30]",
                                   "+I[right, NULL, NULL, NULL, b, " + At(2) + ", 21]"));
  EXPECT_THAT(harness.State({"k STRING"}, R"([["b"]])"),
              ElementsAre("+I[right, NULL, NULL, NULL, b, " + At(2) + ", 21]"));
  harness.Take();
  harness.Restart(2);
  harness.AdvanceWatermark(101);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 9, 1, Version("a", 3, 30)), "W(100)"));
  EXPECT_THAT(harness.State(),
              UnorderedElementsAre("+I[right, NULL, NULL, NULL, a, " + At(3) + ", 30]",
                                   "+I[right, NULL, NULL, NULL, b, " + At(2) + ", 21]"));
}

// As Flink: the next watermark serves it with what versions are left.
TEST(TemporalJoinTest, ALateRowIsServedByTheNextWatermark) {
  auto harness = OpenTemporal("left");
  harness.Rows(R"([["a", 1, 10], ["a", 4, 40]])", 1);
  harness.AdvanceWatermark(6);
  harness.Take();
  harness.Rows(R"([["a", 4, 1], ["a", 3, 2]])", 0);
  EXPECT_THAT(harness.Take(), IsEmpty());
  harness.AdvanceWatermark(7);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 4, 1, Version("a", 4, 40)),
                                          Pair("+I", "a", 3, 2, kNone), "W(6)"));
}

TEST(TemporalJoinTest, ALateVersionServesRowsThatWait) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["a", 1, 10]])", 1);
  harness.AdvanceWatermark(6);
  harness.Rows(R"([["a", 7, 1]])", 0);
  harness.Rows(R"([["a", 3, 30]])", 1);
  harness.AdvanceWatermark(9);
  EXPECT_THAT(harness.Take(),
              ElementsAre("W(5)", Pair("+I", "a", 7, 1, Version("a", 3, 30)), "W(8)"));
}

TEST(TemporalJoinTest, AKeyWithNothingLeftTakesNoState) {
  auto harness = OpenTemporal();
  harness.Rows(R"([["a", 1, 1], ["b", 2, 1]])", 0);
  harness.AdvanceWatermark(6);
  EXPECT_THAT(harness.State(), IsEmpty());
}

TEST(TemporalJoinTest, ALargeFiringYieldsBetweenPieces) {
  auto harness = OpenTemporal("left", "", {.no_room = true});
  constexpr int kRows = 20'000;
  std::string left = "[";
  std::string right = "[";
  for (int i = 0; i < kRows; ++i) {
    const std::string comma = i == 0 ? "" : ", ";
    // One key has half of the rows.
    const std::string key = i % 2 == 0 ? "all" : std::to_string(i);
    left += comma + "[\"" + key + "\", " + std::to_string(i) + ", 1]";
    right += comma + "[\"" + key + "\", " + std::to_string(i / 2) + ", " + std::to_string(i) + "]";
  }
  harness.Rows(left + "]", 0);
  harness.Rows(right + "]", 1);
  harness.AdvanceWatermark(kRows + 1);
  const auto batches = harness.TakeBatches();
  int64_t num_rows = 0;
  for (const Batch& batch : batches) {
    EXPECT_LE(batch.num_rows(), 8192);
    EXPECT_EQ(batch.column(3)->null_count(), 0);
    num_rows += batch.num_rows();
  }
  EXPECT_EQ(num_rows, kRows);
}

TEST(TemporalJoinTest, AnIdleKeyIsForgottenAfterItsTtl) {
  test::HarnessOptions options;
  options.plan.state_ttl_ms = 1000;
  auto harness = OpenTemporal("left", "", options);
  harness.Rows(R"([["a", 1, 10], ["b", 1, 11]])", 1);
  harness.Rows(R"([["a", 50, 1]])", 0);
  harness.AdvanceProcessingTime(600);
  harness.Rows(R"([["b", 51, 2]])", 0);
  harness.Restart(2);
  harness.AdvanceProcessingTime(600);
  harness.AdvanceWatermark(61);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "b", 51, 2, Version("b", 1, 11)), "W(60)"));
  harness.Rows(R"([["a", 61, 3]])", 0);
  harness.AdvanceWatermark(71);
  EXPECT_THAT(harness.Take(), ElementsAre(Pair("+I", "a", 61, 3, kNone), "W(70)"));
}

TEST(TemporalJoinTest, ARowWithoutATimeIsAnError) {
  auto harness = OpenTemporal();
  const arrow::Status failed = harness.TryRows(R"([["a", null, 1]])", 0);
  EXPECT_THAT(failed.message(), ::testing::HasSubstr("'t' is NULL"));
}

}  // namespace
}  // namespace sabot
