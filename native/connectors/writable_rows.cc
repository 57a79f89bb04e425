// One row after the other.
#include "connectors/writable_rows.h"

#include "base/error.h"

namespace sabot {

arrow::Result<Batch> WritableRows(const Batch& batch, FailedRows& failed,
                                  const std::function<arrow::Status(const Batch& row)>& encode) {
  std::vector<int32_t> writable;
  for (int32_t row = 0; row < static_cast<int32_t>(batch.num_rows()); ++row) {
    const arrow::Status status = encode(batch.Slice(row, 1));
    if (status.ok()) {
      writable.push_back(row);
    } else if (DetailOf(status) == nullptr) {
      return status;  // Not for the row's sake.
    } else {
      ARROW_RETURN_NOT_OK(failed.AddRow(batch, row, "cannot write a row: " + status.message()));
    }
  }
  return Take(batch, writable);
}

}  // namespace sabot
