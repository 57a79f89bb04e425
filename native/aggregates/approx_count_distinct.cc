// approx_count_distinct: a HyperLogLog sketch; its relative standard error is 0.8 %.
//
//   APPROX_COUNT_DISTINCT(x) over 1,000,000 different values  ->  about 1,000,000
//
// State: 16,384 registers of a byte, once a key has a value. Values cannot be taken back.
#include <array>
#include <bit>
#include <cmath>

#include "aggregates/cell_handle.h"
#include "aggregates/families.h"
#include "aggregates/value_aggregate.h"

namespace sabot {
namespace {

constexpr int kIndexBits = 14;
constexpr size_t kRegisters = size_t{1} << kIndexBits;

struct ApproxCountDistinct {
  using Out = int64_t;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  void Place(KeyedTableLayout& layout) { sketch_.Place(layout, "registers"); }
  void Locate(const CellColumns& cells) { sketch_.Locate(cells); }
  arrow::Status Bind(const AggregateRows& rows) {
    return values_.Encode(rows.args.first(1), rows.length());
  }
  bool Add(KeyedTable& table, Slot slot, char* cells, int64_t row) {
    const uint64_t hash = values_.hash(row);
    const uint64_t rest = (hash << kIndexBits) | (uint64_t{1} << (kIndexBits - 1));
    uint8_t& place = Registers(table, slot, cells)[hash >> (64 - kIndexBits)];
    place = std::max(place, static_cast<uint8_t>(std::countl_zero(rest) + 1));
    return true;
  }
  bool Remove(KeyedTable&, Slot, char*, int64_t) { SABOT_CHECK(false); }
  bool Get(const KeyedTable& table, Slot slot, const char* cells, Out* out) const {
    *out = 0;
    if (!sketch_.Has(table, slot, cells)) return true;
    double sum = 0;
    int zeros = 0;
    for (const char place : sketch_.Get(table, slot, cells)) {
      sum += std::ldexp(1.0, -place);
      zeros += place == 0 ? 1 : 0;
    }
    constexpr auto kCount = static_cast<double>(kRegisters);
    double estimate = 0.7213 / (1 + 1.079 / kCount) * kCount * kCount / sum;
    if (estimate <= 2.5 * kCount && zeros > 0) estimate = kCount * std::log(kCount / zeros);
    *out = std::llround(estimate);
    return true;
  }
  void Merge(KeyedTable& into, Slot to, char* to_cells, const KeyedTable& other, Slot from,
             const char* from_cells) {
    if (!sketch_.Has(other, from, from_cells)) return;
    uint8_t* const registers = Registers(into, to, to_cells);
    const std::string_view others = sketch_.Get(other, from, from_cells);
    for (size_t i = 0; i < kRegisters; ++i)
      registers[i] = std::max(registers[i], static_cast<uint8_t>(others[i]));
  }

 private:
  uint8_t* Registers(KeyedTable& table, Slot slot, char* cells) {
    if (!sketch_.Has(table, slot, cells))
      sketch_.Set(table, slot, cells, std::string(kRegisters, '\0'));
    return reinterpret_cast<uint8_t*>(const_cast<char*>(sketch_.Get(table, slot, cells).data()));
  }

  OptionalCell<std::string_view> sketch_;
  EncodedKeys values_;
};

arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool input_retracts) {
  if (call.args.size() != 1 || call.type.kind != TypeKind::kBigint)
    return UnsupportedArgument(call);
  if (input_retracts) {
    return arrow::Status::NotImplemented(
        "APPROX_COUNT_DISTINCT cannot take values back; use COUNT(DISTINCT ...).");
  }
  return MakeValueAggregate(ApproxCountDistinct(), call.type);
}

}  // namespace

extern const AggregateSpec kApproxCountDistinct{"approx_count_distinct", &Make};

}  // namespace sabot
