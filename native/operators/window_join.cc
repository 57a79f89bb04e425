// window_join: inner join of rows that belong to the same window, when event time has passed it.
//
//   l.k = r.k     left    [a, 0..10]                 right   [a, x, 0..10]  [a, y, 10..20]   W(9)
//                 out                                                                        [a,
//                 0..10, a, x, 0..10] W(9)
//
// Rows carry their window. A row whose window has fired is late.
//
// State: the rows of both sides per open window, by key, and the watermark.
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "operators/join_output.h"
#include "operators/state_rows.h"
#include "operators/windows.h"

namespace sabot {
namespace {

// Left rows that meet the right side at once.
constexpr size_t kPieceRows = 8192;

struct WindowId {
  int64_t end = 0;
  int64_t start = 0;
  auto operator<=>(const WindowId&) const = default;
};

struct Side {
  Schema schema;
  std::vector<int> keys;  // Of the join.
  std::vector<int>
      group_by;  // What rows are exchanged and kept by: the keys, or without any the window.
  int start_column = 0;
  int end_column = 0;
};

class WindowJoin final : public Operator {
 public:
  WindowJoin(std::array<Side, 2> sides, WindowZone zone, JoinOutput output,
             OperatorContext& context)
      : sides_(std::move(sides)),
        zone_(std::move(zone)),
        output_(std::move(output)),
        metrics_(context.metrics),
        tiers_(context.tiers) {}

  arrow::Result<Progress> Process(int input, const Batch& in, Collector& out) override {
    const Side& side = sides_[static_cast<size_t>(input)];
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(in, side.group_by, &keys_));
    RowsWithKeys(in, side.keys, &rows_);
    const int64_t* ends = in.rows->column_data(side.end_column)->GetValues<int64_t>(1);
    const int64_t* starts = in.rows->column_data(side.start_column)->GetValues<int64_t>(1);
    std::map<WindowId, std::vector<int32_t>> rows_of;
    late_.clear();
    for (const int32_t row : rows_) {
      if (zone_.HasFired(ends[row], watermark_)) {
        late_.push_back(row);
      } else {
        rows_of[{ends[row], starts[row]}].push_back(row);
      }
    }
    for (const auto& [id, rows] : rows_of) {
      ARROW_RETURN_NOT_OK(Rows(id, input).Add(in, keys_, rows));
    }
    ARROW_RETURN_NOT_OK(out.EmitLate(input, in, late_));
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (!windows_.empty() && zone_.HasFired(windows_.begin()->first.end, watermark_)) {
      const Window& window = windows_.begin()->second;
      if (!firing_) {
        firing_ = true;
        next_left_ = 0;
        end_left_ =
            window[1] == nullptr || window[0] == nullptr ? 0 : window[0]->store().next_sequence();
        at_ = rows_.size();
      }
      ARROW_ASSIGN_OR_RAISE(const bool more, JoinPieces(window, out));
      if (more) return Progress::kMoreOutput;
      firing_ = false;
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
      for (const auto& rows : window) {
        if (rows != nullptr) ARROW_RETURN_NOT_OK(rows->Snapshot(to));
      }
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
      if (!ids.ok()) return arrow::Status::Invalid("The state of window_join is torn");
    }
    watermark_ = least == kWatermarkMax ? kWatermarkMin : least;
    for (const WindowId& id : all) {
      for (int input = 0; input < 2; ++input) ARROW_RETURN_NOT_OK(Rows(id, input).Restore(from));
    }
    return arrow::Status::OK();
  }

  // Window after window; one that goes meanwhile is left where it was.
  StateCursor ReadState(std::optional<StateKey> only) override {
    return [this, window = WindowId{.end = INT64_MIN},
            at =
                SideCursor({ToArrow(sides_[0].schema), ToArrow(sides_[1].schema)},
                           std::move(only))](size_t rows_max) mutable -> arrow::Result<StatePiece> {
      StatePiece piece;
      const auto found = windows_.lower_bound(window);
      piece.last = found == windows_.end();
      if (piece.last) return piece;
      if (found->first != window) at.Rewind();
      window = found->first;
      bool window_last = false;
      ARROW_ASSIGN_OR_RAISE(piece.columns, at.Next({found->second[0].get(), found->second[1].get()},
                                                   rows_max, &window_last));
      if (window_last) {
        ++window.start;
        at.Rewind();
      }
      return piece;
    };
  }

 private:
  using Window = std::array<std::unique_ptr<RowLists>, 2>;

  RowLists& Rows(WindowId id, int input) {
    std::unique_ptr<RowLists>& rows = windows_[id][static_cast<size_t>(input)];
    if (rows == nullptr) {
      const Side& side = sides_[static_cast<size_t>(input)];
      rows = std::make_unique<RowLists>((input == 0 ? "left:" : "right:") + std::to_string(id.end) +
                                            ":" + std::to_string(id.start),
                                        side.schema, side.group_by, tiers_);
    }
    return *rows;
  }

  // Meets every left row of the firing window with the right rows of its key; true: there is more,
  // but no room.
  arrow::Result<bool> JoinPieces(const Window& window, Collector& out) {
    while (true) {
      if (at_ == rows_.size()) {
        if (next_left_ == end_left_) return false;
        ARROW_RETURN_NOT_OK(TakePiece(*window[0], *window[1]));
      }
      const RowLists& right = *window[1];
      for (; at_ < rows_.size(); ++at_) {
        const int32_t row = rows_[at_];
        if (!in_list_) list_ = heads_[at_];
        in_list_ = true;
        for (; list_ != kNoRow; list_ = right.store().next(list_)) {
          if (output_.size() >= kJoinPairsMax) {
            ARROW_RETURN_NOT_OK(output_.Flush(piece_, right.store(), 0, out));
            if (!out.has_room()) return true;
          }
          output_.Add(row, list_);
        }
        in_list_ = false;
      }
      ARROW_RETURN_NOT_OK(output_.Flush(piece_, right.store(), 0, out));
      if (!out.has_room()) return true;
    }
  }

  arrow::Status TakePiece(const RowLists& left, RowLists& right) {
    // The lists that the piece before has met may go to disk.
    if (tiers_ != nullptr) ARROW_RETURN_NOT_OK(tiers_->MakeRoom());
    const std::vector<RowId> ids = left.store().LiveRows(&next_left_, end_left_, kPieceRows);
    ARROW_ASSIGN_OR_RAISE(auto rows, left.store().Gather(ids));
    piece_ = Batch{std::move(rows), nullptr, kNoSplit};
    rows_.resize(ids.size());
    std::iota(rows_.begin(), rows_.end(), 0);
    at_ = 0;
    in_list_ = false;
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(piece_, sides_[0].group_by, &keys_));
    return right.Heads(keys_, rows_, &heads_);
  }

  void ReportStateSize() {
    int64_t bytes = 0;
    for (const auto& [id, window] : windows_) {
      for (const auto& rows : window) bytes += rows == nullptr ? 0 : rows->size_bytes();
    }
    metrics_->state_bytes.Set(bytes);
  }

  std::array<Side, 2> sides_;
  WindowZone zone_;
  JoinOutput output_;
  OperatorMetrics* metrics_;
  StateTiers* tiers_;
  std::vector<int32_t> late_;  // Scratch.
  std::map<WindowId, Window> windows_;
  int64_t watermark_ = kWatermarkMin;
  // The window that is firing; never across a barrier.
  bool firing_ = false;
  uint64_t next_left_ = 0;  // Sequence numbers of its left rows.
  uint64_t end_left_ = 0;
  Batch piece_;
  size_t at_ = 0;
  RowId list_ = kNoRow;
  bool in_list_ = false;
  // Of the arriving batch, or of the piece.
  EncodedKeys keys_;
  std::vector<int32_t> rows_;
  std::vector<RowId> heads_;  // For each of its rows the right side's list.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string type, node.String("joinType"));
  if (type != "inner") {
    return UserError("unsupported-join", type,
                     "Only inner window joins are supported as yet, this is a " + type + " join");
  }
  std::array<Side, 2> sides;
  constexpr std::array<std::array<const char*, 3>, 2> kNames = {
      {{"leftKeys", "leftWindowStart", "leftWindowEnd"},
       {"rightKeys", "rightWindowStart", "rightWindowEnd"}}};
  for (int input = 0; input < 2; ++input) {
    const auto at = static_cast<size_t>(input);
    Side& side = sides[at];
    side.schema = node.input_schemas[at];
    ARROW_ASSIGN_OR_RAISE(side.keys, node.Columns(kNames[at][0], input));
    ARROW_ASSIGN_OR_RAISE(side.start_column, node.Column(kNames[at][1], input));
    ARROW_ASSIGN_OR_RAISE(side.end_column, node.Column(kNames[at][2], input));
    side.group_by = side.keys;
    if (side.keys.empty()) side.group_by = {side.start_column, side.end_column};
  }
  if (sides[0].keys.size() != sides[1].keys.size()) return node.Error("keys differ in number");
  ARROW_ASSIGN_OR_RAISE(auto condition, BindJoinCondition(node, context));
  JoinOutput output(node.input_schemas[0], node.input_schemas[1], ToArrow(node.schema),
                    std::move(condition));
  ARROW_ASSIGN_OR_RAISE(WindowZone zone, WindowZone::Make(node, context));
  return std::make_unique<WindowJoin>(std::move(sides), std::move(zone), std::move(output),
                                      context);
}

}  // namespace

extern const OperatorSpec kWindowJoin{
    .name = "window_join", .num_inputs = 2, .stateful = true, .make = &Make};

}  // namespace sabot
