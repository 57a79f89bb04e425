// A column under construction: the buffers of one Arrow array, growing at the end.
//
//   AppendFixed(5) AppendNull() AppendFixed(7)  ->  Finish()  ->  [5, null, 7]
//
// Faster than Arrow's builders, because a decoder knows more: appending is a store, validity is
// kept as bytes and packed only if there was a NULL, and Truncate takes back a half-read row.
// Nested columns have children; a list's or map's elements are appended to its children first and
// closed with AppendList.
#pragma once

#include <arrow/buffer.h>
#include <arrow/result.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "batch/batch.h"
#include "batch/type.h"

namespace sabot {

class ColumnBuffer {
 public:
  // How a type lies in memory.
  enum class Storage : uint8_t { kFixed, kBool, kBytes, kList, kMap, kRow, kNull };

  explicit ColumnBuffer(const Type& type);
  ColumnBuffer(const ColumnBuffer&) = delete;
  ColumnBuffer& operator=(const ColumnBuffer&) = delete;

  const Type& type() const { return type_; }
  int64_t length() const { return length_; }
  // ROW: one per field. ARRAY: the element. MAP: key, value. MULTISET: element, count.
  ColumnBuffer& child(int i) { return *children_[static_cast<size_t>(i)]; }

  // T has the width of the column's Arrow type (bool: bool).
  template <typename T>
  void AppendFixed(T value) {
    if (length_ == capacity_) Grow();
    std::memcpy(values_ + length_ * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
    ++length_;
  }
  // The nanoseconds of the TIMESTAMP just appended that its tick leaves out.
  void SetRemainder(int32_t nanos) {
    remainders_.resize(static_cast<size_t>(length_ - 1));
    remainders_.push_back(nanos);
  }
  void AppendBool(bool value) { AppendFixed<uint8_t>(value ? 1 : 0); }
  // Bytes are copied in whole words: `bytes` must have 32 readable bytes behind its end.
  void AppendPadded(const char* bytes, int64_t size) {
    if (length_ == capacity_) Grow();
    if (data_size_ + size + kSlack > data_capacity_) GrowData(size);
    char* to = data_ + data_size_;
    for (int64_t done = 0; done < size; done += kSlack)
      std::memcpy(to + done, bytes + done, kSlack);
    CloseBytes(size);
  }
  void AppendBytes(std::string_view bytes) {
    if (length_ == capacity_) Grow();
    const int64_t size = static_cast<int64_t>(bytes.size());
    if (data_size_ + size + kSlack > data_capacity_) GrowData(size);
    std::memcpy(data_ + data_size_, bytes.data(), bytes.size());
    CloseBytes(size);
  }
  // Closes a list, map or multiset whose elements are the children's since the last.
  void AppendList();
  // Closes a row whose fields have been appended to the children.
  void AppendRow();
  void AppendNull();

  // Back to the first `length` values, in the children too.
  void Truncate(int64_t length);

  // Bytes of variable data, here and in the children: what a row limit alone does not bound.
  int64_t data_bytes() const;

  // The array; the buffer is empty afterwards. Fails where variable data does not fit 32-bit
  // offsets.
  arrow::Result<ArrayPtr> Finish();

 private:
  static constexpr int64_t kSlack = 32;  // Readable and writable bytes behind what is used.

  void CloseBytes(int64_t size) {
    data_size_ += size;
    ++length_;
    reinterpret_cast<int64_t*>(values_)[length_] = data_size_;
  }
  int64_t* offsets() { return reinterpret_cast<int64_t*>(values_); }
  void Grow();
  void GrowData(int64_t size);
  void MarkNull();
  arrow::Result<std::shared_ptr<arrow::Buffer>> PackValidity();
  arrow::Result<std::shared_ptr<arrow::Buffer>> TakeOffsets();

  Type type_;
  std::shared_ptr<arrow::DataType> arrow_type_;
  Storage storage_;
  int64_t width_ = 0;  // Bytes per value in values_: the fixed value, or a 64-bit offset.

  int64_t length_ = 0;
  int64_t capacity_ = 0;
  char* values_ = nullptr;  // Fixed values, bytes for booleans, or length_ + 1 offsets.
  char* data_ = nullptr;
  int64_t data_size_ = 0;
  int64_t data_capacity_ = 0;
  int64_t null_count_ = 0;
  std::vector<uint8_t> valid_;       // 0/1 per value, from the first NULL of a batch on.
  std::vector<int32_t> remainders_;  // Of timestamps, up to the last that has one.
  std::shared_ptr<arrow::ResizableBuffer> values_buffer_;
  std::shared_ptr<arrow::ResizableBuffer> data_buffer_;
  std::vector<std::unique_ptr<ColumnBuffer>> children_;
  int64_t capacity_hint_ = 0;  // What the last batch needed.
  int64_t data_hint_ = 0;
};

}  // namespace sabot
