// Runs a plan under the simulated scheduler: files in memory, an executor whose work is done when
// the seed says so, small channels. Equal seeds give equal runs, byte for byte.
//
//   SimulatedRun run = Simulate(plan, {.seed = 7, .barrier_step = 40});
//   run.lines      what the result sink delivered
//   run.snapshot   the state at the barrier, to go on from: {.from = run.snapshot.get()}
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "engine/graph.h"
#include "engine/graph_snapshot.h"
#include "engine/scheduler.h"
#include "engine/watermark_monitor.h"
#include "plan/plan.h"

namespace sabot::test {

struct SimulateOptions {
  uint64_t seed = 0;
  MemoryFileSystem* files = nullptr;
  uint64_t barrier_step = 0;  // A barrier enters all sources at that step; 0: none.
  const GraphSnapshot* from = nullptr;
  uint64_t cancel_step = 0;                           // 0: it runs to its end.
  std::function<void(const Graph&)> watch = nullptr;  // Called between two steps.
};

struct SimulatedRun {
  arrow::Status status;
  std::vector<std::string> lines;  // Of the channel "result".
  std::vector<std::string> other;  // Of all other channels.
  std::vector<std::string> warnings;
  std::string trace;  // Everything that was delivered, with the virtual time, in order.
  std::shared_ptr<GraphSnapshot> snapshot;  // If every operator took part in the barrier.
  size_t lines_before_barrier = 0;
  size_t other_before_barrier = 0;
  int64_t late_rows = 0;
  int64_t ended_ms = 0;  // Virtual time.
};

SimulatedRun Simulate(const std::string& plan, const SimulateOptions& options);

// "-" what is missing, "+" what is too much; empty if both hold the same rows. `expected` is
// sorted.
std::string Difference(std::vector<std::string> actual, const std::vector<std::string>& expected);

// How many seeds to try: SABOT_SIMULATION_SEEDS, or the given number.
uint64_t NumSeeds(uint64_t usual);

// Rows {"k", "v", "t"} with t up to 3 s out of order, v counting from 0.
std::string Rows(int num_rows, unsigned seed);

// A plan's text, node by node.
//
//   PlanText plan({.parallelism = 2, .batch_rows = 7});
//   const int file = plan.File("/in");  ...  plan.Sink(window);
class PlanText {
 public:
  struct Options {
    int parallelism = 1;
    int64_t batch_rows = 1'000;
    int64_t interval_ms = 200;
  };
  explicit PlanText(Options options) : options_(options) {}

  // file_source of Rows, in stripes of 1 KiB.
  int File(const std::string& path);
  // Time is `t` - 4 s, which makes no row of Rows late; `more` is further config.
  int Time(int input, const std::string& more = "", int delay_ms = 4'000);
  // An operator; `inputs` as JSON, `schema` as {"k VARCHAR"}.
  int Add(const std::string& op, const std::string& inputs, const std::vector<std::string>& schema,
          const std::string& config, int parallelism = 0);
  int Sink(int input, const std::vector<std::string>& schema);
  std::string text() const;

 private:
  Options options_;
  std::vector<std::string> nodes_;
};

std::string Forward(int node);
std::string Hash(int node, const std::string& keys);

// What Rows have.
inline const std::vector<std::string> kRowSchema = {"k STRING", "v BIGINT", "t TIMESTAMP(3)"};

}  // namespace sabot::test
