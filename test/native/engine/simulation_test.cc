// Whole graphs under the simulated scheduler: every order of tasks gives the same rows, and a graph
// restored from a barrier, at another parallelism, goes on as if nothing had happened. A failing
// seed is printed and replays exactly. SABOT_SIMULATION_SEEDS tries more of them.
#include "engine/simulation.h"

#include <gmock/gmock.h>

namespace sabot::test {
namespace {

const std::vector<std::string> kWindowSchema = {"k STRING", "n BIGINT NOT NULL", "s BIGINT",
                                                "d BIGINT NOT NULL", "window_end TIMESTAMP(3)"};

std::string WindowConfig(const std::string& window) {
  return R"("keys":[0],"window":)" + window + R"(,"output":["window_end"],"aggregates":[
    {"function":"count","args":[],"type":{"kind":"BIGINT","nullable":false}},
    {"function":"sum","args":[1],"argTypes":[{"kind":"BIGINT"}],"type":{"kind":"BIGINT"}},
    {"function":"count","args":[1],"distinct":true,"argTypes":[{"kind":"BIGINT"}],"type":{"kind":"BIGINT","nullable":false}}])";
}

// file -> watermark -> [by k] windows -> one result sink.
std::string Windows(const std::string& op, const std::string& window, PlanText::Options options) {
  PlanText plan(options);
  const int time = plan.Time(plan.File("/left"));
  plan.Sink(plan.Add(op, Hash(time, "0"), kWindowSchema, WindowConfig(window)), kWindowSchema);
  return plan.text();
}

std::string Tumble(PlanText::Options options) {
  return Windows("window_aggregate", R"({"kind":"tumble","time":2,"sizeMs":10000})", options);
}
std::string Hop(PlanText::Options options) {
  return Windows("window_aggregate", R"({"kind":"hop","time":2,"sizeMs":12000,"slideMs":4000})",
                 options);
}
std::string Cumulate(PlanText::Options options) {
  return Windows("window_aggregate",
                 R"({"kind":"cumulate","time":2,"sizeMs":30000,"stepMs":10000})", options);
}
std::string Session(PlanText::Options options) {
  return Windows("session_window", R"({"kind":"session","time":2,"gapMs":3000})", options);
}

// Two files, each with its time, into one operator.
std::string Pairs(const std::string& op, const std::string& config, PlanText::Options options) {
  const std::vector<std::string> schema = {"k STRING",  "v BIGINT",  "t TIMESTAMP(3)",
                                           "k0 STRING", "v0 BIGINT", "t0 TIMESTAMP(3)"};
  PlanText plan(options);
  const int left = plan.Time(plan.File("/left"));
  const int right = plan.Time(plan.File("/right"));
  plan.Sink(plan.Add(op, Hash(left, "0") + "," + Hash(right, "0"), schema,
                     R"("joinType":"inner","leftKeys":[0],"rightKeys":[0])" + config),
            schema);
  return plan.text();
}

std::string Join(PlanText::Options options) { return Pairs("join", "", options); }
std::string IntervalJoin(PlanText::Options options) {
  return Pairs("interval_join", R"(,"leftTime":2,"rightTime":2,"lowerMs":-2000,"upperMs":5000)",
               options);
}
// Which of several versions of one time came last is a matter of order: their values are left out.
std::string TemporalJoin(PlanText::Options options) {
  const std::vector<std::string> pairs = {"k STRING",  "v BIGINT",  "t TIMESTAMP(3)",
                                          "k0 STRING", "v0 BIGINT", "t0 TIMESTAMP(3)"};
  const std::vector<std::string> schema = {"k STRING", "v BIGINT", "t TIMESTAMP(3)",
                                           "t0 TIMESTAMP(3)"};
  PlanText plan(options);
  const int left = plan.Time(plan.File("/left"));
  const int right = plan.Time(plan.File("/right"));
  const int join =
      plan.Add("temporal_join", Hash(left, "0") + "," + Hash(right, "0"), pairs,
               R"("joinType":"left","leftKeys":[0],"rightKeys":[0],"leftTime":2,"rightTime":2)");
  plan.Sink(plan.Add("project", Forward(join), schema,
                     R"("expressions":[{"column":0,"type":{"kind":"VARCHAR"}},
                        {"column":1,"type":{"kind":"BIGINT"}},
                        {"column":2,"type":{"kind":"TIMESTAMP","precision":3}},
                        {"column":5,"type":{"kind":"TIMESTAMP","precision":3}}])"),
            schema);
  return plan.text();
}

std::string WindowJoin(PlanText::Options options) {
  std::vector<std::string> windowed = kRowSchema;
  for (const char* column : {"window_start", "window_end", "window_time"})
    windowed.push_back(std::string(column) + " TIMESTAMP(3)");
  std::vector<std::string> pairs = windowed;
  for (const std::string& column : windowed) pairs.push_back("r" + column);
  PlanText plan(options);
  const auto side = [&](const std::string& path) {
    return plan.Add("window_table", Forward(plan.Time(plan.File(path))), windowed,
                    R"("window":{"kind":"tumble","time":2,"sizeMs":5000})");
  };
  const int left = side("/left");
  const int right = side("/right");
  plan.Sink(plan.Add("window_join", Hash(left, "0") + "," + Hash(right, "0"), pairs,
                     R"("joinType":"inner","leftKeys":[0],"rightKeys":[0],"leftWindowStart":3,
                        "leftWindowEnd":4,"rightWindowStart":3,"rightWindowEnd":4)"),
            pairs);
  return plan.text();
}

// A union of two sources with windows behind it: its time is the lesser one's.
std::string Union(PlanText::Options options) {
  PlanText plan(options);
  const int left = plan.Time(plan.File("/left"));
  const int right = plan.Time(plan.File("/right"));
  const int both = plan.Add("union", Forward(left) + "," + Forward(right), kRowSchema, "");
  plan.Sink(plan.Add("window_aggregate", Hash(both, "0"), kWindowSchema,
                     WindowConfig(R"({"kind":"tumble","time":2,"sizeMs":10000})")),
            kWindowSchema);
  return plan.text();
}

struct Shape {
  const char* name;
  std::string (*plan)(PlanText::Options);
};

class SimulationTest : public testing::TestWithParam<Shape> {
 protected:
  SimulationTest() {
    files_.Write("/left", Rows(400, 7));
    files_.Write("/right", Rows(150, 8));
  }
  // A plan of random parallelism and batch size.
  static std::string Plan(std::mt19937_64& random) {
    PlanText::Options options;
    options.parallelism = 1 + static_cast<int>(random() % 4);
    options.batch_rows = 1 + static_cast<int64_t>(random() % 40);
    options.interval_ms = random() % 2 == 0 ? 0 : 200;
    return GetParam().plan(options);
  }
  MemoryFileSystem files_;
};

TEST_P(SimulationTest, EveryOrderAndEveryRestartGivesTheSameRows) {
  const SimulatedRun reference = Simulate(GetParam().plan({}), {.files = &files_});
  ASSERT_TRUE(reference.status.ok()) << reference.status.ToString();
  ASSERT_GT(reference.lines.size(), 20u);
  std::vector<std::string> expected = reference.lines;
  std::sort(expected.begin(), expected.end());
  const uint64_t num_seeds = NumSeeds(120);
  uint64_t num_restored = 0;
  for (uint64_t seed = 1; seed <= num_seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    files_.SetOnDisk(random() % 2 == 0);
    const SimulatedRun first = Simulate(
        Plan(random), {.seed = seed, .files = &files_, .barrier_step = 1 + random() % 150});
    ASSERT_TRUE(first.status.ok()) << first.status.ToString();
    ASSERT_EQ(Difference(first.lines, expected), "");
    if (first.snapshot == nullptr) continue;
    ++num_restored;
    const SimulatedRun second =
        Simulate(Plan(random), {.seed = seed, .files = &files_, .from = first.snapshot.get()});
    ASSERT_TRUE(second.status.ok()) << second.status.ToString();
    std::vector<std::string> all(
        first.lines.begin(),
        first.lines.begin() + static_cast<ptrdiff_t>(first.lines_before_barrier));
    all.insert(all.end(), second.lines.begin(), second.lines.end());
    ASSERT_EQ(Difference(all, expected), "");
  }
  // Otherwise the test would prove little.
  EXPECT_GT(num_restored, num_seeds / 3);
}

TEST_P(SimulationTest, OneSeedGivesTheSameBytesTwice) {
  size_t num_different = 0;
  std::string before;
  for (uint64_t seed = 1; seed <= NumSeeds(10); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    files_.SetOnDisk(seed % 2 == 0);
    const std::string plan = GetParam().plan({.parallelism = 3, .batch_rows = 5});
    const SimulatedRun first = Simulate(plan, {.seed = seed, .files = &files_});
    const SimulatedRun again = Simulate(plan, {.seed = seed, .files = &files_});
    ASSERT_EQ(first.trace, again.trace);
    num_different += first.trace != before ? 1 : 0;
    before = first.trace;
  }
  EXPECT_GT(num_different, 1u);  // Seeds do decide.
}

TEST_P(SimulationTest, CanBeCancelledAtAnyStep) {
  for (uint64_t step = 1; step < 60; ++step) {
    const SimulatedRun run = Simulate(GetParam().plan({.parallelism = 2, .batch_rows = 5}),
                                      {.seed = step, .files = &files_, .cancel_step = step});
    EXPECT_TRUE(run.status.IsCancelled()) << run.status;
  }
}

INSTANTIATE_TEST_SUITE_P(Plans, SimulationTest,
                         testing::Values(Shape{"Tumble", Tumble}, Shape{"Hop", Hop},
                                         Shape{"Cumulate", Cumulate}, Shape{"Session", Session},
                                         Shape{"Join", Join}, Shape{"IntervalJoin", IntervalJoin},
                                         Shape{"TemporalJoin", TemporalJoin},
                                         Shape{"WindowJoin", WindowJoin}, Shape{"Union", Union}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(GraphSnapshotTest, StateThatNoOperatorClaimsIsAnError) {
  MemoryFileSystem files;
  files.Write("/left", Rows(100, 7));
  const std::string text = Tumble({.batch_rows = 7});
  const SimulatedRun first = Simulate(text, {.seed = 3, .files = &files, .barrier_step = 10});
  ASSERT_NE(first.snapshot, nullptr);
  std::string renamed = text;
  const std::string uid = "\"uid\":\"window_aggregate3\"";
  renamed.replace(renamed.find(uid), uid.size(), "\"uid\":\"other!\"");
  const SimulatedRun second =
      Simulate(renamed, {.seed = 3, .files = &files, .from = first.snapshot.get()});
  EXPECT_THAT(second.status.message(), testing::HasSubstr("no state of operator other!"));
}

}  // namespace
}  // namespace sabot::test
