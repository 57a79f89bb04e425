// window_rank: the best N rows of every group and window, when event time has passed the window
// (window Top-N).
//
//   ORDER BY v DESC, N = 1     in    [a, 3, 0..10]  [b, 5, 0..10]  W(9)
//                              out                                 [b, 5, 0..10, 1] W(9)
//
// Rows carry their window. A row whose window has fired is late.
//
// State: the best rows of each open window, and the watermark.
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "operators/state_rows.h"
#include "operators/window_rank.h"

namespace sabot {
namespace {

constexpr size_t kPieceRows = 8192;

struct WindowId {
  int64_t end = 0;
  int64_t start = 0;
  auto operator<=>(const WindowId&) const = default;
};

class WindowRank final : public Operator {
 public:
  WindowRank(WindowRankSpec spec, Schema input, std::shared_ptr<arrow::Schema> schema,
             OperatorContext& context)
      : spec_(std::move(spec)),
        input_(std::move(input)),
        schema_(std::move(schema)),
        metrics_(context.metrics),
        tiers_(context.tiers) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    const int64_t* ends = in.rows->column_data(spec_.end_column)->GetValues<int64_t>(1);
    const int64_t* starts = in.rows->column_data(spec_.start_column)->GetValues<int64_t>(1);
    std::map<WindowId, std::vector<int32_t>> rows_of;
    late_.clear();
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      if (spec_.zone.HasFired(ends[row], watermark_)) {
        late_.push_back(static_cast<int32_t>(row));
      } else {
        rows_of[{ends[row], starts[row]}].push_back(static_cast<int32_t>(row));
      }
    }
    for (const auto& [id, rows] : rows_of) {
      RankedRows& window = Window(id);
      ARROW_RETURN_NOT_OK(window.Begin(in, rows));
      for (const int32_t row : rows) ARROW_RETURN_NOT_OK(window.Insert(row).status());
      ARROW_RETURN_NOT_OK(window.End());
    }
    ARROW_RETURN_NOT_OK(out.EmitLate(0, in, late_));
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (!windows_.empty() && spec_.zone.HasFired(windows_.begin()->first.end, watermark_)) {
      RankedRows& window = *windows_.begin()->second;
      if (firing_ == nullptr) firing_ = window.Groups();
      while (true) {
        if (emitted_ == rows_.size()) {
          ARROW_ASSIGN_OR_RAISE(const bool more, TakeGroups(window));
          if (!more) break;
        }
        if (!out.has_room()) return Progress::kMoreOutput;
        if (emitted_ < rows_.size()) ARROW_RETURN_NOT_OK(EmitPiece(window, out));
      }
      firing_.reset();
      windows_.erase(windows_.begin());
    }
    ReportStateSize();
    ARROW_RETURN_NOT_OK(out.Emit(Watermark{watermark_}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    ByteWriter ids;
    ids.I64(watermark_);
    for (const auto& [id, window] : windows_) {
      ids.I64(id.end);
      ids.I64(id.start);
      ARROW_RETURN_NOT_OK(window->Snapshot(to));
    }
    to.Put("windows", ids.Take());
    return arrow::Status::OK();
  }

  arrow::Status Restore(const SnapshotReader& from) override {
    int64_t least = kWatermarkMax;
    std::set<WindowId> all;
    for (const std::string_view part : from.All("windows")) {
      ByteReader ids(part);
      least = std::min(least, ids.I64());
      while (!ids.done()) {
        const int64_t end = ids.I64();
        all.insert({end, ids.I64()});
      }
      if (!ids.ok()) return arrow::Status::Invalid("The state of window_rank is torn");
    }
    watermark_ = least == kWatermarkMax ? kWatermarkMin : least;
    for (const WindowId& id : all) ARROW_RETURN_NOT_OK(Window(id).Restore(from));
    return arrow::Status::OK();
  }

  // Window after window; one that goes meanwhile is left where it was.
  StateCursor ReadState(std::optional<StateKey> only) override {
    return [this, window = WindowId{.end = INT64_MIN},
            at = RowCursor(std::move(only))](size_t rows_max) mutable -> arrow::Result<StatePiece> {
      StatePiece piece;
      const auto found = windows_.lower_bound(window);
      piece.last = found == windows_.end();
      if (piece.last) return piece;
      if (found->first != window) at.Rewind();
      window = found->first;
      bool window_last = false;
      ARROW_ASSIGN_OR_RAISE(const std::vector<RowId> ids,
                            at.Next(*found->second, rows_max, &window_last));
      ARROW_ASSIGN_OR_RAISE(const auto rows, found->second->store().Gather(ids));
      piece.columns = rows->columns();
      if (window_last) {
        ++window.start;
        at.Rewind();
      }
      return piece;
    };
  }

 private:
  RankedRows& Window(WindowId id) {
    std::unique_ptr<RankedRows>& window = windows_[id];
    if (window == nullptr) {
      window = std::make_unique<RankedRows>(
          "window:" + std::to_string(id.end) + ":" + std::to_string(id.start), input_,
          spec_.group_by, spec_.order_by, spec_.last_rank, spec_.ties, tiers_);
    }
    return *window;
  }

  // The rows of some more groups; false: there are none.
  arrow::Result<bool> TakeGroups(const RankedRows& window) {
    emitted_ = 0;
    rows_.clear();
    ranks_.clear();
    ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> groups, firing_->Next(kPieceRows));
    for (const Slot group : groups) {
      int64_t rank = 0;
      for (Slot at = window.First(group); at != kNoSlot; at = window.After(at)) {
        if (++rank < spec_.first_rank) continue;
        rows_.push_back(window.RowOf(at));
        ranks_.push_back(rank);
      }
    }
    return !groups.empty();
  }

  arrow::Status EmitPiece(const RankedRows& window, Collector& out) {
    const size_t count = std::min(kPieceRows, rows_.size() - emitted_);
    ARROW_ASSIGN_OR_RAISE(const auto rows,
                          window.store().Gather(std::span(rows_).subspan(emitted_, count)));
    std::vector<ArrayPtr> columns = rows->columns();
    if (spec_.output_rank) {
      const auto values = arrow::Buffer::FromVector(
          std::vector<int64_t>(ranks_.begin() + static_cast<ptrdiff_t>(emitted_),
                               ranks_.begin() + static_cast<ptrdiff_t>(emitted_ + count)));
      columns.push_back(std::make_shared<arrow::Int64Array>(static_cast<int64_t>(count), values));
    }
    emitted_ += count;
    return out.Emit(Batch{arrow::RecordBatch::Make(schema_, rows->num_rows(), std::move(columns)),
                          nullptr, kNoSplit});
  }

  void ReportStateSize() {
    int64_t bytes = 0;
    for (const auto& [id, window] : windows_) bytes += window->size_bytes();
    metrics_->state_bytes.Set(bytes);
  }

  WindowRankSpec spec_;
  Schema input_;
  std::shared_ptr<arrow::Schema> schema_;
  OperatorMetrics* metrics_;
  StateTiers* tiers_;
  std::vector<int32_t> late_;  // Scratch.
  std::map<WindowId, std::unique_ptr<RankedRows>> windows_;
  int64_t watermark_ = kWatermarkMin;
  // The window that is firing; never across a barrier.
  std::unique_ptr<KeyedTable::Scan> firing_;
  std::vector<RowId> rows_;
  std::vector<int64_t> ranks_;
  size_t emitted_ = 0;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  WindowRankSpec spec;
  ARROW_ASSIGN_OR_RAISE(const std::string function, node.String("function", "row_number"));
  if (function != "row_number") {
    return UserError("unsupported-function", function, "Only ROW_NUMBER ranks rows of a window");
  }
  ARROW_ASSIGN_OR_RAISE(spec.group_by, node.Columns("partitionKeys"));
  ARROW_ASSIGN_OR_RAISE(spec.order_by, node.SortKeys("orderBy"));
  ARROW_ASSIGN_OR_RAISE(spec.first_rank, node.Int("rankStart", 1));
  ARROW_ASSIGN_OR_RAISE(spec.last_rank, node.Int("rankEnd"));
  ARROW_ASSIGN_OR_RAISE(spec.start_column, node.Column("windowStart"));
  ARROW_ASSIGN_OR_RAISE(spec.end_column, node.Column("windowEnd"));
  ARROW_ASSIGN_OR_RAISE(spec.output_rank, node.Bool("outputRank", false));
  return MakeWindowRank(std::move(spec), node, context);
}

}  // namespace

arrow::Result<std::unique_ptr<Operator>> MakeWindowRank(WindowRankSpec spec, const PlanNode& node,
                                                        OperatorContext& context) {
  if (node.schema.size() != node.input_schemas[0].size() + (spec.output_rank ? 1 : 0)) {
    return node.Error("the schema must be the input's, and the rank if it is asked for");
  }
  ARROW_ASSIGN_OR_RAISE(spec.zone, WindowZone::Make(node, context));
  // Without keys rows are exchanged by their window: state must lie in the same key groups.
  if (spec.group_by.empty()) spec.group_by = {spec.start_column, spec.end_column};
  return std::make_unique<WindowRank>(std::move(spec), node.input_schemas[0], ToArrow(node.schema),
                                      context);
}

extern const OperatorSpec kWindowRank{
    .name = "window_rank", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
