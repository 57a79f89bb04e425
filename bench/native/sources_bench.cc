// How fast sources make batches: generated Nexmark bids by the columns that queries use. Rates are
// per CPU second.
#include <benchmark/benchmark.h>

#include <string>

#include "connectors/nexmark/nexmark_generator.h"

namespace sabot {
namespace {

Type TypeOf(std::string_view field) {
  Type type;
  type.kind = TypeKind::kBigint;
  if (field == "dateTime") {
    type.kind = TypeKind::kTimestamp;
    type.precision = 3;
  } else if (field == "channel" || field == "url" || field == "extra") {
    type.kind = TypeKind::kVarchar;
  }
  return type;
}

// `used`: a bit per column of bid: auction, bidder, price, channel, url, dateTime, extra.
void GenerateBids(benchmark::State& state, uint32_t used) {
  constexpr int64_t kBatchRows = 16'384;
  const auto& fields = NexmarkGenerator::FieldsOf(NexmarkTable::kBid);
  std::vector<std::unique_ptr<ColumnBuffer>> columns;
  std::vector<ColumnBuffer*> by_field;
  for (size_t i = 0; i < fields.size(); ++i) {
    if ((used >> i & 1) == 0) {
      by_field.push_back(nullptr);
      continue;
    }
    columns.push_back(std::make_unique<ColumnBuffer>(TypeOf(fields[i])));
    by_field.push_back(columns.back().get());
  }
  NexmarkGenerator generator(NexmarkTable::kBid, 42, by_field);
  for (auto _ : state) {
    generator.Generate(kBatchRows, true);
    for (auto& column : columns) benchmark::DoNotOptimize(column->Finish());
  }
  state.SetItemsProcessed(state.iterations() * kBatchRows);
}
BENCHMARK_CAPTURE(GenerateBids, q0, 0b1111111u);
BENCHMARK_CAPTURE(GenerateBids, q1, 0b1100111u);
BENCHMARK_CAPTURE(GenerateBids, q2, 0b0000101u);
BENCHMARK_CAPTURE(GenerateBids, q5, 0b0100001u);

}  // namespace
}  // namespace sabot
