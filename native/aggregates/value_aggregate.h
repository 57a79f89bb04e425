// ValueAggregate<Op>: the loops of every aggregate whose result is one flat value. An Op says what
// one row does to one slot.
//
//   struct Op {
//     using Out = int64_t;                        // or std::string_view: bytes valid until the
//     slot changes static constexpr bool kTellsChange;         // Add and Remove return whether the
//     result changed; else results are compared static constexpr size_t kNumArgs;           // rows
//     with NULL in one of these are skipped void Place(KeyedTableLayout&);              // adds
//     cells and children void Locate(const CellColumns&);            // finds their offsets in a
//     row of cells arrow::Status Bind(const AggregateRows&);   // the arguments of a batch bool
//     Add(KeyedTable&, Slot, char* cells, int64_t row); bool Remove(KeyedTable&, Slot, char* cells,
//     int64_t row); bool Get(const KeyedTable&, Slot, const char* cells, Out*) const;     // false:
//     NULL void Merge(KeyedTable& into, Slot to, char* to_cells, const KeyedTable& other, Slot
//     from, const char* from_cells);
//   };
#pragma once

#include <arrow/array/builder_binary.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "aggregates/argument.h"

namespace sabot {

template <typename Op>
class ValueAggregate final : public Aggregate {
 public:
  using Out = typename Op::Out;
  static constexpr bool kFixed = !std::is_same_v<Out, std::string_view>;

  ValueAggregate(Op op, const Type& type) : op_(std::move(op)), type_(ToArrow(type)) {}

  void Place(KeyedTableLayout& layout) override { op_.Place(layout); }

  arrow::Status Update(KeyedTable& table, const AggregateRows& rows) override {
    op_.Locate(table.cells());
    ARROW_RETURN_NOT_OK(op_.Bind(rows));
    const uint8_t* const mask = MaskNulls(rows, Op::kNumArgs, scratch_);
    const int64_t length = rows.length();
    for (int64_t row = 0; row < length; ++row) {
      if (mask != nullptr && mask[row] == 0) continue;
      const Slot slot = rows.slots[static_cast<size_t>(row)];
      char* const cells = table.cells().row(slot);
      if (rows.retract(row)) {
        op_.Remove(table, slot, cells, row);
      } else {
        op_.Add(table, slot, cells, row);
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status UpdateTracked(KeyedTable& table, const AggregateRows& rows, Tracking& track,
                              TrackedColumn& column) override {
    op_.Locate(table.cells());
    ARROW_RETURN_NOT_OK(op_.Bind(rows));
    const uint8_t* const mask = MaskNulls(rows, Op::kNumArgs, scratch_);
    return track.before ? Track<true>(table, rows, mask, track, column)
                        : Track<false>(table, rows, mask, track, column);
  }

  arrow::Status Merge(KeyedTable& into, std::span<const Slot> to, const KeyedTable& other,
                      std::span<const Slot> from) override {
    op_.Locate(into.cells());
    for (size_t i = 0; i < to.size(); ++i) {
      op_.Merge(into, to[i], into.cells().row(to[i]), other, from[i], other.cells().row(from[i]));
    }
    return arrow::Status::OK();
  }

  arrow::Result<ArrayPtr> Finish(const KeyedTable& table,
                                 std::span<const Slot> slots) const override {
    op_.Locate(table.cells());
    const auto length = static_cast<int64_t>(slots.size());
    if constexpr (kFixed) {
      TrackedColumn column(type_);
      ARROW_ASSIGN_OR_RAISE(Out* const values, column.template Values<Out>(length));
      for (int64_t i = 0; i < length; ++i) {
        const Slot slot = slots[static_cast<size_t>(i)];
        Set(column, values, i, op_.Get(table, slot, table.cells().row(slot), &values[i]));
      }
      return column.All();
    } else {
      ARROW_ASSIGN_OR_RAISE(const auto builder, MakeTextBuilder(length));
      for (const Slot slot : slots) ARROW_RETURN_NOT_OK(AppendText(*builder, table, slot));
      return builder->Finish();
    }
  }

 private:
  template <bool kBefore>
  arrow::Status Track(KeyedTable& table, const AggregateRows& rows, const uint8_t* mask,
                      Tracking& track, TrackedColumn& column) {
    if constexpr (kFixed) {
      return TrackValues<kBefore>(table, rows, mask, track, column);
    } else {
      return TrackText<kBefore>(table, rows, mask, track, column);
    }
  }

  bool Apply(KeyedTable& table, const AggregateRows& rows, Slot slot, char* cells, int64_t row) {
    return rows.retract(row) ? op_.Remove(table, slot, cells, row)
                             : op_.Add(table, slot, cells, row);
  }

  static void Set(TrackedColumn& column, Out* values, int64_t entry, bool has) {
    if (has) return;
    values[entry] = Out{};
    column.valid()[entry] = 0;
    column.has_nulls = true;
  }

  template <bool kBefore>
  arrow::Status TrackValues(KeyedTable& table, const AggregateRows& rows, const uint8_t* mask,
                            Tracking& track, TrackedColumn& column) {
    ARROW_ASSIGN_OR_RAISE(Out* const values, column.template Values<Out>(track.entries()));
    const int64_t length = rows.length();
    const bool compare = !Op::kTellsChange && !track.all_changed;
    int64_t entry = 0;
    for (int64_t row = 0; row < length; ++row) {
      const Slot slot = rows.slots[static_cast<size_t>(row)];
      char* const cells = table.cells().row(slot);
      Out before{};
      bool had = false;
      if (kBefore || compare) had = op_.Get(table, slot, cells, &before);
      if constexpr (kBefore) {
        values[entry] = before;
        Set(column, values, entry++, had);
      }
      const bool on = mask == nullptr || mask[row] != 0;
      const bool told = on && Apply(table, rows, slot, cells, row);
      Out after{};
      const bool has = op_.Get(table, slot, cells, &after);
      values[entry] = after;
      Set(column, values, entry++, has);
      if constexpr (Op::kTellsChange) {
        track.changed[static_cast<size_t>(row)] |= static_cast<uint8_t>(told ? 1 : 0);
      } else if (compare) {
        const bool changed = had != has || (has && before != after);
        track.changed[static_cast<size_t>(row)] |= static_cast<uint8_t>(changed ? 1 : 0);
      }
    }
    return arrow::Status::OK();
  }

  template <bool kBefore>
  arrow::Status TrackText(KeyedTable& table, const AggregateRows& rows, const uint8_t* mask,
                          Tracking& track, TrackedColumn& column) {
    ARROW_ASSIGN_OR_RAISE(const auto builder, MakeTextBuilder(track.entries()));
    const int64_t length = rows.length();
    const bool compare = !Op::kTellsChange && !track.all_changed;
    for (int64_t row = 0; row < length; ++row) {
      const Slot slot = rows.slots[static_cast<size_t>(row)];
      char* const cells = table.cells().row(slot);
      if constexpr (kBefore) ARROW_RETURN_NOT_OK(AppendText(*builder, table, slot));
      bool changed = false;
      if (mask == nullptr || mask[row] != 0) {
        std::string_view view;
        const bool had = compare && op_.Get(table, slot, cells, &view);
        if (compare) before_ = view;
        const bool told = Apply(table, rows, slot, cells, row);
        if constexpr (Op::kTellsChange) changed = told;
        if (compare) {
          const bool has = op_.Get(table, slot, cells, &view);
          changed = had != has || (has && before_ != view);
        }
      }
      ARROW_RETURN_NOT_OK(AppendText(*builder, table, slot));
      track.changed[static_cast<size_t>(row)] |= static_cast<uint8_t>(changed ? 1 : 0);
    }
    ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
    column.SetArray(std::move(array));
    return arrow::Status::OK();
  }

  arrow::Result<std::unique_ptr<arrow::BinaryBuilder>> MakeTextBuilder(int64_t entries) const {
    // A StringBuilder is a BinaryBuilder of another type.
    auto builder = type_->id() == arrow::Type::STRING ? std::make_unique<arrow::StringBuilder>()
                                                      : std::make_unique<arrow::BinaryBuilder>();
    ARROW_RETURN_NOT_OK(builder->Reserve(entries));
    return builder;
  }

  arrow::Status AppendText(arrow::BinaryBuilder& builder, const KeyedTable& table,
                           Slot slot) const {
    std::string_view text;
    return op_.Get(table, slot, table.cells().row(slot), &text) ? builder.Append(text)
                                                                : builder.AppendNull();
  }

  // Offsets and argument pointers in it belong to the call under way; parameters are const.
  mutable Op op_;
  std::shared_ptr<arrow::DataType> type_;
  std::vector<uint8_t> scratch_;
  std::string before_;
};

template <typename Op>
std::unique_ptr<Aggregate> MakeValueAggregate(Op op, const Type& type) {
  return std::make_unique<ValueAggregate<Op>>(std::move(op), type);
}

}  // namespace sabot
