// settle_conflicts: the row of every key of a sink, where no two rows may have the same one.
//
//   sink key n     in    +I[1, a]  +I[2, a]  -D[2, a]  W(5)         +I[3, a]  W(9)
//                  out                                 +I[1, a]               error, or nothing
//
// Changes wait for the watermark, since what takes a row back may come after what takes its place;
// of those that wait for the same one, a row and what takes it back cancel out, in any order. If
// several rows are left the job fails, or the one that was first stays. With an upsert key a new
// row takes the place of the one with that key, and a row is taken back by it; without one by all
// it holds.
//
// State: the row of every key, and the changes that wait.
#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "expressions/failed_row.h"
#include "operators/sink_rows.h"
#include "operators/state_rows.h"
#include "operators/state_ttl.h"
#include "state/encoded_bytes.h"
#include "state/keyed_table.h"

namespace sabot {
namespace {

constexpr size_t kPieceKeys = 4096;

// Of a waiting key: 8 bytes, the place of its next change.
constexpr int kNextPlace = 0;
// Its children, both in byte order: (place, row), with a byte that says whether it takes the row
// back, and (row, place).
constexpr int kChanges = 0;
constexpr int kPlaces = 1;
constexpr int kTakesBack = 0;
// Of a key's only row.
constexpr int kRow = 0;

KeyedTableLayout WithChanges(const SinkRows& rows) {
  KeyedTableLayout layout;
  layout.keys = rows.key_types();
  layout.cells = {{"next", CellSpec::Kind::kFixed8}};
  KeyTypes placed = rows.row_types();
  placed.insert(placed.begin(), arrow::int64());
  KeyTypes known = rows.row_types();
  known.push_back(arrow::int64());
  layout.children = {{.cells = {{"takes back", CellSpec::Kind::kFixed1}},
                      .ordered = true,
                      .values = std::move(placed)},
                     {.cells = {}, .ordered = true, .values = std::move(known)}};
  return layout;
}

KeyedTableLayout WithRow(KeyedTableLayout layout, const SinkRows& rows) {
  layout.keys = rows.key_types();
  layout.children = {{.cells = {}, .ordered = true, .values = rows.row_types()}};
  return layout;
}

class SettleConflicts final : public Operator {
 public:
  SettleConflicts(SinkRows rows, bool fails, KeyedTableLayout layout, OperatorContext& context)
      : fails_(fails),
        rows_(std::move(rows)),
        known_by_types_(rows_.known_by_types()),
        waiting_("waiting", WithChanges(rows_), context.tiers),
        current_("rows", WithRow(std::move(layout), rows_), context.tiers),
        clock_(context.clock),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector&) override {
    ARROW_RETURN_NOT_OK(rows_.Encode(in));
    slots_.resize(static_cast<size_t>(in.num_rows()));
    inserted_.clear();
    ARROW_RETURN_NOT_OK(waiting_.LookupOrInsert(rows_.keys(), slots_, &inserted_));
    for (int64_t row = 0; row < in.num_rows(); ++row)
      Wait(slots_[static_cast<size_t>(row)], rows_.row(row), IsRetract(in.kind(row)));
    metrics_->state_bytes.Set(waiting_.size_bytes() + current_.size_bytes());
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark;
    current_.BeginBatch(clock_->NowMillis());
    due_ = std::make_unique<KeyedTable::Scan>(waiting_);
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      if (!out.has_room()) return Progress::kMoreOutput;
      ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> due, due_->Next(kPieceKeys));
      if (due.empty()) break;
      slots_.resize(due.size());
      ARROW_RETURN_NOT_OK(current_.LookupOrInsert(waiting_, due, slots_));
      changed_.clear();
      kinds_.clear();
      for (size_t i = 0; i < due.size(); ++i) ARROW_RETURN_NOT_OK(Settle(due[i], slots_[i]));
      for (const Slot slot : due) waiting_.Erase(slot);
      ARROW_RETURN_NOT_OK(Emit(out));
    }
    due_.reset();
    metrics_->state_bytes.Set(waiting_.size_bytes() + current_.size_bytes());
    ARROW_RETURN_NOT_OK(out.Emit(watermark_));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    ARROW_RETURN_NOT_OK(waiting_.Snapshot(to));
    return current_.Snapshot(to);
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    current_.BeginBatch(clock_->NowMillis());
    ARROW_RETURN_NOT_OK(waiting_.Restore(from));
    return current_.Restore(from);
  }
  // The rows that count; changes that wait are none yet.
  StateCursor ReadState(std::optional<StateKey> only) override {
    current_.BeginBatch(clock_->NowMillis());
    return [this, at = SlotCursor(std::move(only))](
               size_t rows_max) mutable -> arrow::Result<StatePiece> {
      StatePiece piece;
      ARROW_ASSIGN_OR_RAISE(const std::vector<Slot> slots,
                            at.Next(current_, rows_max, &piece.last));
      std::vector<std::string_view> rows;
      for (const Slot slot : slots) {
        const ChildTable& row = current_.child(kRow);
        if (row.count(slot) > 0) rows.push_back(row.element(row.First(slot)));
      }
      ARROW_ASSIGN_OR_RAISE(piece.columns, rows_.Decode(rows));
      return piece;
    };
  }

 private:
  void Wait(Slot slot, std::string_view row, bool takes_back) {
    ChildTable& changes = waiting_.child(kChanges);
    ChildTable& places = waiting_.child(kPlaces);
    const Slot equal = places.LowerBound(slot, row);
    // Encodings are prefix-free: what begins with this row is this row.
    if (equal != kNoSlot && places.element(equal).starts_with(row)) {
      const std::string_view element = places.element(equal);
      const Slot change = changes.LowerBound(slot, element.substr(element.size() - kPlaceBytes));
      SABOT_CHECK(change != kNoSlot);
      // All that wait of one row are of one kind.
      if ((changes.cells().at<uint8_t>(kTakesBack, change) != 0) != takes_back) {
        changes.Erase(change);
        places.Erase(equal);
        return;
      }
    }
    std::string place;
    AppendPlace(waiting_.cells().at<int64_t>(kNextPlace, slot)++, &place);
    const Slot change = Insert(changes, slot, place, row);
    changes.cells().at<uint8_t>(kTakesBack, change) = takes_back ? 1 : 0;
    Insert(places, slot, row, place);
  }

  Slot Insert(ChildTable& child, Slot slot, std::string_view begin, std::string_view end) {
    element_.assign(begin).append(end);
    bool inserted = false;
    const Slot element = child.FindOrInsert(slot, element_, HashBytes(element_), &inserted);
    SABOT_CHECK(inserted);
    return element;
  }

  arrow::Status Settle(Slot waiting, Slot current) {
    ChildTable& row = current_.child(kRow);
    const bool is_new = row.count(current) == 0;
    const std::string before(is_new ? std::string_view() : row.element(row.First(current)));
    left_.clear();
    if (!is_new) left_.push_back(before);
    const ChildTable& changes = waiting_.child(kChanges);
    for (const Slot change : changes.Elements(waiting)) {
      const std::string_view changed = changes.element(change).substr(kPlaceBytes);
      if (changes.cells().at<uint8_t>(kTakesBack, change) != 0) {
        TakeBack(changed);
      } else {
        Put(changed);
      }
    }
    if (left_.size() > 1 && fails_) return Conflict();
    if (left_.size() > 1 && !is_new) return arrow::Status::OK();  // As in Flink, whatever it was.
    if (left_.empty()) {
      if (!is_new) Change(RowKind::kDelete, before);
      current_.Erase(current);
      return arrow::Status::OK();
    }
    const std::string_view now = left_[0];
    if (!is_new && now == before) return arrow::Status::OK();
    Change(is_new ? RowKind::kInsert : RowKind::kUpdateAfter, now);
    row.EraseAll(current);
    bool inserted = false;
    row.FindOrInsert(current, now, HashBytes(now), &inserted);
    return arrow::Status::OK();
  }

  void Put(std::string_view row) {
    const auto same = rows_.replaces() ? Find(row) : left_.end();
    if (same == left_.end()) {
      left_.push_back(row);
    } else {
      *same = row;
    }
  }
  void TakeBack(std::string_view row) {
    const auto same = Find(row);
    if (same != left_.end()) left_.erase(same);
  }
  // The first row that is left of those that are known by the same.
  std::vector<std::string_view>::iterator Find(std::string_view row) {
    const std::string_view known_by = row.substr(0, EncodedBytes(row, known_by_types_));
    return std::find_if(left_.begin(), left_.end(),
                        [known_by](std::string_view other) { return other.starts_with(known_by); });
  }

  void Change(RowKind kind, std::string_view row) {
    changed_.emplace_back(row);
    kinds_.push_back(static_cast<int8_t>(kind));
  }

  arrow::Status Conflict() const {
    const std::vector<std::string_view> two(left_.begin(), left_.begin() + 2);
    ARROW_ASSIGN_OR_RAISE(auto columns, rows_.Decode(two));
    const auto rows = arrow::RecordBatch::Make(rows_.schema(), 2, std::move(columns));
    return UserError("primary-key-conflict", rows_.key_names(),
                     "Rows with the same PRIMARY KEY (" + rows_.key_names() + "): (" +
                         DescribeRow(*rows, 0) + ") and (" + DescribeRow(*rows, 1) +
                         "). ON CONFLICT DO NOTHING keeps the first one, DO DEDUPLICATE the last "
                         "one that is left");
  }

  arrow::Status Emit(Collector& out) {
    if (kinds_.empty()) return arrow::Status::OK();
    const std::vector<std::string_view> rows(changed_.begin(), changed_.end());
    ARROW_ASSIGN_OR_RAISE(auto columns, rows_.Decode(rows));
    Batch changes{arrow::RecordBatch::Make(rows_.schema(), std::ssize(rows), std::move(columns)),
                  nullptr, kNoSplit};
    ARROW_ASSIGN_OR_RAISE(changes.kinds, MakeKinds(kinds_));
    return out.Emit(std::move(changes));
  }

  const bool fails_;
  SinkRows rows_;
  const KeyTypes known_by_types_;
  KeyedTable waiting_;
  KeyedTable current_;
  Clock* clock_;
  OperatorMetrics* metrics_;
  // While an element is worked off.
  Watermark watermark_;
  std::unique_ptr<KeyedTable::Scan> due_;
  std::vector<Slot> slots_;
  std::vector<int64_t> inserted_;
  std::vector<std::string_view> left_;  // Of a key.
  std::vector<std::string> changed_;
  std::vector<int8_t> kinds_;
  std::string element_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(SinkRows rows, SinkRows::Make(node));
  ARROW_ASSIGN_OR_RAISE(const std::string action, node.String("onConflict"));
  if (action != "error" && action != "nothing")
    return node.Error("config 'onConflict' must be error or nothing");
  KeyedTableLayout layout;
  ARROW_RETURN_NOT_OK(SetTtl(node, context, &layout));
  return std::make_unique<SettleConflicts>(std::move(rows), action == "error", std::move(layout),
                                           context);
}

}  // namespace

extern const OperatorSpec kSettleConflicts{
    .name = "settle_conflicts", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
