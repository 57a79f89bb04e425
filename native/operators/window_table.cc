// window_table: says of every row which windows it belongs to (a window table function without
// aggregate).
//
//   HOP slide 5, size 10     in    +I[a, 7]
//                            out   +I[a, 7, 5, 15, 14]  +I[a, 7, 0, 10, 9]
//
// No state. A row without event time belongs to no window and is dropped, as in Flink.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "operators/windows.h"

namespace sabot {
namespace {

class WindowTable final : public StatelessOperator {
 public:
  WindowTable(Windows windows, WindowColumns columns, std::shared_ptr<arrow::Schema> schema)
      : windows_(std::move(windows)), columns_(std::move(columns)), schema_(std::move(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    rows_.clear();
    starts_.clear();
    ends_.clear();
    const auto time_column = in.column(windows_.time_column());
    const int64_t* times = time_column->data()->GetValues<int64_t>(1);
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      if (time_column->IsNull(row)) continue;
      AddWindows(static_cast<int32_t>(row), windows_.ToLocal(times[row]));
    }
    // One window each and no row dropped: the columns go on as they are.
    const bool as_is = windows_.kind() == WindowKind::kTumble &&
                       static_cast<int64_t>(rows_.size()) == in.num_rows();
    Batch repeated = in;
    if (!as_is) {
      ARROW_ASSIGN_OR_RAISE(repeated, Take(in, rows_));
    }
    std::vector<ArrayPtr> columns = repeated.rows->columns();
    ARROW_ASSIGN_OR_RAISE(auto times_of_windows, columns_.Build(starts_, ends_, windows_));
    columns.insert(columns.end(), times_of_windows.begin(), times_of_windows.end());
    ARROW_ASSIGN_OR_RAISE(Batch result, repeated.WithColumns(schema_, std::move(columns)));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(result)));
    return Progress::kDone;
  }

 private:
  // In Flink's order: HOP from the newest window to the oldest, CUMULATE from the shortest to the
  // longest.
  void AddWindows(int32_t row, int64_t time) {
    const int64_t slice = windows_.SliceEnd(time);
    const int64_t first = windows_.FirstWindowEnd(slice);
    const int64_t last = windows_.LastWindowEnd(slice);
    if (windows_.kind() == WindowKind::kHop) {
      for (int64_t end = last; end >= first; end -= windows_.window_step()) Add(row, end);
    } else {
      for (int64_t end = first; end <= last; end += windows_.window_step()) Add(row, end);
    }
  }

  void Add(int32_t row, int64_t end) {
    rows_.push_back(row);
    starts_.push_back(windows_.WindowStart(end));
    ends_.push_back(end);
  }

  Windows windows_;
  WindowColumns columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int32_t> rows_;  // Scratch.
  std::vector<int64_t> starts_;
  std::vector<int64_t> ends_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(Windows windows, Windows::Make(node, context));
  if (windows.kind() == WindowKind::kSession || windows.kind() == WindowKind::kAttached) {
    return UserError("unsupported-window", "SESSION",
                     "SESSION is supported with GROUP BY window_start, window_end only, as yet");
  }
  ARROW_ASSIGN_OR_RAISE(WindowColumns columns,
                        WindowColumns::Make(node, {"window_start", "window_end", "window_time"}));
  if (node.schema.size() != node.input_schemas[0].size() + 3) {
    return node.Error("the schema must be the input's and three window columns");
  }
  return std::make_unique<WindowTable>(std::move(windows), std::move(columns),
                                       ToArrow(node.schema));
}

}  // namespace

extern const OperatorSpec kWindowTable{.name = "window_table", .num_inputs = 1, .make = &Make};

}  // namespace sabot
