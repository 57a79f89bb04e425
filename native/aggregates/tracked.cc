// Tracked values as Arrow arrays.
#include "aggregates/tracked.h"

#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_generate.h>

#include "base/check.h"

namespace sabot {
namespace {

arrow::Result<std::shared_ptr<arrow::Buffer>> Bitmap(const uint8_t* bytes, int64_t length,
                                                     int64_t* zeros) {
  ARROW_ASSIGN_OR_RAISE(auto bitmap, arrow::AllocateBitmap(length));
  int64_t at = 0;
  int64_t ones = 0;
  arrow::internal::GenerateBitsUnrolled(bitmap->mutable_data(), 0, length, [&] {
    const bool one = bytes[at++] != 0;
    ones += one ? 1 : 0;
    return one;
  });
  if (zeros != nullptr) *zeros = length - ones;
  return std::shared_ptr<arrow::Buffer>(std::move(bitmap));
}

template <typename T>
void Gather(const uint8_t* from, std::span<const int32_t> picks, uint8_t* to) {
  const T* const values = reinterpret_cast<const T*>(from);
  T* const out = reinterpret_cast<T*>(to);
  for (size_t i = 0; i < picks.size(); ++i) out[i] = values[picks[i]];
}

struct Wide {
  uint64_t low;
  uint64_t high;
};

}  // namespace

arrow::Result<ArrayPtr> MakeFixedArray(const std::shared_ptr<arrow::DataType>& type, int64_t length,
                                       std::shared_ptr<arrow::Buffer> values,
                                       const uint8_t* valid) {
  std::shared_ptr<arrow::Buffer> validity;
  int64_t nulls = 0;
  if (valid != nullptr) {
    ARROW_ASSIGN_OR_RAISE(validity, Bitmap(valid, length, &nulls));
  }
  if (type->id() == arrow::Type::BOOL) {
    ARROW_ASSIGN_OR_RAISE(values, Bitmap(values->data(), length, nullptr));
  }
  return arrow::MakeArray(
      arrow::ArrayData::Make(type, length, {std::move(validity), std::move(values)}, nulls));
}

arrow::Status TrackedColumn::Allocate(int64_t entries, size_t width) {
  ARROW_ASSIGN_OR_RAISE(values_, arrow::AllocateBuffer(entries * static_cast<int64_t>(width)));
  valid_.assign(static_cast<size_t>(entries), 1);
  has_nulls = false;
  entries_ = entries;
  width_ = width;
  array_ = nullptr;
  return arrow::Status::OK();
}

arrow::Result<ArrayPtr> TrackedColumn::All() const {
  if (array_ != nullptr) return array_;
  return MakeFixedArray(type_, entries_, values_, has_nulls ? valid_.data() : nullptr);
}

arrow::Result<ArrayPtr> TrackedColumn::Pick(std::span<const int32_t> picks) const {
  if (array_ != nullptr) return Take(array_, picks);
  const auto length = static_cast<int64_t>(picks.size());
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> values,
                        arrow::AllocateBuffer(length * static_cast<int64_t>(width_)));
  switch (width_) {
    case 1:
      Gather<uint8_t>(values_->data(), picks, values->mutable_data());
      break;
    case 2:
      Gather<uint16_t>(values_->data(), picks, values->mutable_data());
      break;
    case 4:
      Gather<uint32_t>(values_->data(), picks, values->mutable_data());
      break;
    case 8:
      Gather<uint64_t>(values_->data(), picks, values->mutable_data());
      break;
    case 16:
      Gather<Wide>(values_->data(), picks, values->mutable_data());
      break;
    default:
      SABOT_CHECK(false);
  }
  if (!has_nulls) return MakeFixedArray(type_, length, std::move(values), nullptr);
  std::vector<uint8_t> valid(picks.size());
  Gather<uint8_t>(valid_.data(), picks, valid.data());
  return MakeFixedArray(type_, length, std::move(values), valid.data());
}

}  // namespace sabot
