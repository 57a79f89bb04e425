// upsert_materialize: the current row of every key of a sink, where the changes come by other
// keys.
//
//   sink key n     in    +I[1, a]  +I[2, a]   -U[2, a]   +U[2, b]   -U[1, a]
//                  out   +I[1, a]  +U[2, a]   +U[1, a]   +I[2, b]   -D[1, a]
//
// Several rows of the input may have the sink's key, and what takes one of them back may come after
// what puts another one in its place. The newest one that is left counts. With an upsert key a new
// row takes the place of the one with that key, and a row is taken back by it; without one by all
// it holds. What is taken back and not there changes nothing.
//
// State: all rows of every key of the sink, in order of arrival.
#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "operators/sink_rows.h"
#include "operators/state_rows.h"
#include "operators/state_ttl.h"
#include "state/keyed_table.h"
#include "state/row_store.h"

namespace sabot {
namespace {

// Of a key: 8 bytes, the place of its next row.
constexpr int kNextPlace = 0;
// Its children, both in byte order: (place, row), and (what a row is known by, place).
constexpr int kRows = 0;
constexpr int kPlaces = 1;

KeyedTableLayout WithRows(KeyedTableLayout layout, const SinkRows& rows) {
  layout.keys = rows.key_types();
  layout.cells = {{"next", CellSpec::Kind::kFixed8}};
  KeyTypes placed = rows.row_types();
  placed.insert(placed.begin(), arrow::int64());
  KeyTypes known = rows.known_by_types();
  known.push_back(arrow::int64());
  layout.children = {{.cells = {}, .ordered = true, .values = std::move(placed)},
                     {.cells = {}, .ordered = true, .values = std::move(known)}};
  return layout;
}

class UpsertMaterialize final : public Operator {
 public:
  UpsertMaterialize(SinkRows rows, KeyedTableLayout layout, OperatorContext& context)
      : rows_(std::move(rows)),
        table_("rows", WithRows(std::move(layout), rows_), context.tiers),
        clock_(context.clock),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    table_.BeginBatch(clock_->NowMillis());
    ARROW_RETURN_NOT_OK(rows_.Encode(in));
    slots_.resize(static_cast<size_t>(in.num_rows()));
    inserted_.clear();
    ARROW_RETURN_NOT_OK(table_.LookupOrInsert(rows_.keys(), slots_, &inserted_));
    changes_.clear();
    uncovered_.clear();
    for (int32_t row = 0; row < static_cast<int32_t>(in.num_rows()); ++row) {
      if (IsRetract(in.kind(row))) {
        TakeBack(row);
      } else {
        Put(row);
      }
    }
    if (!in.insert_only()) EraseEmpty();
    metrics_->state_bytes.Set(table_.size_bytes());
    ARROW_RETURN_NOT_OK(Emit(in, out));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return table_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override {
    table_.BeginBatch(clock_->NowMillis());
    return table_.Restore(from);
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    table_.BeginBatch(clock_->NowMillis());
    return [this, at = SlotCursor(std::move(only))](
               size_t rows_max) mutable -> arrow::Result<StatePiece> {
      StatePiece piece;
      ARROW_ASSIGN_OR_RAISE(const std::vector<Slot> slots, at.Next(table_, rows_max, &piece.last));
      std::vector<std::string_view> rows;
      for (const Slot slot : slots) {
        for (const Slot element : table_.child(kRows).Elements(slot))
          rows.push_back(RowOf(element));
      }
      ARROW_ASSIGN_OR_RAISE(piece.columns, rows_.Decode(rows));
      return piece;
    };
  }

 private:
  // A row of the batch, or with kUncovered - i the i-th one that has become the newest again.
  struct Change {
    RowKind kind;
    int32_t row;
  };
  static constexpr int32_t kUncovered = -1;

  // A row that comes counts, also where it takes the place of one that is not the newest, as in
  // Flink.
  void Put(int32_t row) {
    const Slot slot = slots_[static_cast<size_t>(row)];
    ChildTable& rows = table_.child(kRows);
    const RowKind kind = rows.count(slot) == 0 ? RowKind::kInsert : RowKind::kUpdateAfter;
    const Slot known = rows_.replaces() ? Find(slot, row) : kNoSlot;
    if (known == kNoSlot) {
      place_.clear();
      AppendPlace(table_.cells().at<int64_t>(kNextPlace, slot)++, &place_);
      Insert(kPlaces, slot, rows_.known_by(row), place_);
    } else {
      place_ = PlaceIn(known);
      rows.Erase(RowAt(slot, place_));
    }
    Insert(kRows, slot, place_, rows_.row(row));
    changes_.push_back({kind, row});
  }

  void TakeBack(int32_t row) {
    const Slot slot = slots_[static_cast<size_t>(row)];
    const Slot known = Find(slot, row);
    if (known == kNoSlot) return;
    ChildTable& rows = table_.child(kRows);
    const Slot taken = RowAt(slot, PlaceIn(known));
    const bool was_newest = taken == rows.Last(slot);
    rows.Erase(taken);
    table_.child(kPlaces).Erase(known);
    if (rows.count(slot) == 0) {
      changes_.push_back({RowKind::kDelete, row});
    } else if (was_newest) {
      const auto index = static_cast<int32_t>(uncovered_.size());
      changes_.push_back({RowKind::kUpdateAfter, kUncovered - index});
      uncovered_.emplace_back(RowOf(rows.Last(slot)));
    }
  }

  // In kPlaces the first row that is known by the same; kNoSlot where there is none.
  Slot Find(Slot slot, int32_t row) const {
    const std::string_view known_by = rows_.known_by(row);
    const ChildTable& places = table_.child(kPlaces);
    const Slot found = places.LowerBound(slot, known_by);
    // Encodings are prefix-free: what begins with this one is this one.
    return found != kNoSlot && places.element(found).starts_with(known_by) ? found : kNoSlot;
  }
  std::string PlaceIn(Slot known) const {
    const std::string_view element = table_.child(kPlaces).element(known);
    return std::string(element.substr(element.size() - kPlaceBytes));
  }
  Slot RowAt(Slot slot, std::string_view place) const {
    const Slot row = table_.child(kRows).LowerBound(slot, place);
    SABOT_CHECK(row != kNoSlot && table_.child(kRows).element(row).starts_with(place));
    return row;
  }
  std::string_view RowOf(Slot element) const {
    return table_.child(kRows).element(element).substr(kPlaceBytes);
  }

  void Insert(int child, Slot slot, std::string_view begin, std::string_view end) {
    element_.assign(begin).append(end);
    bool inserted = false;
    table_.child(child).FindOrInsert(slot, element_, HashBytes(element_), &inserted);
    SABOT_CHECK(inserted);
  }

  void EraseEmpty() {
    std::sort(slots_.begin(), slots_.end());
    slots_.erase(std::unique(slots_.begin(), slots_.end()), slots_.end());
    for (const Slot slot : slots_) {
      if (table_.child(kRows).count(slot) == 0) table_.Erase(slot);
    }
  }

  arrow::Status Emit(const Batch& in, Collector& out) {
    if (changes_.empty()) return arrow::Status::OK();
    RecordBatchPtr uncovered;
    if (!uncovered_.empty()) {
      const std::vector<std::string_view> rows(uncovered_.begin(), uncovered_.end());
      ARROW_ASSIGN_OR_RAISE(auto columns, rows_.Decode(rows));
      uncovered = arrow::RecordBatch::Make(rows_.schema(), std::ssize(rows), std::move(columns));
    }
    std::vector<RowRef> rows;
    std::vector<int8_t> kinds;
    for (const auto& [kind, row] : changes_) {
      kinds.push_back(static_cast<int8_t>(kind));
      rows.push_back(row >= 0 ? RowRef{in.rows.get(), row}
                              : RowRef{uncovered.get(), kUncovered - row});
    }
    std::vector<ArrayPtr> columns;
    for (int i = 0; i < rows_.schema()->num_fields(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto column, GatherColumn(rows, i, rows_.schema()->field(i)->type()));
      columns.push_back(std::move(column));
    }
    Batch changes{arrow::RecordBatch::Make(rows_.schema(), std::ssize(rows), std::move(columns)),
                  nullptr, kNoSplit};
    ARROW_ASSIGN_OR_RAISE(changes.kinds, MakeKinds(kinds));
    return out.Emit(std::move(changes));
  }

  SinkRows rows_;
  KeyedTable table_;
  Clock* clock_;
  OperatorMetrics* metrics_;
  // While a batch is worked off.
  std::vector<Slot> slots_;
  std::vector<int64_t> inserted_;
  std::vector<Change> changes_;
  std::vector<std::string> uncovered_;
  std::string place_;
  std::string element_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(SinkRows rows, SinkRows::Make(node));
  KeyedTableLayout layout;
  ARROW_RETURN_NOT_OK(SetTtl(node, context, &layout));
  return std::make_unique<UpsertMaterialize>(std::move(rows), std::move(layout), context);
}

}  // namespace

extern const OperatorSpec kUpsertMaterialize{
    .name = "upsert_materialize", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
