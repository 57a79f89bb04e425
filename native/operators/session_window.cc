// session_window: one row per key and session, when event time has passed its gap.
//
//   gap 5, COUNT(*)     in    k=a@1  k=a@4  k=a@20  W(8)
//                       out                         [a, 2, 1, 9] W(8)
//
// A session is [first row, last row + gap); rows that touch it, also exactly at its end, extend it,
// and a row between two sessions makes them one. A row is late if it opens a session that would
// have fired already.
//
// State: a table of sessions (start, end, aggregates); the watermark. Which sessions a key has
// (session_lists.h) and which ends next (due_slots.h) is rebuilt on restore.
#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "aggregates/aggregate_set.h"
#include "batch/key_encoding.h"
#include "operators/due_slots.h"
#include "operators/session_lists.h"
#include "operators/state_rows.h"
#include "operators/windows.h"

namespace sabot {
namespace {

constexpr size_t kPieceRows = 8192;
constexpr size_t kRestoredRows = 1024;  // Sessions that are listed at once.

// Cells of a session before its aggregates. A session's key is the group's key and a number of its
// own. The cell between is of no use but to checkpoints that have it.
enum Cell : int { kStart = 0, kEnd = 1, kRows = 3 };

class SessionWindow final : public Operator {
 public:
  SessionWindow(Windows windows, WindowColumns columns, std::vector<int> keys,
                std::vector<std::shared_ptr<arrow::DataType>> key_types, bool input_retracts,
                std::shared_ptr<arrow::Schema> schema, OperatorContext& context)
      : windows_(std::move(windows)),
        columns_(std::move(columns)),
        keys_(std::move(keys)),
        key_types_(std::move(key_types)),
        input_retracts_(input_retracts),
        schema_(std::move(schema)),
        tiers_(context.tiers),
        metrics_(context.metrics) {}

  arrow::Status Init(std::vector<AggregateCall> calls) {
    KeyedTableLayout layout;
    layout.cells = {{"start", CellSpec::Kind::kFixed8},
                    {"end", CellSpec::Kind::kFixed8},
                    {"next", CellSpec::Kind::kFixed4},
                    {"rows", CellSpec::Kind::kFixed8}};
    layout.unhashed_bytes = SessionLists::kNumberBytes;
    layout.keys = key_types_;
    ARROW_ASSIGN_OR_RAISE(aggregates_,
                          AggregateSet::Make(std::move(calls), input_retracts_, layout));
    sessions_ = std::make_unique<KeyedTable>("sessions", layout, tiers_);
    lists_.emplace(sessions_.get(), tiers_);
    ends_.emplace("ends", sessions_.get(), kEnd, SessionLists::kNumberBytes, tiers_);
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> key_columns;
    for (const int key : keys_) key_columns.push_back(in.column(key));
    ARROW_RETURN_NOT_OK(encoded_.Encode(key_columns, in.num_rows()));
    const auto num_rows = static_cast<size_t>(in.num_rows());
    ARROW_RETURN_NOT_OK(lists_->Begin(encoded_));
    slots_.assign(num_rows, kNoSlot);
    wanted_.assign(num_rows, 1);
    const int64_t* times = in.rows->column_data(windows_.time_column())->GetValues<int64_t>(1);
    int64_t begin = 0;
    bool any_late = false;
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      const auto at = static_cast<size_t>(row);
      const int64_t time = windows_.has_zone() ? windows_.ToLocal(times[at]) : times[at];
      const Slot list = lists_->Of(row);
      bool merges = false;
      Slot slot = list == kNoSlot ? kNoSlot : FindSession(list, time, &merges);
      if (merges) {
        // The rows before this one belong to the sessions as they were.
        ARROW_RETURN_NOT_OK(Accumulate(in, begin, row));
        begin = row;
        ARROW_ASSIGN_OR_RAISE(slot, MergeSessions(list, time));
      } else if (slot == kNoSlot) {
        slot = OpenSession(time, row);
      }
      any_late = any_late || slot == kNoSlot;
      wanted_[at] = slot != kNoSlot;
      slots_[at] = slot;
      if (slot != kNoSlot) cell(kRows, slot) += IsRetract(in.kind(row)) ? -1 : 1;
    }
    ARROW_RETURN_NOT_OK(Accumulate(in, begin, in.num_rows()));
    if (any_late) {
      std::vector<int32_t> late;
      for (size_t row = 0; row < num_rows; ++row) {
        if (wanted_[row] == 0) late.push_back(static_cast<int32_t>(row));
      }
      ARROW_RETURN_NOT_OK(out.EmitLate(0, in, late));
    }
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      if (!out.has_room()) return Progress::kMoreOutput;
      ARROW_RETURN_NOT_OK(CollectFired());
      if (fired_.empty()) break;
      ARROW_RETURN_NOT_OK(EmitFired(out));
      if (tiers_ != nullptr) ARROW_RETURN_NOT_OK(tiers_->MakeRoom());
    }
    metrics_->state_bytes.Set(sessions_->size_bytes() + lists_->size_bytes() +
                              ends_->memory_bytes());
    ARROW_RETURN_NOT_OK(out.Emit(Watermark{watermark_}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", watermark_);
    to.PutInt64("next_number", static_cast<int64_t>(next_number_));
    return sessions_->Snapshot(to);
  }

  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(watermark_, from.GetInt64("watermark"));
    ARROW_RETURN_NOT_OK(sessions_->Restore(from));
    // Numbers only tell apart sessions of one key, and a key comes from one old subtask: any number
    // above all restored ones will do.
    next_number_ = 0;
    KeyedTable::Scan sessions(*sessions_);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> slots, sessions.Next(kRestoredRows));
      if (slots.empty()) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(lists_->Add(slots));
      for (const Slot slot : slots) {
        next_number_ = std::max(next_number_, SessionLists::NumberOf(*sessions_, slot) + 1);
        ends_->Push(slot);
      }
      if (tiers_ != nullptr) ARROW_RETURN_NOT_OK(tiers_->MakeRoom());
    }
  }

  // Keys, start and end in local time, aggregates.
  StateCursor ReadState(std::optional<StateKey> only) override {
    const bool all = !only.has_value();
    return [this, all, only,
            at = SlotCursor(only)](size_t rows_max) mutable -> arrow::Result<StatePiece> {
      StatePiece piece;
      piece.last = true;
      std::vector<Slot> slots;
      if (all) {
        ARROW_ASSIGN_OR_RAISE(slots, at.Next(*sessions_, rows_max, &piece.last));
      } else {
        ARROW_ASSIGN_OR_RAISE(slots, lists_->SessionsOf(only->bytes, only->hash));
      }
      if (input_retracts_)
        std::erase_if(slots, [this](Slot slot) { return cell(kRows, slot) == 0; });
      ARROW_ASSIGN_OR_RAISE(piece.columns,
                            KeyColumns(*sessions_, slots, key_types_, SessionLists::kNumberBytes));
      std::vector<int64_t> starts;
      std::vector<int64_t> ends;
      for (const Slot slot : slots) {
        starts.push_back(cell(kStart, slot));
        ends.push_back(cell(kEnd, slot));
      }
      piece.columns.push_back(LocalTimes(std::move(starts)));
      piece.columns.push_back(LocalTimes(std::move(ends)));
      ARROW_ASSIGN_OR_RAISE(auto results, aggregates_->Finish(*sessions_, slots));
      piece.columns.insert(piece.columns.end(), results.begin(), results.end());
      return piece;
    };
  }

 private:
  int64_t& cell(Cell column, Slot slot) { return sessions_->cells().at<int64_t>(column, slot); }

  bool Touches(Slot slot, int64_t time) {
    return time <= cell(kEnd, slot) && time + windows_.gap_ms() >= cell(kStart, slot);
  }

  // The session that a row at `time` extends (and extends it); kNoSlot for none. *merges: there are
  // several, nothing was changed.
  Slot FindSession(Slot list, int64_t time, bool* merges) {
    Slot found = kNoSlot;
    const size_t count = lists_->count(list);
    for (size_t i = 0; i < count; ++i) {
      const Slot slot = lists_->session(list, i);
      if (!Touches(slot, time)) continue;
      if (found != kNoSlot) {
        *merges = true;
        return kNoSlot;
      }
      found = slot;
    }
    if (found != kNoSlot) {
      sessions_->Touch(found);
      Extend(found, time, time + windows_.gap_ms());
    }
    return found;
  }

  void Extend(Slot slot, int64_t start, int64_t end) {
    cell(kStart, slot) = std::min(cell(kStart, slot), start);
    cell(kEnd, slot) = std::max(cell(kEnd, slot), end);
  }

  Slot OpenSession(int64_t time, int64_t row) {
    const int64_t end = time + windows_.gap_ms();
    if (windows_.HasFired(end, watermark_)) return kNoSlot;
    key_.assign(encoded_.key(row));
    const uint64_t number = next_number_++;
    key_.append(reinterpret_cast<const char*>(&number), SessionLists::kNumberBytes);
    bool inserted = false;
    // With the group's hash: a session lies in its group's key group.
    const Slot slot = sessions_->LookupOrInsert(key_, encoded_.hash(row), &inserted);
    cell(kStart, slot) = time;
    cell(kEnd, slot) = end;
    lists_->Add(row, number, slot);
    ends_->Push(slot);
    return slot;
  }

  // All sessions that [time, time + gap] touches become the first of them.
  arrow::Result<Slot> MergeSessions(Slot list, int64_t time) {
    const std::vector<Slot> slots = lists_->sessions(list);
    Slot into = kNoSlot;
    for (const Slot slot : slots) {
      if (!Touches(slot, time)) continue;
      if (into == kNoSlot) {
        into = slot;
        sessions_->Touch(into);
        continue;
      }
      const std::array<Slot, 1> to = {into};
      const std::array<Slot, 1> from = {slot};
      ARROW_RETURN_NOT_OK(aggregates_->Merge(*sessions_, to, *sessions_, from));
      Extend(into, cell(kStart, slot), cell(kEnd, slot));
      cell(kRows, into) += cell(kRows, slot);
      lists_->Remove(list, SessionLists::NumberOf(*sessions_, slot));
      ends_->Forget(slot);
      sessions_->Erase(slot);
    }
    Extend(into, time, time + windows_.gap_ms());
    return into;
  }

  arrow::Status Accumulate(const Batch& in, int64_t begin, int64_t end) {
    if (begin == end) return arrow::Status::OK();
    const auto offset = static_cast<size_t>(begin);
    const std::span<const Slot> slots(slots_.data() + offset, static_cast<size_t>(end - begin));
    return aggregates_->Update(*sessions_, in.Slice(begin, end - begin), slots,
                               wanted_.data() + offset);
  }

  // Sessions whose end the watermark has passed, oldest end first, at most a piece.
  arrow::Status CollectFired() {
    fired_.clear();
    const auto is_due = [this](int64_t end) { return windows_.HasFired(end, watermark_); };
    while (fired_.size() < kPieceRows) {
      ARROW_ASSIGN_OR_RAISE(const Slot slot, ends_->Pop(is_due));
      if (slot == kNoSlot) break;
      fired_.push_back(slot);
    }
    return arrow::Status::OK();
  }

  arrow::Status EmitFired(Collector& out) {
    std::vector<Slot> slots;
    for (const Slot slot : fired_) {
      if (!input_retracts_ || cell(kRows, slot) != 0) slots.push_back(slot);
    }
    if (!slots.empty()) ARROW_RETURN_NOT_OK(Emit(slots, out));
    ARROW_RETURN_NOT_OK(lists_->Remove(fired_));
    for (const Slot slot : fired_) sessions_->Erase(slot);
    return arrow::Status::OK();
  }

  arrow::Status Emit(std::span<const Slot> slots, Collector& out) {
    std::vector<std::string_view> keys(slots.size());
    std::vector<int64_t> starts(slots.size());
    std::vector<int64_t> ends(slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      keys[i] = SessionLists::GroupKey(*sessions_, slots[i]);
      starts[i] = cell(kStart, slots[i]);
      ends[i] = cell(kEnd, slots[i]);
    }
    ARROW_ASSIGN_OR_RAISE(std::vector<ArrayPtr> columns, DecodeKeys(keys, key_types_));
    ARROW_ASSIGN_OR_RAISE(auto results, aggregates_->Finish(*sessions_, slots));
    columns.insert(columns.end(), results.begin(), results.end());
    ARROW_ASSIGN_OR_RAISE(auto times, columns_.Build(starts, ends, windows_));
    columns.insert(columns.end(), times.begin(), times.end());
    return out.Emit(Batch{
        arrow::RecordBatch::Make(schema_, static_cast<int64_t>(slots.size()), std::move(columns)),
        nullptr, kNoSplit});
  }

  Windows windows_;
  WindowColumns columns_;
  std::vector<int> keys_;
  std::vector<std::shared_ptr<arrow::DataType>> key_types_;
  bool input_retracts_;
  std::shared_ptr<arrow::Schema> schema_;
  StateTiers* tiers_;
  OperatorMetrics* metrics_;
  std::unique_ptr<AggregateSet> aggregates_;

  std::unique_ptr<KeyedTable> sessions_;
  std::optional<SessionLists> lists_;  // Rebuilt on restore, as is ends_.
  std::optional<DueSlots> ends_;
  int64_t watermark_ = kWatermarkMin;
  uint64_t next_number_ = 0;

  // Scratch.
  EncodedKeys encoded_;
  std::vector<Slot> slots_;
  std::vector<uint8_t> wanted_;
  std::vector<Slot> fired_;
  std::string key_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(Windows windows, Windows::Make(node, context));
  if (windows.kind() != WindowKind::kSession) return node.Error("window must be a session");
  std::vector<std::string> names;
  if (const nlohmann::json* output = node.Member("output")) {
    names = output->get<std::vector<std::string>>();
  }
  ARROW_ASSIGN_OR_RAISE(WindowColumns columns, WindowColumns::Make(node, names));
  ARROW_ASSIGN_OR_RAISE(auto keys, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(auto calls, node.Aggregates("aggregates"));
  ARROW_ASSIGN_OR_RAISE(const bool input_retracts, node.Bool("inputRetracts", false));
  if (keys.size() + calls.size() + columns.size() != node.schema.size()) {
    return node.Error("keys, aggregates and window columns do not fit the schema");
  }
  std::vector<std::shared_ptr<arrow::DataType>> key_types;
  for (const int key : keys) {
    key_types.push_back(ToArrow(node.input_schemas[0][static_cast<size_t>(key)].type));
  }
  auto made = std::make_unique<SessionWindow>(std::move(windows), std::move(columns),
                                              std::move(keys), std::move(key_types), input_retracts,
                                              ToArrow(node.schema), context);
  ARROW_RETURN_NOT_OK(made->Init(std::move(calls)));
  return made;
}

}  // namespace

extern const OperatorSpec kSessionWindow{
    .name = "session_window", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
