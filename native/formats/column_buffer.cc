// A column under construction.
#include "formats/column_buffer.h"

#include <arrow/array/util.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <utility>

#include "batch/timestamp_remainder.h"

namespace sabot {
namespace {

constexpr int64_t kFirstCapacity = 1'024;
constexpr int64_t kFirstDataCapacity = 16 * 1'024;

ColumnBuffer::Storage StorageOf(const Type& type) {
  using Storage = ColumnBuffer::Storage;
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Storage::kBool;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return Storage::kBytes;
    case TypeKind::kArray:
      return Storage::kList;
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return Storage::kMap;
    case TypeKind::kRow:
      return Storage::kRow;
    case TypeKind::kNull:
      return Storage::kNull;
    default:
      return Storage::kFixed;
  }
}

std::shared_ptr<arrow::ResizableBuffer> Allocate(int64_t size) {
  auto buffer = arrow::AllocateResizableBuffer(size);
  SABOT_CHECK(buffer.ok());  // Out of memory.
  return std::move(buffer).ValueUnsafe();
}

}  // namespace

ColumnBuffer::ColumnBuffer(const Type& type)
    : type_(type), arrow_type_(ToArrow(type)), storage_(StorageOf(type)) {
  switch (storage_) {
    case Storage::kFixed:
      width_ = arrow_type_->byte_width();
      break;
    case Storage::kBool:
      width_ = 1;
      break;
    case Storage::kBytes:
    case Storage::kList:
    case Storage::kMap:
      width_ = sizeof(int64_t);
      break;
    case Storage::kRow:
    case Storage::kNull:
      break;
  }
  for (const Type& child : type.children)
    children_.push_back(std::make_unique<ColumnBuffer>(child));
  if (type.kind == TypeKind::kMultiset) {
    Type count;
    count.kind = TypeKind::kInteger;
    count.nullable = false;
    children_.push_back(std::make_unique<ColumnBuffer>(count));
  }
}

void ColumnBuffer::Grow() {
  if (width_ == 0) {
    capacity_ = INT64_MAX;
    return;
  }
  const bool first = capacity_ == 0;
  capacity_ = first ? std::max(kFirstCapacity, capacity_hint_) : capacity_ * 2;
  const int64_t bytes = (capacity_ + 1) * width_ + kSlack;
  if (first) {
    values_buffer_ = Allocate(bytes);
  } else {
    SABOT_CHECK(values_buffer_->Resize(bytes, false).ok());
  }
  values_ = reinterpret_cast<char*>(values_buffer_->mutable_data());
  if (first && storage_ != Storage::kFixed && storage_ != Storage::kBool) offsets()[0] = 0;
}

void ColumnBuffer::GrowData(int64_t size) {
  const bool first = data_capacity_ == 0;
  data_capacity_ =
      std::max({kFirstDataCapacity, data_capacity_ * 2, data_size_ + size + kSlack, data_hint_});
  if (first) {
    data_buffer_ = Allocate(data_capacity_);
  } else {
    SABOT_CHECK(data_buffer_->Resize(data_capacity_, false).ok());
  }
  data_ = reinterpret_cast<char*>(data_buffer_->mutable_data());
}

void ColumnBuffer::MarkNull() {
  // Everything so far was valid, or already noted.
  valid_.resize(static_cast<size_t>(length_), 1);
  valid_.push_back(0);
  ++null_count_;
}

void ColumnBuffer::AppendNull() {
  if (length_ == capacity_) Grow();
  MarkNull();
  switch (storage_) {
    case Storage::kFixed:
    case Storage::kBool:
      std::memset(values_ + length_ * width_, 0, static_cast<size_t>(width_));
      break;
    case Storage::kBytes:
    case Storage::kList:
    case Storage::kMap:
      offsets()[length_ + 1] = offsets()[length_];
      break;
    case Storage::kRow:
      for (auto& child : children_) child->AppendNull();
      break;
    case Storage::kNull:
      break;
  }
  ++length_;
}

void ColumnBuffer::AppendList() {
  if (length_ == capacity_) Grow();
  ++length_;
  offsets()[length_] = children_[0]->length();
}

void ColumnBuffer::AppendRow() {
  if (length_ == capacity_) Grow();
  ++length_;
}

void ColumnBuffer::Truncate(int64_t length) {
  if (storage_ == Storage::kList || storage_ == Storage::kMap) {
    // Elements may have been appended without the list's being closed.
    const int64_t elements = capacity_ == 0 ? 0 : offsets()[std::min(length, length_)];
    for (auto& child : children_) child->Truncate(elements);
  } else if (storage_ == Storage::kRow) {
    for (auto& child : children_) child->Truncate(std::min(length, length_));
  }
  if (length >= length_) return;
  length_ = length;
  if (storage_ == Storage::kBytes) data_size_ = offsets()[length_];
  while (valid_.size() > static_cast<size_t>(length_)) {
    null_count_ -= valid_.back() == 0 ? 1 : 0;
    valid_.pop_back();
  }
  if (remainders_.size() > static_cast<size_t>(length_))
    remainders_.resize(static_cast<size_t>(length_));
}

int64_t ColumnBuffer::data_bytes() const {
  int64_t bytes = data_size_;
  for (const auto& child : children_) bytes += child->data_bytes() + child->length_ * child->width_;
  return bytes;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ColumnBuffer::PackValidity() {
  if (null_count_ == 0) {
    valid_.clear();
    return nullptr;
  }
  valid_.resize(static_cast<size_t>(length_), 1);
  ARROW_ASSIGN_OR_RAISE(auto bitmap, arrow::AllocateEmptyBitmap(length_));
  uint8_t* bits = bitmap->mutable_data();
  for (int64_t i = 0; i < length_; ++i) {
    bits[i >> 3] = static_cast<uint8_t>(bits[i >> 3] | valid_[static_cast<size_t>(i)] << (i & 7));
  }
  valid_.clear();
  return bitmap;
}

// 64-bit offsets while growing, so that no append can overflow; Arrow's are 32-bit.
arrow::Result<std::shared_ptr<arrow::Buffer>> ColumnBuffer::TakeOffsets() {
  if (capacity_ == 0) Grow();
  if (offsets()[length_] > INT32_MAX) {
    return arrow::Status::CapacityError("a batch's column has more than 2 GiB of text");
  }
  // In place: each 32-bit offset is written at or before the 64-bit one it comes from.
  char* narrow = values_;
  for (int64_t i = 0; i <= length_; ++i) {
    int64_t wide = 0;
    std::memcpy(&wide, values_ + i * 8, sizeof(wide));
    const int32_t offset = static_cast<int32_t>(wide);
    std::memcpy(narrow + i * 4, &offset, sizeof(offset));
  }
  RETURN_NOT_OK(values_buffer_->Resize((length_ + 1) * 4, true));
  return values_buffer_;
}

arrow::Result<ArrayPtr> ColumnBuffer::Finish() {
  ARROW_ASSIGN_OR_RAISE(auto validity, PackValidity());
  std::vector<std::shared_ptr<arrow::Buffer>> buffers = {validity};
  std::vector<std::shared_ptr<arrow::ArrayData>> children;
  switch (storage_) {
    case Storage::kFixed:
      if (capacity_ == 0) Grow();
      RETURN_NOT_OK(values_buffer_->Resize(length_ * width_, true));
      buffers.push_back(values_buffer_);
      break;
    case Storage::kBool: {
      ARROW_ASSIGN_OR_RAISE(auto bitmap, arrow::AllocateEmptyBitmap(length_));
      uint8_t* bits = bitmap->mutable_data();
      for (int64_t i = 0; i < length_; ++i) {
        bits[i >> 3] = static_cast<uint8_t>(bits[i >> 3] | (values_[i] != 0 ? 1 : 0) << (i & 7));
      }
      buffers.push_back(std::move(bitmap));
      break;
    }
    case Storage::kBytes: {
      ARROW_ASSIGN_OR_RAISE(auto offsets_buffer, TakeOffsets());
      buffers.push_back(std::move(offsets_buffer));
      if (data_buffer_ == nullptr) GrowData(0);
      RETURN_NOT_OK(data_buffer_->Resize(data_size_, true));
      buffers.push_back(data_buffer_);
      break;
    }
    case Storage::kList: {
      ARROW_ASSIGN_OR_RAISE(auto offsets_buffer, TakeOffsets());
      buffers.push_back(std::move(offsets_buffer));
      ARROW_ASSIGN_OR_RAISE(auto elements, children_[0]->Finish());
      children.push_back(elements->data());
      break;
    }
    case Storage::kMap: {
      ARROW_ASSIGN_OR_RAISE(auto offsets_buffer, TakeOffsets());
      buffers.push_back(std::move(offsets_buffer));
      const auto entries_type = arrow_type_->field(0)->type();
      const int64_t num_entries = children_[0]->length();
      std::vector<std::shared_ptr<arrow::ArrayData>> entries;
      for (auto& child : children_) {
        ARROW_ASSIGN_OR_RAISE(auto array, child->Finish());
        entries.push_back(array->data());
      }
      children.push_back(
          arrow::ArrayData::Make(entries_type, num_entries, {nullptr}, std::move(entries), 0));
      break;
    }
    case Storage::kRow:
      for (auto& child : children_) {
        ARROW_ASSIGN_OR_RAISE(auto array, child->Finish());
        children.push_back(array->data());
      }
      break;
    case Storage::kNull:
      null_count_ = length_;
      buffers[0] = nullptr;
      break;
  }
  auto array = arrow::MakeArray(arrow::ArrayData::Make(arrow_type_, length_, std::move(buffers),
                                                       std::move(children), null_count_));
  if (!remainders_.empty()) {
    remainders_.resize(static_cast<size_t>(length_));
    array = AttachRemainders(array, std::exchange(remainders_, {}));
  }
  capacity_hint_ = std::min(length_ + length_ / 16 + 1, capacity_);
  data_hint_ = data_size_ + data_size_ / 16;
  values_buffer_ = nullptr;
  data_buffer_ = nullptr;
  values_ = data_ = nullptr;
  length_ = capacity_ = data_size_ = data_capacity_ = null_count_ = 0;
  return array;
}

}  // namespace sabot
