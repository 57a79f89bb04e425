// Snapshots of a KeyedTable: what knowing the changed slots costs while rows are processed, how
// long a barrier stops, how fast bases and deltas are written and read.
#include <arrow/array/builder_primitive.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

#include "state/keyed_table.h"

namespace sabot {
namespace {

constexpr int64_t kRows = 16'384;
constexpr int kBatchesPerBarrier = 64;  // About a million rows.
constexpr size_t kPieceBytes = size_t{256} << 10;

class Discard final : public SectionSink {
 public:
  arrow::Status Write(std::string_view, SectionKind, std::string piece) override {
    bytes += static_cast<int64_t>(piece.size());
    return arrow::Status::OK();
  }
  int64_t bytes = 0;
};

// Three aggregates' worth of cells.
KeyedTableLayout Layout() {
  return {{{"count", CellSpec::Kind::kFixed8},
           {"sum", CellSpec::Kind::kFixed8},
           {"max", CellSpec::Kind::kFixed8}},
          {}};
}

// Batches of random keys.
std::vector<EncodedKeys> Batches(int64_t num_keys) {
  std::mt19937_64 random(1);
  std::vector<EncodedKeys> batches(kBatchesPerBarrier);
  for (EncodedKeys& batch : batches) {
    arrow::Int64Builder keys;
    for (int64_t i = 0; i < kRows; ++i)
      (void)keys.Append(static_cast<int64_t>(random() % static_cast<uint64_t>(num_keys)));
    const std::vector<ArrayPtr> columns{keys.Finish().ValueOrDie()};
    (void)batch.Encode(columns, kRows);
  }
  return batches;
}

void Update(KeyedTable& table, const EncodedKeys& keys, std::vector<Slot>& slots) {
  (void)table.LookupOrInsert(keys, slots, nullptr);
  for (const Slot slot : slots) {
    char* const cells = table.cells().row(slot);
    ++*reinterpret_cast<int64_t*>(cells + table.cells().offset(0));
    *reinterpret_cast<int64_t*>(cells + table.cells().offset(1)) += slot;
  }
}

enum class Snapshots { kNone, kTracked, kWritten };

// kTracked: barriers come, but what they write is not counted. kWritten: a piece between any two
// batches, counted.
void Process(benchmark::State& state, Snapshots snapshots) {
  const auto batches = Batches(state.range(0));
  KeyedTable table("bench", Layout());
  std::vector<Slot> slots(kRows);
  for (const EncodedKeys& batch : batches) Update(table, batch, slots);
  Discard sink;
  std::unique_ptr<SnapshotWriter> writer;
  double longest_barrier = 0;
  size_t next = 0;
  for (auto _ : state) {
    if (snapshots != Snapshots::kNone && next % kBatchesPerBarrier == 0) {
      if (snapshots == Snapshots::kTracked) state.PauseTiming();
      if (writer != nullptr) (void)writer->WriteAll(sink);
      writer = std::make_unique<SnapshotWriter>();
      const auto begin = std::chrono::steady_clock::now();
      (void)table.Snapshot(*writer);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      longest_barrier = std::max(longest_barrier, took.count());
      if (snapshots == Snapshots::kTracked) {
        (void)writer->WriteAll(sink);
        writer.reset();
        state.ResumeTiming();
      }
    }
    if (writer != nullptr && *writer->WritePiece(sink, kPieceBytes)) writer.reset();
    Update(table, batches[next++ % batches.size()], slots);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["barrier_us"] = longest_barrier * 1e6;
  state.counters["written_MB"] = static_cast<double>(sink.bytes) / 1e6;
}

void Fill(KeyedTable& table, int64_t num_keys) {
  std::vector<Slot> slots(kRows);
  arrow::Int64Builder builder;
  for (int64_t from = 0; from < num_keys; from += kRows) {
    EncodedKeys keys;
    for (int64_t i = 0; i < kRows; ++i) (void)builder.Append((from + i) * 2'654'435'761);
    const std::vector<ArrayPtr> columns{builder.Finish().ValueOrDie()};
    (void)keys.Encode(columns, kRows);
    Update(table, keys, slots);
  }
}

void WriteBase(benchmark::State& state) {
  KeyedTable table("bench", Layout());
  Fill(table, state.range(0));
  Discard sink;
  for (auto _ : state) {
    SnapshotWriter writer(SnapshotMode::kFull);
    (void)table.Snapshot(writer);
    (void)writer.WriteAll(sink);
  }
  state.SetBytesProcessed(sink.bytes);
  state.SetItemsProcessed(state.iterations() * table.num_keys());
}

void Restore(benchmark::State& state) {
  KeyedTable table("bench", Layout());
  Fill(table, state.range(0));
  MemorySnapshot snapshot;
  SnapshotWriter writer;
  (void)table.Snapshot(writer);
  (void)writer.WriteAll(snapshot);
  for (auto _ : state) {
    KeyedTable restored("bench", Layout());
    if (!restored.Restore(SnapshotReader(snapshot.sections())).ok()) state.SkipWithError("damaged");
    benchmark::DoNotOptimize(restored.num_keys());
  }
  state.SetBytesProcessed(state.iterations() * snapshot.size_bytes());
  state.SetItemsProcessed(state.iterations() * table.num_keys());
}

BENCHMARK_CAPTURE(Process, no_snapshots, Snapshots::kNone)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(Process, tracked, Snapshots::kTracked)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(Process, written, Snapshots::kWritten)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(WriteBase)->Arg(1 << 20)->Unit(benchmark::kMillisecond);
BENCHMARK(Restore)->Arg(1 << 20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sabot
