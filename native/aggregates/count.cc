// count: rows, or rows without NULL among the arguments.
//
//   COUNT(x) over 3, NULL, 5  ->  2
//
// State: one int64 per key. Branch-free: a filter that is true at random must cost no
// mispredictions.
#include "aggregates/argument.h"
#include "aggregates/families.h"

namespace sabot {
namespace {

class Count final : public Aggregate {
 public:
  explicit Count(size_t num_args) : num_args_(num_args), type_(arrow::int64()) {}

  void Place(KeyedTableLayout& layout) override {
    cell_ = static_cast<int>(layout.cells.size());
    layout.cells.push_back({"count", CellSpec::Kind::kFixed8});
  }

  arrow::Status Update(KeyedTable& table, const AggregateRows& rows) override {
    const uint8_t* const mask = MaskNulls(rows, num_args_, scratch_);
    CellColumns& cells = table.cells();
    const size_t offset = cells.offset(cell_);
    const int64_t length = rows.length();
    for (int64_t row = 0; row < length; ++row) {
      if (mask != nullptr && mask[row] == 0) continue;
      Cell<int64_t>(cells.row(rows.slots[static_cast<size_t>(row)]), offset) +=
          rows.retract(row) ? -1 : 1;
    }
    return arrow::Status::OK();
  }

  arrow::Status UpdateTracked(KeyedTable& table, const AggregateRows& rows, Tracking& track,
                              TrackedColumn& column) override {
    const uint8_t* const mask = MaskNulls(rows, num_args_, scratch_);
    ARROW_ASSIGN_OR_RAISE(int64_t* const values, column.Values<int64_t>(track.entries()));
    if (mask == nullptr) track.all_changed = true;
    return track.before ? Track<true>(table, rows, mask, track, values)
                        : Track<false>(table, rows, mask, track, values);
  }

  arrow::Status Merge(KeyedTable& into, std::span<const Slot> to, const KeyedTable& other,
                      std::span<const Slot> from) override {
    for (size_t i = 0; i < to.size(); ++i) {
      into.cells().at<int64_t>(cell_, to[i]) += other.cells().at<int64_t>(cell_, from[i]);
    }
    return arrow::Status::OK();
  }

  arrow::Result<ArrayPtr> Finish(const KeyedTable& table,
                                 std::span<const Slot> slots) const override {
    TrackedColumn column(type_);
    ARROW_ASSIGN_OR_RAISE(int64_t* const values,
                          column.Values<int64_t>(static_cast<int64_t>(slots.size())));
    for (size_t i = 0; i < slots.size(); ++i)
      values[i] = table.cells().at<int64_t>(cell_, slots[i]);
    return column.All();
  }

 private:
  template <bool kBefore>
  arrow::Status Track(KeyedTable& table, const AggregateRows& rows, const uint8_t* mask,
                      Tracking& track, int64_t* entry) const {
    CellColumns& cells = table.cells();
    const size_t offset = cells.offset(cell_);
    const int64_t length = rows.length();
    for (int64_t row = 0; row < length; ++row) {
      int64_t& count = Cell<int64_t>(cells.row(rows.slots[static_cast<size_t>(row)]), offset);
      const int64_t before = count;
      const uint8_t on = mask == nullptr ? uint8_t{1} : mask[row];
      const int64_t after = before + (rows.retract(row) ? -int64_t{on} : int64_t{on});
      count = after;
      if constexpr (kBefore) *entry++ = before;
      *entry++ = after;
      if (mask != nullptr) track.changed[static_cast<size_t>(row)] |= on;
    }
    return arrow::Status::OK();
  }

  size_t num_args_;
  std::shared_ptr<arrow::DataType> type_;
  int cell_ = -1;
  std::vector<uint8_t> scratch_;
};

arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool) {
  if (call.type.kind != TypeKind::kBigint) return UnsupportedArgument(call);
  return std::make_unique<Count>(call.args.size());
}

}  // namespace

extern const AggregateSpec kCount{"count", &Make};

}  // namespace sabot
