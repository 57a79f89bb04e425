// Sort keys as bytes.
#include "state/sort_key.h"

#include <cstring>

#include "base/check.h"
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

void AppendSequence(uint64_t sequence, std::string* out) {
  const uint64_t ordered = __builtin_bswap64(sequence);
  out->append(reinterpret_cast<const char*>(&ordered), sizeof(ordered));
}

uint64_t SequenceIn(std::string_view ended) {
  uint64_t ordered = 0;
  SABOT_CHECK(ended.size() >= sizeof(ordered));
  std::memcpy(&ordered, ended.data() + ended.size() - sizeof(ordered), sizeof(ordered));
  return __builtin_bswap64(ordered);
}

}  // namespace sabot
