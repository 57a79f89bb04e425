// Encoding keys and looking their slots up: int64 and (int64, string) keys, from cache-resident to
// a million.
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "state/keyed_table.h"

namespace sabot {
namespace {

constexpr int64_t kRows = 16'384;

std::vector<std::vector<ArrayPtr>> Batches(int64_t num_keys, bool with_day) {
  std::mt19937_64 random(1);
  std::vector<std::vector<ArrayPtr>> batches;
  for (int batch = 0; batch < 64; ++batch) {
    arrow::Int64Builder keys;
    arrow::StringBuilder days;
    for (int64_t i = 0; i < kRows; ++i) {
      (void)keys.Append(static_cast<int64_t>(random() % static_cast<uint64_t>(num_keys)));
      (void)days.Append("2024-01-01");
    }
    batches.push_back({keys.Finish().ValueOrDie()});
    if (with_day) batches.back().push_back(days.Finish().ValueOrDie());
  }
  return batches;
}

void Lookup(benchmark::State& state, bool with_day) {
  const auto batches = Batches(state.range(0), with_day);
  KeyedTable table("bench", {{{"count", CellSpec::Kind::kFixed8}}, {}});
  EncodedKeys keys;
  std::vector<Slot> slots(kRows);
  for (const auto& batch : batches) {  // All keys are there before the clock runs.
    (void)keys.Encode(batch, kRows);
    (void)table.LookupOrInsert(keys, slots, nullptr);
  }
  size_t next = 0;
  for (auto _ : state) {
    (void)keys.Encode(batches[next++ % batches.size()], kRows);
    (void)table.LookupOrInsert(keys, slots, nullptr);
    for (const Slot slot : slots) ++table.cells().at<int64_t>(0, slot);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

void EncodeOnly(benchmark::State& state, bool with_day) {
  const auto batches = Batches(1'000'000, with_day);
  EncodedKeys keys;
  size_t next = 0;
  for (auto _ : state) (void)keys.Encode(batches[next++ % batches.size()], kRows);
  state.SetItemsProcessed(state.iterations() * kRows);
}

void DistinctSet(benchmark::State& state) {
  const auto batches = Batches(state.range(0), false);
  ChildTable table({{{"seen", CellSpec::Kind::kFixed8}}, false});
  EncodedKeys keys;
  const std::vector<Slot> parents(kRows, 3);
  std::vector<Slot> slots(kRows);
  size_t next = 0;
  for (auto _ : state) {
    (void)keys.Encode(batches[next++ % batches.size()], kRows);
    table.FindOrInsert(parents, keys, nullptr, slots);
    benchmark::DoNotOptimize(slots.data());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

BENCHMARK_CAPTURE(EncodeOnly, int64, false);
BENCHMARK_CAPTURE(EncodeOnly, int64_string, true);
BENCHMARK_CAPTURE(Lookup, int64, false)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(Lookup, int64_string, true)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(DistinctSet)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace sabot
