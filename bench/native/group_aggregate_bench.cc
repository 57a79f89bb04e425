// group_aggregate over Nexmark's q15, q16 and q17: bids into a sink that needs no -U, as a
// blackhole is. Rows per CPU second.
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <benchmark/benchmark.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "blackhole.h"
#include "engine/catalogue.h"

namespace sabot {
namespace {

using nlohmann::json;

constexpr int64_t kRows = 8'192;
constexpr int kBatches = 128;  // About a million bids, then again from the start.

// auction, bidder, price, day, channel, minute, rank1, rank2, rank3
std::vector<Batch> Bids() {
  std::mt19937_64 random(1);
  const auto schema = arrow::schema(
      {arrow::field("auction", arrow::int64()), arrow::field("bidder", arrow::int64()),
       arrow::field("price", arrow::int64()), arrow::field("day", arrow::utf8()),
       arrow::field("channel", arrow::utf8()), arrow::field("minute", arrow::utf8()),
       arrow::field("rank1", arrow::boolean()), arrow::field("rank2", arrow::boolean()),
       arrow::field("rank3", arrow::boolean())});
  const std::vector<std::string> hot{"Google", "Facebook", "Baidu", "Apple"};
  std::vector<Batch> batches;
  int64_t event = 0;
  for (int b = 0; b < kBatches; ++b) {
    arrow::Int64Builder auctions, bidders, prices;
    arrow::StringBuilder days, channels, minutes;
    arrow::BooleanBuilder ranks[3];
    for (int64_t i = 0; i < kRows; ++i, ++event) {
      // As the generator: most bids go to the newest hot auction and bidder, the rest to recent
      // ones.
      const int64_t auction = event * 3 / 46;
      const int64_t person = event / 46;
      (void)auctions.Append(
          random() % 100 > 0 && random() % 2 == 0
              ? auction / 100 * 100
              : std::max<int64_t>(0, auction - static_cast<int64_t>(random() % 100)));
      (void)bidders.Append(
          random() % 4 != 0 ? person / 100 * 100 + 1
                            : std::max<int64_t>(0, person - static_cast<int64_t>(random() % 1000)));
      const auto price = static_cast<int64_t>(
          std::pow(10.0, static_cast<double>(random() % 6'000) / 1'000.0) * 100.0);
      (void)prices.Append(price);
      (void)days.Append("2024-01-01");
      (void)channels.Append(random() % 2 == 0 ? hot[random() % 4]
                                              : "channel-" + std::to_string(random() % 10'000));
      (void)minutes.Append("10:" + std::to_string(10 + event / 200'000));
      (void)ranks[0].Append(price < 10'000);
      (void)ranks[1].Append(price >= 10'000 && price < 1'000'000);
      (void)ranks[2].Append(price >= 1'000'000);
    }
    Batch batch;
    batch.rows =
        arrow::RecordBatch::Make(schema, kRows,
                                 {*auctions.Finish(), *bidders.Finish(), *prices.Finish(),
                                  *days.Finish(), *channels.Finish(), *minutes.Finish(),
                                  *ranks[0].Finish(), *ranks[1].Finish(), *ranks[2].Finish()});
    batches.push_back(std::move(batch));
  }
  return batches;
}

json TypeOf(const char* kind) { return {{"kind", kind}}; }

json Call(const char* function, std::vector<int> args, bool distinct, int filter,
          const char* type) {
  json call{{"function", function}, {"args", args}, {"distinct", distinct}, {"type", TypeOf(type)}};
  call["argTypes"] = json::array();
  for (size_t i = 0; i < args.size(); ++i) call["argTypes"].push_back(TypeOf(type));
  if (filter >= 0) call["filter"] = filter;
  return call;
}

void AddCounts(json& calls, std::vector<int> args, bool distinct) {
  for (const int filter : {-1, 6, 7, 8})
    calls.push_back(Call("count", args, distinct, filter, "BIGINT"));
}

void Run(benchmark::State& state, std::vector<int> keys, const json& calls, bool update_before) {
  static const std::vector<Batch> bids = Bids();
  PlanNode node;
  node.op = "group_aggregate";
  node.config = std::make_shared<const json>(
      json{{"keys", keys}, {"aggregates", calls}, {"emitUpdateBefore", update_before}});
  Type bigint, text, boolean;
  bigint.kind = TypeKind::kBigint;
  text.kind = TypeKind::kVarchar;
  boolean.kind = TypeKind::kBoolean;
  const std::vector<Type> columns{bigint, bigint,  bigint,  text,   text,
                                  text,   boolean, boolean, boolean};
  Schema input;
  for (const Type& type : columns) input.push_back({"c" + std::to_string(input.size()), type});
  node.input_schemas = {input};
  for (const int key : keys) node.schema.push_back(input[static_cast<size_t>(key)]);
  for (const json& call : calls)
    node.schema.push_back({"a", call["type"]["kind"] == "BIGINT" ? bigint : text});
  OperatorContext context;
  OperatorMetrics metrics;
  context.clock = &SystemClock();
  context.metrics = &metrics;
  Blackhole out;
  int64_t rows = 0;
  for (auto _ : state) {
    auto groups = FindOperator("group_aggregate")->make(node, context);
    if (!groups.ok()) return state.SkipWithError(groups.status().ToString().c_str());
    for (const Batch& batch : bids) {
      const auto progress = (*groups)->Process(0, batch, out);
      if (!progress.ok()) return state.SkipWithError(progress.status().ToString().c_str());
      rows += batch.num_rows();
    }
  }
  state.SetItemsProcessed(rows);
}

void Q15(benchmark::State& state) {
  json calls = json::array();
  AddCounts(calls, {}, false);
  AddCounts(calls, {1}, true);
  AddCounts(calls, {0}, true);
  Run(state, {3}, calls, state.range(0) != 0);
}

void Q16(benchmark::State& state) {
  json calls = json::array();
  calls.push_back(Call("max", {5}, false, -1, "VARCHAR"));
  AddCounts(calls, {}, false);
  AddCounts(calls, {1}, true);
  AddCounts(calls, {0}, true);
  Run(state, {4, 3}, calls, state.range(0) != 0);
}

void Q17(benchmark::State& state) {
  json calls = json::array();
  AddCounts(calls, {}, false);
  for (const char* function : {"min", "max", "avg", "sum"})
    calls.push_back(Call(function, {2}, false, -1, "BIGINT"));
  Run(state, {0, 3}, calls, state.range(0) != 0);
}

BENCHMARK(Q15)->ArgName("update_before")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(Q16)->ArgName("update_before")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(Q17)->ArgName("update_before")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sabot
