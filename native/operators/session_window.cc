// session_window: one row per key and session, when event time has passed its gap.
//
//   gap 5, COUNT(*)     in    k=a@1  k=a@4  k=a@20  W(8)
//                       out                         [a, 2, 1, 9] W(8)
//
// A session is [first row, last row + gap); rows that touch it, also exactly at its end, extend it,
// and a row between two sessions makes them one. A row is late if it opens a session that would
// have fired already.
//
// State: a table of sessions (start, end, aggregates), found by key through lists; the watermark.
// The lists and the queue of ends are rebuilt on restore.
#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <queue>

#include "aggregates/aggregate_set.h"
#include "batch/key_encoding.h"
#include "operators/state_rows.h"
#include "operators/windows.h"

namespace sabot {
namespace {

constexpr size_t kPieceRows = 8192;

// Cells of a session before its aggregates. A session's key is the group's key and a number of its
// own. kNext is rebuilt on restore: to change it is no change to snapshots.
enum Cell : int { kStart = 0, kEnd = 1, kNext = 2, kRows = 3 };
constexpr size_t kNumberBytes = 8;

class SessionWindow final : public Operator {
 public:
  SessionWindow(Windows windows, WindowColumns columns, std::vector<int> keys,
                std::vector<std::shared_ptr<arrow::DataType>> key_types, bool input_retracts,
                std::shared_ptr<arrow::Schema> schema, OperatorMetrics* metrics)
      : windows_(std::move(windows)),
        columns_(std::move(columns)),
        keys_(std::move(keys)),
        key_types_(std::move(key_types)),
        input_retracts_(input_retracts),
        schema_(std::move(schema)),
        metrics_(metrics),
        heads_("heads", {.cells = {{"head", CellSpec::Kind::kFixed4}}, .children = {}}) {}

  arrow::Status Init(std::vector<AggregateCall> calls) {
    KeyedTableLayout layout;
    layout.cells = {{"start", CellSpec::Kind::kFixed8},
                    {"end", CellSpec::Kind::kFixed8},
                    {"next", CellSpec::Kind::kFixed4},
                    {"rows", CellSpec::Kind::kFixed8}};
    layout.unhashed_bytes = kNumberBytes;
    layout.keys = key_types_;
    ARROW_ASSIGN_OR_RAISE(aggregates_,
                          AggregateSet::Make(std::move(calls), input_retracts_, layout));
    sessions_ = std::make_unique<KeyedTable>("sessions", layout);
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> key_columns;
    for (const int key : keys_) key_columns.push_back(in.column(key));
    ARROW_RETURN_NOT_OK(encoded_.Encode(key_columns, in.num_rows()));
    const auto num_rows = static_cast<size_t>(in.num_rows());
    head_slots_.resize(num_rows);
    ARROW_RETURN_NOT_OK(heads_.LookupOrInsert(encoded_, head_slots_, nullptr));
    slots_.assign(num_rows, kNoSlot);
    wanted_.assign(num_rows, 1);
    const int64_t* times = in.rows->column_data(windows_.time_column())->GetValues<int64_t>(1);
    int64_t begin = 0;
    bool any_late = false;
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      const auto at = static_cast<size_t>(row);
      const int64_t time = windows_.has_zone() ? windows_.ToLocal(times[at]) : times[at];
      Slot& head = heads_.cells().at<Slot>(0, head_slots_[at]);
      bool merges = false;
      Slot slot = FindSession(&head, time, &merges);
      if (merges) {
        // The rows before this one belong to the sessions as they were.
        ARROW_RETURN_NOT_OK(Accumulate(in, begin, row));
        begin = row;
        ARROW_ASSIGN_OR_RAISE(slot, MergeSessions(&head, time));
      } else if (slot == kNoSlot) {
        slot = OpenSession(&head, time, row);
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
    DropEmptyHeads();
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      if (!out.has_room()) return Progress::kMoreOutput;
      CollectFired();
      if (fired_.empty()) break;
      ARROW_RETURN_NOT_OK(EmitFired(out));
    }
    metrics_->state_bytes.Set(sessions_->size_bytes() + heads_.size_bytes());
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
    for (const Slot slot : sessions_->LiveSlots()) {
      const std::string_view key = sessions_->key(slot);
      uint64_t number = 0;
      __builtin_memcpy(&number, key.data() + key.size() - kNumberBytes, kNumberBytes);
      next_number_ = std::max(next_number_, number + 1);
      bool inserted = false;
      const Slot head_slot =
          heads_.LookupOrInsert(GroupKey(slot), sessions_->hash(slot), &inserted);
      Slot& head = heads_.cells().at<Slot>(0, head_slot);
      next(slot) = inserted ? kNoSlot : Head(head);
      head = Stored(slot);
      ends_.push({cell(kEnd, slot), number, slot});
    }
    return arrow::Status::OK();
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
        slots = SessionsOf(*only);
      }
      if (input_retracts_)
        std::erase_if(slots, [this](Slot slot) { return cell(kRows, slot) == 0; });
      ARROW_ASSIGN_OR_RAISE(piece.columns, KeyColumns(*sessions_, slots, key_types_, kNumberBytes));
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
  std::vector<Slot> SessionsOf(const StateKey& key) {
    std::vector<Slot> slots;
    const Slot head = heads_.Lookup(key.bytes, key.hash);
    if (head == kNoSlot) return slots;
    for (Slot slot = Head(heads_.cells().at<Slot>(0, head)); slot != kNoSlot; slot = next(slot))
      slots.push_back(slot);
    return slots;
  }

  // A session's end when it was queued; it may have moved since.
  struct QueuedEnd {
    int64_t end;
    uint64_t number;
    Slot slot;
    auto operator<=>(const QueuedEnd&) const = default;
  };

  int64_t& cell(Cell column, Slot slot) { return sessions_->cells().at<int64_t>(column, slot); }
  Slot& next(Slot slot) { return sessions_->cells().at<Slot>(kNext, slot); }
  std::string_view GroupKey(Slot slot) const {
    const std::string_view key = sessions_->key(slot);
    return key.substr(0, key.size() - kNumberBytes);
  }

  // The session that a row at `time` extends (and extends it); kNoSlot for none. *merges: there are
  // several, nothing was changed.
  Slot FindSession(Slot* head, int64_t time, bool* merges) {
    Slot found = kNoSlot;
    for (Slot slot = Head(*head); slot != kNoSlot; slot = next(slot)) {
      if (time > cell(kEnd, slot) || time + windows_.gap_ms() < cell(kStart, slot)) continue;
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

  Slot OpenSession(Slot* head, int64_t time, int64_t row) {
    const int64_t end = time + windows_.gap_ms();
    if (windows_.HasFired(end, watermark_)) return kNoSlot;
    key_.assign(encoded_.key(row));
    const uint64_t number = next_number_++;
    key_.append(reinterpret_cast<const char*>(&number), kNumberBytes);
    bool inserted = false;
    // With the group's hash: a session lies in its group's key group.
    const Slot slot = sessions_->LookupOrInsert(key_, encoded_.hash(row), &inserted);
    cell(kStart, slot) = time;
    cell(kEnd, slot) = end;
    next(slot) = Head(*head);
    *head = Stored(slot);
    ends_.push({end, number, slot});
    return slot;
  }

  // All sessions that [time, time + gap] touches become the first of them.
  arrow::Result<Slot> MergeSessions(Slot* head, int64_t time) {
    Slot into = kNoSlot;
    Slot previous = kNoSlot;
    const int64_t end = time + windows_.gap_ms();
    for (Slot slot = Head(*head); slot != kNoSlot;) {
      const Slot after = next(slot);
      if (time > cell(kEnd, slot) || end < cell(kStart, slot)) {
        previous = slot;
      } else if (into == kNoSlot) {
        into = previous = slot;
        sessions_->Touch(into);
      } else {
        const std::array<Slot, 1> to = {into};
        const std::array<Slot, 1> from = {slot};
        ARROW_RETURN_NOT_OK(aggregates_->Merge(*sessions_, to, *sessions_, from));
        Extend(into, cell(kStart, slot), cell(kEnd, slot));
        cell(kRows, into) += cell(kRows, slot);
        next(previous) = after;
        sessions_->Erase(slot);  // Its queued end is recognised as stale by its number.
      }
      slot = after;
    }
    Extend(into, time, end);
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
  void CollectFired() {
    fired_.clear();
    while (!ends_.empty() && fired_.size() < kPieceRows) {
      const QueuedEnd queued = ends_.top();
      if (!windows_.HasFired(queued.end, watermark_)) break;
      ends_.pop();
      if (!IsCurrent(queued)) continue;
      const int64_t end = cell(kEnd, queued.slot);
      if (end != queued.end) {
        ends_.push({end, queued.number, queued.slot});
      } else {
        fired_.push_back(queued.slot);
      }
    }
  }

  bool IsCurrent(const QueuedEnd& queued) const {
    if (!sessions_->live(queued.slot)) return false;
    const std::string_view key = sessions_->key(queued.slot);
    return std::memcmp(key.data() + key.size() - kNumberBytes, &queued.number, kNumberBytes) == 0;
  }

  arrow::Status EmitFired(Collector& out) {
    std::vector<Slot> slots;
    for (const Slot slot : fired_) {
      if (!input_retracts_ || cell(kRows, slot) != 0) slots.push_back(slot);
    }
    if (!slots.empty()) ARROW_RETURN_NOT_OK(Emit(slots, out));
    for (const Slot slot : fired_) Close(slot);
    return arrow::Status::OK();
  }

  arrow::Status Emit(std::span<const Slot> slots, Collector& out) {
    std::vector<std::string_view> keys(slots.size());
    std::vector<int64_t> starts(slots.size());
    std::vector<int64_t> ends(slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      keys[i] = GroupKey(slots[i]);
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

  void Close(Slot slot) {
    const Slot head_slot = heads_.Lookup(GroupKey(slot), sessions_->hash(slot));
    Slot& head = heads_.cells().at<Slot>(0, head_slot);
    if (Head(head) == slot) {
      head = Stored(next(slot));
    } else {
      Slot before = Head(head);
      while (next(before) != slot) before = next(before);
      next(before) = next(slot);
    }
    if (Head(head) == kNoSlot) heads_.Erase(head_slot);
    sessions_->Erase(slot);
  }

  // Keys whose only rows were late have a head and no session.
  void DropEmptyHeads() {
    for (size_t row = 0; row < head_slots_.size(); ++row) {
      if (wanted_[row] != 0) continue;
      const Slot head_slot = head_slots_[row];
      if (heads_.live(head_slot) && Head(heads_.cells().at<Slot>(0, head_slot)) == kNoSlot) {
        heads_.Erase(head_slot);
      }
    }
  }

  // Heads are stored plus one: a new cell is zero, and that means none.
  static Slot Head(Slot stored) { return stored == 0 ? kNoSlot : stored - 1; }
  static Slot Stored(Slot slot) { return slot == kNoSlot ? 0 : slot + 1; }

  Windows windows_;
  WindowColumns columns_;
  std::vector<int> keys_;
  std::vector<std::shared_ptr<arrow::DataType>> key_types_;
  bool input_retracts_;
  std::shared_ptr<arrow::Schema> schema_;
  OperatorMetrics* metrics_;
  std::unique_ptr<AggregateSet> aggregates_;

  std::unique_ptr<KeyedTable> sessions_;
  KeyedTable heads_;  // Key -> newest session. Rebuilt on restore.
  std::priority_queue<QueuedEnd, std::vector<QueuedEnd>, std::greater<>>
      ends_;  // Rebuilt on restore.
  int64_t watermark_ = kWatermarkMin;
  uint64_t next_number_ = 0;

  // Scratch.
  EncodedKeys encoded_;
  std::vector<Slot> head_slots_;
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
                                              ToArrow(node.schema), context.metrics);
  ARROW_RETURN_NOT_OK(made->Init(std::move(calls)));
  return made;
}

}  // namespace

extern const OperatorSpec kSessionWindow{
    .name = "session_window", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
