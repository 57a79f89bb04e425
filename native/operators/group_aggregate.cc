// group_aggregate: GROUP BY without windows; each row changes its group's result at once.
//
//   COUNT(*) by k    in   +I[a]     +I[a]                     -D[a]                     -D[a]
//                    out  +I[a, 1]  -U[a, 1] +U[a, 2]         -U[a, 2] +U[a, 1]         -D[a, 1]
//
// As in Flink: an unchanged result emits nothing, a retraction of an unknown group is ignored, a
// group whose rows are all taken back is deleted; without keys there is one group and, over no
// input, no row. With `miniBatch` a batch is folded to one net change per group. Under a state TTL
// groups begin anew after it, and unchanged results are emitted too: state downstream lives on.
//
// State: a table of groups; where rows can be taken back its first cell counts the group's rows.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "aggregates/aggregate_set.h"
#include "base/hash.h"
#include "operators/net_changes.h"
#include "operators/state_rows.h"
#include "operators/state_ttl.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int kRecords = 0;  // The cell that counts a group's rows.
// Input is taken in pieces, so that output stays bounded where one row's result is large (LISTAGG,
// ARRAY_AGG).
constexpr int64_t kPieceRowsMin = 16;
constexpr int64_t kPieceRowsMax = 4096;
constexpr int64_t kPieceBytes = int64_t{4} << 20;

struct Config {
  std::vector<int> keys;
  bool input_retracts = false;
  bool emit_update_before = true;
  bool fold = false;
};

class GroupAggregate final : public Operator {
 public:
  GroupAggregate(Config config, KeyedTableLayout layout, std::unique_ptr<AggregateSet> aggregates,
                 std::shared_ptr<arrow::Schema> schema, OperatorContext& context)
      : config_(std::move(config)),
        has_ttl_(layout.ttl_ms > 0),
        table_("groups", std::move(layout), context.tiers),
        aggregates_(std::move(aggregates)),
        schema_(std::move(schema)),
        context_(context),
        net_(schema_, config_.keys.size(), config_.emit_update_before,
             !config_.input_retracts && aggregates_->changes_with_every_row(), has_ttl_) {}

  arrow::Result<Progress> Process(int, const Batch& batch, Collector& out) override {
    table_.BeginBatch(context_.clock->NowMillis());
    pending_ = batch;
    next_row_ = 0;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (next_row_ < pending_.num_rows()) {
      const int64_t left = pending_.num_rows() - next_row_;
      const int64_t length = config_.fold ? left : std::min(left, piece_rows_);
      const Batch piece =
          length == pending_.num_rows() ? pending_ : pending_.Slice(next_row_, length);
      next_row_ += length;
      ARROW_ASSIGN_OR_RAISE(Batch changes, config_.fold ? Fold(piece) : Change(piece));
      if (changes.num_rows() > 0) {
        AdaptPiece(length, SizeBytes(changes));
        ARROW_RETURN_NOT_OK(out.Emit(std::move(changes)));
      }
      if (next_row_ < pending_.num_rows() && !out.has_room()) return Progress::kMoreOutput;
    }
    pending_ = {};
    context_.metrics->state_bytes.Set(table_.size_bytes());
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    SABOT_CHECK(pending_.rows == nullptr);
    return table_.Snapshot(to);
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    table_.BeginBatch(context_.clock->NowMillis());
    return table_.Restore(from);
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    table_.BeginBatch(context_.clock->NowMillis());
    KeyTypes keys;
    for (size_t i = 0; i < config_.keys.size(); ++i)
      keys.push_back(schema_->field(static_cast<int>(i))->type());
    return ReadGroups(table_, *aggregates_, std::move(keys), std::move(only));
  }

 private:
  // --- one change per row ---

  arrow::Result<Batch> Change(Batch piece) {
    ARROW_RETURN_NOT_OK(LookUp(piece));
    const auto length = static_cast<size_t>(piece.num_rows());
    born_.assign(length, 0);
    died_.assign(length, 0);
    finished_.clear();
    if (config_.input_retracts) {
      ARROW_RETURN_NOT_OK(CountRecords(piece));
    } else {
      for (const int64_t row : inserted_) born_[static_cast<size_t>(row)] = 1;
    }
    tracking_.Begin(piece.num_rows(), config_.emit_update_before || !finished_.empty());
    tracking_.all_changed = has_ttl_;
    ARROW_RETURN_NOT_OK(aggregates_->UpdateTracked(table_, piece, slots_, tracking_));
    ARROW_ASSIGN_OR_RAISE(Batch changes, PickChanges(piece));
    EraseFinished();
    return changes;
  }

  arrow::Status LookUp(const Batch& batch) {
    slots_.resize(static_cast<size_t>(batch.num_rows()));
    inserted_.clear();
    if (config_.keys.empty()) {
      ARROW_RETURN_NOT_OK(keys_.Encode({}, 1));
      ARROW_RETURN_NOT_OK(table_.LookupOrInsert(keys_, std::span(slots_).first(1), &inserted_));
      std::fill(slots_.begin(), slots_.end(), slots_[0]);
    } else {
      std::vector<ArrayPtr> columns;
      for (const int key : config_.keys) columns.push_back(batch.column(key));
      ARROW_RETURN_NOT_OK(keys_.Encode(columns, batch.num_rows()));
      ARROW_RETURN_NOT_OK(table_.LookupOrInsert(keys_, slots_, &inserted_));
    }
    inserted_slots_.clear();
    for (const int64_t row : inserted_) inserted_slots_.push_back(slots_[static_cast<size_t>(row)]);
    return arrow::Status::OK();
  }

  // Counts each group's rows: which rows begin a group, which end one; drops retractions of unknown
  // groups. A group that ends and begins anew within the piece moves to a fresh slot, so that the
  // aggregates may each run over the whole piece.
  arrow::Status CountRecords(Batch& piece) {
    renewed_.clear();
    dead_.clear();
    kept_.clear();
    CellColumns& cells = table_.cells();
    for (size_t row = 0; row < slots_.size(); ++row) {
      const Slot found = slots_[row];
      Slot slot = found;
      if (!renewed_.empty()) {
        const auto renewed = renewed_.find(found);
        if (renewed != renewed_.end()) slot = renewed->second;
      }
      int64_t* records = &cells.at<int64_t>(kRecords, slot);
      if (IsRetract(piece.kind(static_cast<int64_t>(row)))) {
        if (*records == 0) continue;
        if (--*records == 0) {
          died_[row] = 1;
          dead_.insert(slot);
          finished_.push_back(slot);
        }
      } else {
        if (*records == 0) {
          born_[row] = 1;
          if (!dead_.empty() && dead_.erase(slot) > 0) {
            slot = table_.Renew(slot);
            renewed_[found] = slot;
            records = &cells.at<int64_t>(kRecords, slot);
          }
        }
        ++*records;
      }
      slots_[row] = slot;
      kept_.push_back(static_cast<int32_t>(row));
    }
    if (kept_.size() == slots_.size()) return arrow::Status::OK();
    for (size_t i = 0; i < kept_.size(); ++i) {
      const auto row = static_cast<size_t>(kept_[i]);
      slots_[i] = slots_[row];
      born_[i] = born_[row];
      died_[i] = died_[row];
    }
    slots_.resize(kept_.size());
    return Take(piece, kept_).Value(&piece);
  }

  void EraseFinished() {
    for (const Slot slot : finished_) table_.Erase(slot);
    if (!config_.input_retracts) return;
    // Keys that only retractions have named.
    for (const Slot slot : inserted_slots_) {
      if (table_.live(slot) && table_.cells().at<int64_t>(kRecords, slot) == 0) table_.Erase(slot);
    }
  }

  arrow::Result<Batch> PickChanges(const Batch& piece) {
    rows_.clear();
    entries_.clear();
    kinds_.clear();
    const auto emit = [&](RowKind kind, size_t row, size_t entry) {
      rows_.push_back(static_cast<int32_t>(row));
      entries_.push_back(static_cast<int32_t>(entry));
      kinds_.push_back(static_cast<int8_t>(kind));
    };
    const bool before = tracking_.before;
    const auto length = static_cast<size_t>(piece.num_rows());
    for (size_t row = 0; row < length; ++row) {
      const size_t after = before ? 2 * row + 1 : row;
      if (died_[row] != 0) {
        emit(RowKind::kDelete, row, after - 1);
      } else if (born_[row] != 0) {
        emit(RowKind::kInsert, row, after);
      } else if (tracking_.all_changed || tracking_.changed[row] != 0) {
        if (config_.emit_update_before) emit(RowKind::kUpdateBefore, row, after - 1);
        emit(RowKind::kUpdateAfter, row, after);
      }
    }
    const bool every_row = !before && rows_.size() == length;
    std::vector<ArrayPtr> columns;
    columns.reserve(static_cast<size_t>(schema_->num_fields()));
    for (const int key : config_.keys) {
      ArrayPtr column = piece.column(key);
      if (!every_row) {
        ARROW_ASSIGN_OR_RAISE(column, Take(column, rows_));
      }
      columns.push_back(std::move(column));
    }
    for (int call = 0; call < aggregates_->size(); ++call) {
      const TrackedColumn& tracked = aggregates_->tracked(call);
      ARROW_ASSIGN_OR_RAISE(ArrayPtr column, every_row ? tracked.All() : tracked.Pick(entries_));
      columns.push_back(std::move(column));
    }
    Batch changes;
    changes.rows =
        arrow::RecordBatch::Make(schema_, static_cast<int64_t>(rows_.size()), std::move(columns));
    ARROW_ASSIGN_OR_RAISE(changes.kinds, MakeKinds(kinds_));
    return changes;
  }

  void AdaptPiece(int64_t rows, int64_t bytes) {
    const int64_t fitting = rows * kPieceBytes / std::max<int64_t>(bytes, 1);
    piece_rows_ = std::clamp(std::min(fitting, 4 * piece_rows_), kPieceRowsMin, kPieceRowsMax);
  }

  // --- one net change per group ---

  arrow::Result<Batch> Fold(Batch piece) {
    ARROW_RETURN_NOT_OK(LookUp(piece));
    // Groups in order of appearance. Where rows can be taken back, a group is there if it has rows.
    marks_.resize(table_.num_slots(), 0);
    for (const Slot slot : inserted_slots_) marks_[slot] = kNew;
    touched_.clear();
    existed_.clear();
    kept_.clear();
    CellColumns& cells = table_.cells();
    for (size_t row = 0; row < slots_.size(); ++row) {
      const Slot slot = slots_[row];
      const bool retract =
          config_.input_retracts && IsRetract(piece.kind(static_cast<int64_t>(row)));
      if (retract && marks_[slot] == kNew) continue;  // Of an unknown group.
      if (marks_[slot] != kTouched) {
        touched_.push_back(slot);
        existed_.push_back(marks_[slot] == kNew ? 0 : 1);
        marks_[slot] = kTouched;
      }
      if (config_.input_retracts) cells.at<int64_t>(kRecords, slot) += retract ? -1 : 1;
      kept_.push_back(static_cast<int32_t>(row));
    }
    for (const Slot slot : touched_) marks_[slot] = 0;
    if (kept_.size() != slots_.size()) {
      for (size_t i = 0; i < kept_.size(); ++i) slots_[i] = slots_[static_cast<size_t>(kept_[i])];
      slots_.resize(kept_.size());
      ARROW_ASSIGN_OR_RAISE(piece, Take(piece, kept_));
    }
    ARROW_RETURN_NOT_OK(net_.Begin(table_, *aggregates_, touched_, existed_));
    ARROW_RETURN_NOT_OK(aggregates_->Update(table_, piece, slots_));
    gone_.assign(touched_.size(), 0);
    finished_.clear();
    for (size_t i = 0; config_.input_retracts && i < touched_.size(); ++i) {
      if (cells.at<int64_t>(kRecords, touched_[i]) != 0) continue;
      gone_[i] = 1;
      finished_.push_back(touched_[i]);
    }
    ARROW_ASSIGN_OR_RAISE(Batch changes, net_.Finish(table_, *aggregates_, gone_));
    for (const Slot slot : inserted_slots_) marks_[slot] = 0;
    EraseFinished();
    return changes;
  }

  enum Mark : uint8_t { kNew = 1, kTouched = 2 };

  const Config config_;
  const bool has_ttl_;
  KeyedTable table_;
  std::unique_ptr<AggregateSet> aggregates_;
  std::shared_ptr<arrow::Schema> schema_;
  OperatorContext& context_;
  NetChanges net_;

  // Of the batch under way; empty when a snapshot is taken.
  Batch pending_;
  int64_t next_row_ = 0;
  int64_t piece_rows_ = 256;

  // Scratch of one piece.
  EncodedKeys keys_;
  std::vector<Slot> slots_;
  std::vector<int64_t> inserted_;
  std::vector<Slot> inserted_slots_;
  std::vector<uint8_t> born_;
  std::vector<uint8_t> died_;
  std::unordered_map<Slot, Slot>
      renewed_;                    // From the slot that was looked up to the group's present one.
  std::unordered_set<Slot> dead_;  // Ended and not begun anew.
  std::vector<Slot> finished_;     // To be erased after the piece.
  std::vector<int32_t> kept_;
  Tracking tracking_;
  std::vector<int32_t> rows_;
  std::vector<int32_t> entries_;
  std::vector<int8_t> kinds_;
  std::vector<uint8_t> marks_;  // By slot.
  std::vector<Slot> touched_;
  std::vector<uint8_t> existed_;
  std::vector<uint8_t> gone_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  Config config;
  ARROW_ASSIGN_OR_RAISE(config.keys, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(config.input_retracts, node.Bool("inputRetracts", false));
  ARROW_ASSIGN_OR_RAISE(config.emit_update_before, node.Bool("emitUpdateBefore", true));
  const nlohmann::json* mini_batch = node.Member("miniBatch");
  ARROW_ASSIGN_OR_RAISE(config.fold, node.Bool("fold", false));
  config.fold = config.fold || (mini_batch != nullptr && !mini_batch->is_null());
  ARROW_ASSIGN_OR_RAISE(std::vector<AggregateCall> calls, node.Aggregates("aggregates"));
  if (node.schema.size() != config.keys.size() + calls.size()) {
    return node.Error("the schema must be the keys, then the aggregates");
  }
  KeyedTableLayout layout;
  ARROW_RETURN_NOT_OK(SetTtl(node, context, &layout));
  for (const int key : config.keys)
    layout.keys.push_back(ToArrow(node.input_schemas[0][static_cast<size_t>(key)].type));
  if (config.input_retracts) layout.cells.push_back({"records", CellSpec::Kind::kFixed8});
  ARROW_ASSIGN_OR_RAISE(auto aggregates,
                        AggregateSet::Make(std::move(calls), config.input_retracts, layout));
  return std::make_unique<GroupAggregate>(std::move(config), std::move(layout),
                                          std::move(aggregates), ToArrow(node.schema), context);
}

}  // namespace

extern const OperatorSpec kGroupAggregate{
    .name = "group_aggregate", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
