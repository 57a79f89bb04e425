// How fast JSON lines become batches, and batches JSON lines: Nexmark bids, by number of columns in
// use. Rates are per CPU second.
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>
#include <string>

#include "formats/format.h"
#include "plan/plan.h"

namespace sabot {
namespace {

constexpr int64_t kRows = 200'000;
constexpr int64_t kBatchRows = 16'384;

// Lines of the Nexmark generator's shape and length (about 232 bytes).
const std::string& Bids() {
  static const std::string text = [] {
    std::string lines;
    uint32_t state = 42;
    const auto next = [&state](uint32_t below) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      return state % below;
    };
    const auto word = [&next](uint32_t length) {
      std::string letters;
      for (uint32_t i = 0; i < length; ++i)
        letters.push_back(next(7) == 0 ? ' ' : static_cast<char>('a' + next(26)));
      return letters;
    };
    for (int64_t row = 0; row < kRows; ++row) {
      const int64_t millis = row / 10;
      char time[32];
      std::snprintf(time, sizeof(time), "2024-01-01 00:%02d:%02d.%03d",
                    static_cast<int>(millis / 60'000), static_cast<int>(millis / 1'000 % 60),
                    static_cast<int>(millis % 1'000));
      lines +=
          "{\"auction\":" + std::to_string(1'000 + next(60'000)) +
          ",\"bidder\":" + std::to_string(1'000 + next(20'000)) +
          ",\"price\":" + std::to_string(100 + next(90'000'000)) + ",\"channel\":\"channel-" +
          std::to_string(next(1'000)) +
          "\",\"url\":\"https://www.nexmark.com/abcde/fghij/klmno/item.htm?query=1&channel_id=" +
          std::to_string(next(1 << 30)) + "\",\"dateTime\":\"" + time + "\",\"extra\":\"" +
          word(20 + next(40)) + "\"}\n";
    }
    lines.append(kDecodePadding, '\0');
    return lines;
  }();
  return text;
}

Type Scalar(TypeKind kind, int32_t precision = 0) {
  Type type;
  type.kind = kind;
  type.precision = precision;
  return type;
}

Schema Columns(int64_t count) {
  const Schema all = {
      {"auction", Scalar(TypeKind::kBigint)}, {"price", Scalar(TypeKind::kBigint)},
      {"bidder", Scalar(TypeKind::kBigint)},  {"dateTime", Scalar(TypeKind::kTimestamp, 3)},
      {"extra", Scalar(TypeKind::kVarchar)},  {"channel", Scalar(TypeKind::kVarchar)},
      {"url", Scalar(TypeKind::kVarchar)}};
  return {all.begin(), all.begin() + count};
}

PlanNode Node() {
  PlanNode node;
  node.config = std::make_shared<const nlohmann::json>(nlohmann::json::object());
  return node;
}

void Fail(benchmark::State& state, const arrow::Status& status) {
  state.SkipWithError(status.ToString().c_str());
}

void DecodeBids(benchmark::State& state) {
  const std::string& text = Bids();
  const std::string_view all(text.data(), text.size() - kDecodePadding);
  auto decoder = MakeDecoder("json", Columns(state.range(0)), Node());
  if (!decoder.ok()) return Fail(state, decoder.status());
  for (auto _ : state) {
    std::string_view left = all;
    while (!left.empty()) {
      const auto used = (*decoder)->Decode(left, true, kBatchRows);
      if (!used.ok()) return Fail(state, used.status());
      left.remove_prefix(*used);
      auto batch = (*decoder)->Flush();
      if (!batch.ok()) return Fail(state, batch.status());
      benchmark::DoNotOptimize(*batch);
    }
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(all.size()));
}
BENCHMARK(DecodeBids)->Arg(0)->Arg(1)->Arg(2)->Arg(5)->Arg(7)->Unit(benchmark::kMillisecond);

void EncodeBids(benchmark::State& state) {
  const std::string& text = Bids();
  const Schema schema = Columns(7);
  auto decoder = MakeDecoder("json", schema, Node());
  if (!decoder.ok()) return Fail(state, decoder.status());
  const auto used =
      (*decoder)->Decode({text.data(), text.size() - kDecodePadding}, true, kBatchRows);
  if (!used.ok()) return Fail(state, used.status());
  const auto batch = (*decoder)->Flush();
  if (!batch.ok()) return Fail(state, batch.status());
  const auto encoder = MakeJsonEncoder(schema, {.results = true});
  std::string out;
  for (auto _ : state) {
    out.clear();
    const arrow::Status status = encoder->Encode(*batch, &out);
    if (!status.ok()) return Fail(state, status);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * batch->num_rows());
}
BENCHMARK(EncodeBids)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sabot
