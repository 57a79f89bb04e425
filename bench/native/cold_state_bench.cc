// group_aggregate whose state is four times as large as its memory, beside the same in memory:
// COUNT(*), SUM(v), MAX(t) by k, where a group's values take 100 bytes and keys follow Zipf's law.
//
//   SABOT_COLD_KEYS=5000000 (default)     InMemory, OnRocksdb: rows a second
//   SABOT_COLD_WARM=300 (default)         batches before it is measured
//   SABOT_COLD_PART=4 (default)           so many times as large is state
//   SABOT_COLD_BARRIERS=20 (default)      batches from one barrier to the next, which reads none of
//                                         it: room_ms, the longest that making room took for a
//                                         batch, and of them 99 in 100; after_ms, a batch behind a
//                                         barrier, barrier_ms, the barrier itself
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "blackhole.h"
#include "engine/catalogue.h"
#include "state/cold_backends.h"
#include "state/state_tiers.h"

namespace sabot {
namespace {

using nlohmann::json;

constexpr int64_t kRows = 16'384;
constexpr size_t kTextBytes = 84;  // With a count and a sum: 100.
// Of a group in memory: header, cells, place in the index, text in the arena.
constexpr int64_t kGroupBytes = 32 + 40 + 16 + 96;

int64_t Asked(const char* name, int64_t otherwise) {
  const char* const asked = std::getenv(name);
  return asked != nullptr ? std::atoll(asked) : otherwise;
}

int64_t NumKeys() { return Asked("SABOT_COLD_KEYS", 5'000'000); }

// Neighbours in rank are none by key.
int64_t KeyOf(int64_t rank) {
  return static_cast<int64_t>((static_cast<uint64_t>(rank) * 0x2545F4914F6CDD1Dull) >> 1);
}

PlanNode Groups() {
  const auto type_of = [](const char* kind) { return json{{"kind", kind}}; };
  const auto call = [&](const char* function, std::vector<int> args, const char* type) {
    json types = json::array();
    if (!args.empty()) types.push_back(type_of(type));
    return json{
        {"function", function}, {"args", args}, {"argTypes", types}, {"type", type_of(type)}};
  };
  PlanNode node;
  node.op = "group_aggregate";
  node.config = std::make_shared<const json>(json{
      {"keys", {0}},
      {"emitUpdateBefore", false},
      {"aggregates",
       {call("count", {}, "BIGINT"), call("sum", {1}, "BIGINT"), call("max", {2}, "VARCHAR")}}});
  Type bigint, text;
  bigint.kind = TypeKind::kBigint;
  text.kind = TypeKind::kVarchar;
  node.input_schemas = {{{"k", bigint}, {"v", bigint}, {"t", text}}};
  node.schema = {{"k", bigint}, {"n", bigint}, {"s", bigint}, {"m", text}};
  return node;
}

class Work {
 public:
  Work(MemoryBudget::Shares shares, ColdBackend* backend, FileSystem* files, std::string folder)
      : budget_(shares, [] { return int64_t{0}; }),
        tiers_(TiersOptions{
            .budget = &budget_, .backend = backend, .files = files, .folder = std::move(folder)}) {
    context_.clock = &SystemClock();
    context_.metrics = &metrics_;
    context_.tiers = &tiers_;
    groups_ = FindOperator("group_aggregate")->make(Groups(), context_).ValueOrDie();
  }

  arrow::Status Fill() {
    for (int64_t from = 0; from < NumKeys(); from += kRows)
      ARROW_RETURN_NOT_OK(Process(MakeBatch([from](int64_t row) { return from + row; })));
    for (int64_t i = Asked("SABOT_COLD_WARM", 300); i > 0; --i)
      ARROW_RETURN_NOT_OK(Process(ZipfBatch()));
    return arrow::Status::OK();
  }

  // Rank r comes about 1 / (r ln n) of the times.
  Batch ZipfBatch() {
    std::uniform_real_distribution<double> uniform(0, std::log(static_cast<double>(NumKeys())));
    return MakeBatch([&](int64_t) { return static_cast<int64_t>(std::exp(uniform(random_))) - 1; });
  }

  arrow::Status Process(const Batch& batch) {
    ARROW_ASSIGN_OR_RAISE(const Progress progress, groups_->Process(0, batch, out_));
    SABOT_CHECK(progress == Progress::kDone);
    const int64_t begin = SystemClock().MonotonicNanos();
    const arrow::Status status = tiers_.MakeRoom();
    room_ms_.push_back(static_cast<double>(SystemClock().MonotonicNanos() - begin) / 1e6);
    return status;
  }

  // What it freezes is given up with the next one.
  arrow::Status Barrier() {
    snapshot_.emplace();
    return groups_->Snapshot(*snapshot_);
  }
  // Of each batch since the last call, ascending.
  std::vector<double> TakeRoomMillis() {
    std::sort(room_ms_.begin(), room_ms_.end());
    return std::exchange(room_ms_, {});
  }
  int64_t spilled_bytes() const { return tiers_.spilled_bytes(); }

 private:
  template <typename RankOf>
  Batch MakeBatch(const RankOf& rank_of) {
    arrow::Int64Builder keys, values;
    arrow::StringBuilder texts;
    std::string text(kTextBytes, 'x');
    for (int64_t row = 0; row < kRows; ++row) {
      SABOT_CHECK(keys.Append(KeyOf(rank_of(row))).ok() && values.Append(row).ok());
      text[random_() % kTextBytes] = static_cast<char>('a' + random_() % 26);
      SABOT_CHECK(texts.Append(text).ok());
    }
    Batch batch;
    batch.rows = arrow::RecordBatch::Make(
        arrow::schema({arrow::field("k", arrow::int64()), arrow::field("v", arrow::int64()),
                       arrow::field("t", arrow::utf8())}),
        kRows, {*keys.Finish(), *values.Finish(), *texts.Finish()});
    return batch;
  }

  MemoryBudget budget_;
  StateTiers tiers_;
  OperatorMetrics metrics_;
  OperatorContext context_;
  Blackhole out_;
  std::mt19937_64 random_{1};
  std::unique_ptr<Operator> groups_;
  std::optional<SnapshotWriter> snapshot_;
  std::vector<double> room_ms_;
};

double Since(int64_t begin) {
  return static_cast<double>(SystemClock().MonotonicNanos() - begin) / 1e6;
}

void Run(benchmark::State& state, Work& work) {
  SABOT_CHECK(work.Fill().ok());
  const int64_t spilled = work.spilled_bytes();
  const int64_t barriers = Asked("SABOT_COLD_BARRIERS", 20);
  const std::vector<double> filling = work.TakeRoomMillis();
  double barrier_ms = 0;
  double after_ms = 0;
  double batch_ms = 0;
  int64_t num_batches = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const Batch batch = work.ZipfBatch();
    const bool is_behind = ++num_batches % barriers == 0;
    if (is_behind) {
      const int64_t begin = SystemClock().MonotonicNanos();
      SABOT_CHECK(work.Barrier().ok());
      barrier_ms = std::max(barrier_ms, Since(begin));
    }
    state.ResumeTiming();
    const int64_t begin = SystemClock().MonotonicNanos();
    const arrow::Status status = work.Process(batch);
    if (!status.ok()) return state.SkipWithError(status.ToString().c_str());
    double& longest = is_behind ? after_ms : batch_ms;
    longest = std::max(longest, Since(begin));
  }
  const std::vector<double> room = work.TakeRoomMillis();
  state.counters["room_ms_filling"] = filling.back();
  state.counters["room_ms"] = room.back();
  state.counters["room_ms_p99"] = room[room.size() * 99 / 100];
  state.counters["barrier_ms"] = barrier_ms;
  state.counters["batch_ms"] = batch_ms;
  state.counters["after_ms"] = after_ms;
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["spilled_bytes_a_row"] = static_cast<double>(work.spilled_bytes() - spilled) /
                                          static_cast<double>(state.iterations() * kRows);
}

void InMemory(benchmark::State& state) {
  Work work({}, nullptr, nullptr, "");
  Run(state, work);
}

void OnRocksdb(benchmark::State& state) {
  const int64_t limit = kGroupBytes * NumKeys() / Asked("SABOT_COLD_PART", 4);
  const int64_t cold = limit / 5;  // As a job shares it out.
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("sabot-bench-" + std::to_string(getpid())))
          .string();
  const auto backend = MakeRocksdbBackend({.memory_bytes = cold});
  Work work({.limit_bytes = limit, .cold_bytes = cold}, backend.get(), &LocalFileSystem(), folder);
  Run(state, work);
}

BENCHMARK(InMemory)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(400);
BENCHMARK(OnRocksdb)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(400);

}  // namespace
}  // namespace sabot
