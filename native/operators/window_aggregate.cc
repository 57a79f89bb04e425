// window_aggregate: one row per key and window, when event time has passed the window.
//
//   TUMBLE 10, COUNT(*)     in    k=a@1  k=b@4  k=a@9  W(9)
//                           out                        [a, 2, 0, 10] [b, 1, 0, 10] W(9)
//
// Rows are aggregated once, into the table of their slice; a window merges its slices when it
// fires, and a slice goes when its last window has fired. CUMULATE keeps what its fired slices add
// up to, so that a window merges one slice, not all. A row is late once the last window of its
// slice has fired; until then it counts for the windows still open, as in Flink.
//
// State: a KeyedTable per open slice (and per open CUMULATE window), and the watermark.
#include <nlohmann/json.hpp>
#include <set>

#include "aggregates/aggregate_set.h"
#include "base/planted_bug.h"
#include "batch/key_encoding.h"
#include "operators/state_rows.h"
#include "operators/window_tables.h"
#include "operators/windows.h"
#include "state/state_tiers.h"

namespace sabot {
namespace {

// Rows that a firing emits at once.
constexpr size_t kPieceRows = 8192;

class WindowAggregate final : public Operator {
 public:
  WindowAggregate(Windows windows, WindowColumns columns, std::vector<int> keys,
                  std::vector<std::shared_ptr<arrow::DataType>> key_types, bool input_retracts,
                  std::shared_ptr<arrow::Schema> schema, OperatorContext& context)
      : windows_(std::move(windows)),
        columns_(std::move(columns)),
        keys_(std::move(keys)),
        key_types_(std::move(key_types)),
        input_retracts_(input_retracts),
        schema_(std::move(schema)),
        tiers_(context.tiers),
        metrics_(context.metrics) {
    // Without keys rows of attached windows are exchanged by their window: state must lie in the
    // same key groups.
    state_keys_ = keys_;
    if (keys_.empty() && windows_.kind() == WindowKind::kAttached) {
      state_keys_ = {windows_.start_column(), windows_.end_column()};
    }
  }

  arrow::Status Init(std::vector<AggregateCall> calls) {
    KeyedTableLayout layout;
    if (state_keys_ == keys_) layout.keys = key_types_;
    // Counts the rows of a key, so that one whose rows were all taken back is not emitted.
    if (input_retracts_) layout.cells.push_back({"rows", CellSpec::Kind::kFixed8});
    ARROW_ASSIGN_OR_RAISE(aggregates_,
                          AggregateSet::Make(std::move(calls), input_retracts_, layout));
    tables_.emplace(std::move(layout), tiers_);
    merged_ = tables_->NewTable("merged");
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    row_slices_.Assign(in, windows_, watermark_);
    ARROW_RETURN_NOT_OK(out.EmitLate(0, in, row_slices_.late()));
    ARROW_RETURN_NOT_OK(UpdateSlices(in));
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    return Resume(out);
  }

  // Fires every window that the watermark has passed, oldest first, in bounded pieces; then sends
  // the watermark on.
  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      if (firing_ == nullptr) {
        if (pending_.empty() || !windows_.HasFired(pending_.begin()->end, watermark_)) break;
        ARROW_RETURN_NOT_OK(BeginFiring(*pending_.begin()));
      }
      for (bool more = true; more;) {
        if (!out.has_room()) return Progress::kMoreOutput;
        ARROW_ASSIGN_OR_RAISE(more, EmitPiece(out));
      }
      EndFiring();
    }
    metrics_->state_bytes.Set(tables_->size_bytes());
    ARROW_RETURN_NOT_OK(out.Emit(Watermark{watermark_}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return tables_->Snapshot(watermark_, to); }

  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_RETURN_NOT_OK(tables_->Restore(from).Value(&watermark_));
    for (const auto& [id, table] : tables_->slices()) {
      if (!IsPlanted(PlantedBug::kLostTimer)) AddPending(id);
    }
    // Their remaining windows fire even if no further row comes.
    for (const auto& [end, table] : tables_->sums()) {
      for (int64_t at = windows_.WindowStart(end) + windows_.window_step(); at <= end;
           at += windows_.window_step()) {
        if (!windows_.HasFired(at, watermark_)) pending_.insert({at, 0});
      }
    }
    return arrow::Status::OK();
  }

  // Keys, start and end in local time, aggregates: of every open slice, then of what fired slices
  // of open CUMULATE windows add up to. One that goes meanwhile is left where it was.
  StateCursor ReadState(std::optional<StateKey> only) override {
    return
        [this, id = SliceId{.end = INT64_MIN}, of_sums = false,
         at = SlotCursor(std::move(only))](size_t rows_max) mutable -> arrow::Result<StatePiece> {
          StatePiece piece;
          SliceId found;
          KeyedTable* const table =
              of_sums ? tables_->SumFrom(id, &found) : tables_->SliceFrom(id, &found);
          if (table == nullptr) {
            piece.last = of_sums;
            of_sums = true;
            id = {.end = INT64_MIN};
            return piece;
          }
          if (found != id) at.Rewind();
          id = found;
          bool table_last = false;
          ARROW_ASSIGN_OR_RAISE(std::vector<Slot> slots, at.Next(*table, rows_max, &table_last));
          ARROW_ASSIGN_OR_RAISE(
              piece.columns, SliceColumns(*table, std::move(slots), StartOf(id, of_sums), id.end));
          if (table_last) {
            ++id.start;
            at.Rewind();
          }
          return piece;
        };
  }

 private:
  int64_t StartOf(SliceId id, bool is_sum) const {
    if (is_sum) return windows_.WindowStart(id.end);
    return windows_.kind() == WindowKind::kAttached ? id.start : id.end - windows_.slice_ms();
  }

  arrow::Result<std::vector<ArrayPtr>> SliceColumns(const KeyedTable& table,
                                                    std::vector<Slot> slots, int64_t start,
                                                    int64_t end) const {
    if (input_retracts_)
      std::erase_if(slots, [&](Slot slot) { return table.cells().at<int64_t>(0, slot) == 0; });
    // Without keys the table may be kept by the window: those are no key columns.
    ARROW_ASSIGN_OR_RAISE(auto columns, KeyColumns(table, slots, key_types_));
    columns.push_back(LocalTimes(std::vector<int64_t>(slots.size(), start)));
    columns.push_back(LocalTimes(std::vector<int64_t>(slots.size(), end)));
    ARROW_ASSIGN_OR_RAISE(auto results, aggregates_->Finish(table, slots));
    columns.insert(columns.end(), results.begin(), results.end());
    return columns;
  }

  arrow::Status UpdateSlices(const Batch& in) {
    if (row_slices_.ids().size() == 1 && row_slices_.takes_all())
      return UpdateSlice(row_slices_.ids()[0], in);
    if (row_slices_.ids().empty()) return arrow::Status::OK();
    // Rows in order of slice, stable: then every slice is a piece of one reordered batch.
    ARROW_ASSIGN_OR_RAISE(const Batch ordered, Take(in, row_slices_.Order(&slice_ends_)));
    int32_t begin = 0;
    for (size_t i = 0; i < slice_ends_.size(); ++i) {
      ARROW_RETURN_NOT_OK(
          UpdateSlice(row_slices_.ids()[i], ordered.Slice(begin, slice_ends_[i] - begin)));
      begin = slice_ends_[i];
    }
    return arrow::Status::OK();
  }

  arrow::Status UpdateSlice(SliceId id, const Batch& rows) {
    if (!tables_->slices().contains(id)) AddPending(id);
    KeyedTable& table = tables_->Slice(id);
    std::vector<ArrayPtr> key_columns;
    for (const int key : state_keys_) key_columns.push_back(rows.column(key));
    ARROW_RETURN_NOT_OK(encoded_.Encode(key_columns, rows.num_rows()));
    slots_.resize(static_cast<size_t>(rows.num_rows()));
    ARROW_RETURN_NOT_OK(table.LookupOrInsert(encoded_, slots_, nullptr));
    if (input_retracts_) {
      for (int64_t row = 0; row < rows.num_rows(); ++row) {
        table.cells().at<int64_t>(0, slots_[static_cast<size_t>(row)]) +=
            IsRetract(rows.kind(row)) ? -1 : 1;
      }
    }
    return aggregates_->Update(table, rows, slots_);
  }

  // The windows that this slice will be part of.
  void AddPending(SliceId id) {
    if (windows_.kind() == WindowKind::kAttached) {
      pending_.insert(id);
      return;
    }
    const int64_t last = windows_.LastWindowEnd(id.end);
    for (int64_t end = windows_.FirstWindowEnd(id.end); end <= last;
         end += windows_.window_step()) {
      if (!windows_.HasFired(end, watermark_)) pending_.insert({end, 0});
    }
  }

  arrow::Status MergeInto(KeyedTable& into, KeyedTable& from) {
    KeyedTable::Scan keys(from);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> from_slots, keys.Next(kPieceRows));
      if (from_slots.empty()) return arrow::Status::OK();
      slots_.resize(from_slots.size());
      ARROW_RETURN_NOT_OK(into.LookupOrInsert(from, from_slots, slots_));
      for (size_t i = 0; input_retracts_ && i < from_slots.size(); ++i) {
        into.cells().at<int64_t>(0, slots_[i]) += from.cells().at<int64_t>(0, from_slots[i]);
      }
      ARROW_RETURN_NOT_OK(aggregates_->Merge(into, slots_, from, from_slots));
      if (tiers_ != nullptr) ARROW_RETURN_NOT_OK(tiers_->MakeRoom());
    }
  }

  // Brings everything that the window holds into one table.
  arrow::Status BeginFiring(SliceId window) {
    window_ = window;
    WindowTables::Slices& slices = tables_->slices();
    if (windows_.kind() == WindowKind::kCumulate) {
      KeyedTable& sum = tables_->Sum(windows_.LastWindowEnd(window.end));
      const auto slice = slices.find(window);
      if (slice != slices.end()) ARROW_RETURN_NOT_OK(MergeInto(sum, *slice->second));
      slices.erase(window);
      firing_ = &sum;
    } else if (windows_.kind() == WindowKind::kHop) {
      ARROW_RETURN_NOT_OK(MergeHop(window.end));
    } else {
      firing_ = slices.at(window).get();
    }
    firing_keys_ = std::make_unique<KeyedTable::Scan>(*firing_);
    return arrow::Status::OK();
  }

  arrow::Status MergeHop(int64_t window_end) {
    const WindowTables::Slices& slices = tables_->slices();
    const auto begin = slices.upper_bound({windows_.WindowStart(window_end), INT64_MAX});
    const auto end = slices.upper_bound({window_end, INT64_MAX});
    if (std::next(begin) == end) {
      firing_ = begin->second.get();
      return arrow::Status::OK();
    }
    merged_->Clear();
    // The newest slice first, as in Flink: lists come in that order, and sums of doubles are added
    // so.
    for (auto slice = end; slice != begin;) {
      --slice;
      ARROW_RETURN_NOT_OK(MergeInto(*merged_, *slice->second));
    }
    firing_ = merged_.get();
    return arrow::Status::OK();
  }

  // False: everything was emitted.
  arrow::Result<bool> EmitPiece(Collector& out) {
    ARROW_ASSIGN_OR_RAISE(std::span<const Slot> slots, firing_keys_->Next(kPieceRows));
    if (slots.empty()) return false;
    if (input_retracts_) {
      slots_.assign(slots.begin(), slots.end());
      std::erase_if(slots_,
                    [this](Slot slot) { return firing_->cells().at<int64_t>(0, slot) == 0; });
      if (slots_.empty()) return true;
      slots = slots_;
    }
    const size_t count = slots.size();
    std::vector<ArrayPtr> columns;
    if (!keys_.empty()) {
      std::vector<std::string_view> keys(count);
      for (size_t i = 0; i < count; ++i) keys[i] = firing_->key(slots[i]);
      ARROW_ASSIGN_OR_RAISE(columns, DecodeKeys(keys, key_types_));
    }
    ARROW_ASSIGN_OR_RAISE(auto results, aggregates_->Finish(*firing_, slots));
    columns.insert(columns.end(), results.begin(), results.end());
    const bool attached = windows_.kind() == WindowKind::kAttached;
    const std::vector<int64_t> starts(count,
                                      attached ? window_.start : windows_.WindowStart(window_.end));
    const std::vector<int64_t> ends(count, window_.end);
    ARROW_ASSIGN_OR_RAISE(auto times, columns_.Build(starts, ends, windows_));
    columns.insert(columns.end(), times.begin(), times.end());
    ARROW_RETURN_NOT_OK(out.Emit(
        Batch{arrow::RecordBatch::Make(schema_, static_cast<int64_t>(count), std::move(columns)),
              nullptr, kNoSplit}));
    return true;
  }

  void EndFiring() {
    firing_keys_.reset();
    if (firing_ == merged_.get()) merged_->Clear();
    firing_ = nullptr;
    pending_.erase(window_);
    WindowTables::Slices& slices = tables_->slices();
    if (windows_.kind() == WindowKind::kCumulate) {
      if (windows_.LastWindowEnd(window_.end) == window_.end) tables_->EraseSum(window_.end);
    } else if (windows_.kind() == WindowKind::kHop) {
      // Slices come in order of end, and so do their last windows.
      while (!slices.empty() && windows_.LastWindowEnd(slices.begin()->first.end) <= window_.end)
        slices.erase(slices.begin());
    } else {
      slices.erase(window_);
    }
  }

  Windows windows_;
  WindowColumns columns_;
  std::vector<int> keys_;
  std::vector<int> state_keys_;
  std::vector<std::shared_ptr<arrow::DataType>> key_types_;
  bool input_retracts_;
  std::shared_ptr<arrow::Schema> schema_;
  StateTiers* tiers_;
  OperatorMetrics* metrics_;
  std::unique_ptr<AggregateSet> aggregates_;

  std::optional<WindowTables> tables_;
  int64_t watermark_ = kWatermarkMin;
  std::set<SliceId> pending_;  // Windows to fire. Rebuilt on restore.

  // The window that is firing; never across a barrier.
  SliceId window_;
  KeyedTable* firing_ = nullptr;
  std::unique_ptr<KeyedTable> merged_;
  std::unique_ptr<KeyedTable::Scan> firing_keys_;

  // Scratch.
  RowSlices row_slices_;
  std::vector<int32_t> slice_ends_;
  EncodedKeys encoded_;
  std::vector<Slot> slots_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(Windows windows, Windows::Make(node, context));
  if (windows.kind() == WindowKind::kSession) return node.Error("sessions are session_window's");
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
  auto made = std::make_unique<WindowAggregate>(std::move(windows), std::move(columns),
                                                std::move(keys), std::move(key_types),
                                                input_retracts, ToArrow(node.schema), context);
  ARROW_RETURN_NOT_OK(made->Init(std::move(calls)));
  return made;
}

}  // namespace

extern const OperatorSpec kWindowAggregate{
    .name = "window_aggregate", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
