// min, max: over numbers, DECIMAL, text, BOOLEAN and temporal types.
//
//   MAX over +3, +7, -7 (taken back)  ->  3, 7, 3
//
// State: the best value; if values can be taken back, an ordered child: value -> how often.
#include "aggregates/cell_handle.h"
#include "aggregates/encoded_value.h"
#include "aggregates/families.h"
#include "aggregates/value_aggregate.h"
#include "base/hash.h"

namespace sabot {
namespace {

template <typename T, bool kMax>
struct MinMax {
  using Out = T;
  static constexpr bool kTellsChange = true;
  static constexpr size_t kNumArgs = 1;

  void Place(KeyedTableLayout& layout) { best_.Place(layout, kMax ? "max" : "min"); }
  void Locate(const CellColumns& cells) { best_.Locate(cells); }
  arrow::Status Bind(const AggregateRows& rows) {
    arg_.Bind(*rows.args[0]);
    return arrow::Status::OK();
  }
  bool Add(KeyedTable& table, Slot slot, char* cells, int64_t row) {
    return Put(table, slot, cells, arg_[row]);
  }
  bool Remove(KeyedTable&, Slot, char*, int64_t) {
    SABOT_CHECK(false);  // MinMaxOfMany is for inputs that take back.
  }
  bool Get(const KeyedTable& table, Slot slot, const char* cells, Out* out) const {
    if (!best_.Has(table, slot, cells)) return false;
    *out = best_.Get(table, slot, cells);
    return true;
  }
  void Merge(KeyedTable& into, Slot to, char* to_cells, const KeyedTable& other, Slot from,
             const char* from_cells) {
    if (best_.Has(other, from, from_cells))
      Put(into, to, to_cells, best_.Get(other, from, from_cells));
  }

 private:
  bool Put(KeyedTable& table, Slot slot, char* cells, T value) {
    if (best_.Has(table, slot, cells)) {
      const T best = best_.Get(table, slot, cells);
      if (kMax ? !(value > best) : !(value < best)) return false;
    }
    best_.Set(table, slot, cells, value);
    return true;
  }

  OptionalCell<T> best_;
  Argument<T> arg_;
};

// With a count per value, so that values can be taken back, also before they came.
template <typename T, bool kMax>
struct MinMaxOfMany {
  using Out = T;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  explicit MinMaxOfMany(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}

  void Place(KeyedTableLayout& layout) {
    child_ = static_cast<int>(layout.children.size());
    layout.children.push_back({{{"count", CellSpec::Kind::kFixed8}}, true, {type_}});
  }
  void Locate(const CellColumns&) {}
  arrow::Status Bind(const AggregateRows& rows) {
    return values_.Encode(rows.args.first(1), rows.length());
  }
  bool Add(KeyedTable& table, Slot slot, char*, int64_t row) {
    Count(table, slot, values_.key(row), values_.hash(row), 1);
    return true;
  }
  bool Remove(KeyedTable& table, Slot slot, char*, int64_t row) {
    Count(table, slot, values_.key(row), values_.hash(row), -1);
    return true;
  }
  bool Get(const KeyedTable& table, Slot slot, const char*, Out* out) const {
    const ChildTable& child = table.child(child_);
    Slot best = kMax ? child.Last(slot) : child.First(slot);
    // Values taken back before they came do not count.
    while (best != kNoSlot && child.cells().at<int64_t>(0, best) <= 0) {
      best = kMax ? child.Before(best) : child.After(best);
    }
    if (best == kNoSlot) return false;
    *out = DecodeFlat<T>(child.element(best), scratch_);
    return true;
  }
  void Merge(KeyedTable& into, Slot to, char*, const KeyedTable& other, Slot from,
             const char*) const {
    const ChildTable& child = other.child(child_);
    for (const Slot element : child.Elements(from)) {
      const std::string_view value = child.element(element);
      Count(into, to, value, HashBytes(value), child.cells().at<int64_t>(0, element));
    }
  }

 private:
  void Count(KeyedTable& table, Slot slot, std::string_view value, uint64_t hash,
             int64_t change) const {
    ChildTable& child = table.child(child_);
    bool inserted;
    const Slot element = child.FindOrInsert(slot, value, hash, &inserted);
    child.Touch(element);
    int64_t& count = child.cells().at<int64_t>(0, element);
    count += change;
    if (count == 0) child.Erase(element);
  }

  std::shared_ptr<arrow::DataType> type_;
  int child_ = -1;
  EncodedKeys values_;
  mutable std::string scratch_;
};

template <bool kMax>
arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool input_retracts) {
  if (call.args.size() != 1 || ToArrow(call.arg_types[0])->id() != ToArrow(call.type)->id()) {
    return UnsupportedArgument(call);
  }
  std::unique_ptr<Aggregate> made;
  VisitPhysical(call.type, [&]<typename T>(T) {
    made = input_retracts ? MakeValueAggregate(MinMaxOfMany<T, kMax>(ToArrow(call.type)), call.type)
                          : MakeValueAggregate(MinMax<T, kMax>(), call.type);
  });
  if (made == nullptr) return UnsupportedArgument(call);
  return made;
}

}  // namespace

extern const AggregateSpec kMin{"min", &Make<false>};
extern const AggregateSpec kMax{"max", &Make<true>};

}  // namespace sabot
