// Sort keys as bytes.
#include "state/sort_key.h"

#include "batch/key_encoding.h"

namespace sabot {
namespace {

// Before a value, and for NULL sorted before or after all values.
constexpr char kNullFirst = 0;
constexpr char kValue = 1;
constexpr char kNullLast = 2;

}  // namespace

arrow::Status EncodeSortKey(const Batch& batch, int64_t row, const std::vector<SortKey>& keys,
                            std::string* out) {
  for (const SortKey& key : keys) {
    const ArrayPtr column = batch.column(key.column);
    if (column->IsNull(row)) {
      out->push_back(key.nulls_first ? kNullFirst : kNullLast);
      continue;
    }
    out->push_back(kValue);
    const size_t begin = out->size();
    ARROW_RETURN_NOT_OK(EncodeValue(*column, row, *out));
    if (!key.descending) continue;
    for (size_t i = begin; i < out->size(); ++i) (*out)[i] = static_cast<char>(~(*out)[i]);
  }
  return arrow::Status::OK();
}

}  // namespace sabot
