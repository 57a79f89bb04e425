// Windows and the hash exchange over bids in order of time, 10,000 a second of event time: rows per
// CPU second.
#include <arrow/array/builder_primitive.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "blackhole.h"
#include "engine/catalogue.h"
#include "stream/exchange.h"

namespace sabot {
namespace {

using nlohmann::json;

constexpr int64_t kRows = 8'192;
constexpr int kBatches = 64;
constexpr int64_t kRowsPerMs = 10;

const json& InputSchema() {
  static const json schema = json::parse(R"([{"name": "auction", "type": {"kind": "BIGINT"}},
    {"name": "price", "type": {"kind": "BIGINT"}},
    {"name": "t", "type": {"kind": "TIMESTAMP", "precision": 3}}])");
  return schema;
}

// Batch number `at`: half of the bids go to a hot auction, the others to the newest thousand.
Batch Bids(int64_t at, std::mt19937_64& random) {
  arrow::Int64Builder auctions;
  arrow::Int64Builder prices;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MILLI),
                                arrow::default_memory_pool());
  for (int64_t i = 0; i < kRows; ++i) {
    const int64_t event = at * kRows + i;
    const int64_t newest = event * 3 / 46;
    (void)auctions.Append(
        random() % 2 == 0 ? newest / 100 * 100
                          : std::max<int64_t>(0, newest - static_cast<int64_t>(random() % 1000)));
    (void)prices.Append(static_cast<int64_t>(random() % 1'000'000));
    (void)times.Append(event / kRowsPerMs);
  }
  const Schema schema = DecodeSchema(InputSchema()).ValueOrDie();
  return {arrow::RecordBatch::Make(ToArrow(schema), kRows,
                                   {*auctions.Finish(), *prices.Finish(), *times.Finish()}),
          nullptr, kNoSplit};
}

std::vector<Batch> AllBids() {
  std::mt19937_64 random(1);
  std::vector<Batch> batches;
  for (int64_t at = 0; at < kBatches; ++at) batches.push_back(Bids(at, random));
  return batches;
}

// COUNT(*) and MAX(price) by auction, the watermark after every batch.
void RunWindow(benchmark::State& state, const char* op, const char* window) {
  PlanNode node;
  node.op = op;
  node.input_schemas = {DecodeSchema(InputSchema()).ValueOrDie()};
  node.inputs.resize(1);
  node.config = std::make_shared<const json>(
      json::parse(std::string(R"({"keys": [0], "output": ["window_end"], "window": )") + window +
                  R"(, "aggregates": [
        {"function": "count", "args": [], "type": {"kind": "BIGINT", "nullable": false}},
        {"function": "max", "args": [1], "argTypes": [{"kind": "BIGINT"}], "type": {"kind": "BIGINT"}}]})"));
  node.schema = DecodeSchema(json::parse(R"([{"name": "auction", "type": {"kind": "BIGINT"}},
    {"name": "n", "type": {"kind": "BIGINT", "nullable": false}}, {"name": "m", "type": {"kind": "BIGINT"}},
    {"name": "window_end", "type": {"kind": "TIMESTAMP", "precision": 3}}])"))
                    .ValueOrDie();
  const std::vector<Batch> batches = AllBids();
  OperatorMetrics metrics;
  OperatorContext context;
  context.metrics = &metrics;
  int64_t rows = 0;
  for (auto _ : state) {
    auto made = FindOperator(op)->make(node, context).ValueOrDie();
    Blackhole out;
    for (const Batch& batch : batches) {
      if (!made->Process(0, batch, out).ok()) state.SkipWithError("Process");
      const int64_t newest = batch.rows->column_data(2)->GetValues<int64_t>(1)[kRows - 1];
      if (!made->OnWatermark({newest - 100}, out).ok()) state.SkipWithError("OnWatermark");
    }
    if (!made->OnWatermark({kWatermarkMax}, out).ok()) state.SkipWithError("OnWatermark");
    rows += kRows * kBatches;
    benchmark::DoNotOptimize(out.rows);
  }
  state.SetItemsProcessed(rows);
}

void Tumble(benchmark::State& state) {
  RunWindow(state, "window_aggregate", R"({"kind": "tumble", "time": 2, "sizeMs": 10000})");
}
void Hop(benchmark::State& state) {
  RunWindow(state, "window_aggregate",
            R"({"kind": "hop", "time": 2, "sizeMs": 10000, "slideMs": 2000})");
}
void Cumulate(benchmark::State& state) {
  RunWindow(state, "window_aggregate",
            R"({"kind": "cumulate", "time": 2, "sizeMs": 10000, "stepMs": 2000})");
}
void Session(benchmark::State& state) {
  RunWindow(state, "session_window", R"({"kind": "session", "time": 2, "gapMs": 1000})");
}

// Three columns hashed by the first to `range(0)` targets, flushed after every batch.
void HashExchange(benchmark::State& state) {
  const std::vector<Batch> batches = AllBids();
  std::vector<std::unique_ptr<Channel>> channels;
  std::vector<Channel*> targets;
  for (int64_t i = 0; i < state.range(0); ++i) {
    channels.push_back(std::make_unique<Channel>());
    targets.push_back(channels.back().get());
  }
  const PlanInput edge{.node = 0, .exchange = ExchangeKind::kHash, .keys = {0}};
  const auto exchange = MakeExchange(edge, targets, 0, kRows);
  for (auto _ : state) {
    for (const Batch& batch : batches) {
      if (!exchange->Send(batch).ok() || !exchange->Flush().ok()) state.SkipWithError("Send");
      for (Channel* target : targets) {
        while (target->Pop()) {
        }
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * kRows * kBatches);
}

BENCHMARK(Tumble)->Unit(benchmark::kMillisecond);
BENCHMARK(Hop)->Unit(benchmark::kMillisecond);
BENCHMARK(Cumulate)->Unit(benchmark::kMillisecond);
BENCHMARK(Session)->Unit(benchmark::kMillisecond);
BENCHMARK(HashExchange)->Arg(2)->Arg(8)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sabot
