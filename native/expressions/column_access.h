// Typed access to the values of a Vector, and results written row by row.
//
//   Vector (array or constant) -> Reader<int64_t>, NullBits -> kernel -> FixedWriter, TextWriter ->
//   array
//
// SQL types share C++ types by their physical form:
//   bool              BOOLEAN
//   int8_t..int64_t   TINYINT..BIGINT; int32_t DATE, TIME, INTERVAL_YEAR_MONTH; int64_t
//   TIMESTAMP(_LTZ), INTERVAL_DAY_TIME float, double     FLOAT, DOUBLE Int128            DECIMAL,
//   unscaled std::string_view  CHAR, VARCHAR, BINARY, VARBINARY ListSlice         ARRAY; MAP and
//   MULTISET (their entries are a struct array)
#pragma once

#include <arrow/array/array_base.h>
#include <arrow/array/array_nested.h>
#include <arrow/buffer.h>
#include <arrow/result.h>
#include <arrow/util/bit_util.h>

#include <bit>
#include <concepts>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/number_text.h"
#include "expressions/kernel.h"

namespace sabot {

__extension__ typedef unsigned __int128 UInt128;

template <typename T>
concept FixedWidth = std::is_arithmetic_v<T> || std::is_same_v<T, Int128>;

// Elements [begin, end) of `values`.
struct ListSlice {
  const arrow::Array* values;
  int64_t begin;
  int64_t end;
  int64_t size() const { return end - begin; }
};

// --- reading ---

// Bits [start, start + size) of a bitmap, size at most 64; bit 0 of the word is the first.
inline uint64_t BitWord(const uint8_t* bits, int64_t start, int64_t size) {
  const uint8_t* const from = bits + start / 8;
  const int64_t shift = start % 8;
  const int64_t bytes = (shift + size + 7) / 8;
  uint64_t word = 0;
  std::memcpy(&word, from, static_cast<size_t>(bytes < 8 ? bytes : 8));
  word >>= shift;
  if (bytes > 8) word |= uint64_t{from[8]} << (64 - shift);
  return size < 64 ? word & ((uint64_t{1} << size) - 1) : word;
}

// Whether rows hold a value.
class NullBits {
 public:
  explicit NullBits(const Vector& vector) : mask_(vector.constant ? 0 : -1) {
    static constexpr uint8_t kZero = 0;
    const arrow::ArrayData& data = *vector.array->data();
    if (data.type->id() == arrow::Type::NA) {
      bits_ = &kZero;
      mask_ = 0;
    } else if (data.MayHaveNulls()) {
      bits_ = data.buffers[0]->data();
      offset_ = data.offset;
    }
  }
  bool all_valid() const { return bits_ == nullptr; }
  bool valid(int64_t row) const {
    return bits_ == nullptr || arrow::bit_util::GetBit(bits_, (row & mask_) + offset_);
  }
  // Bit i: row start + i holds a value; size at most 64.
  uint64_t Word(int64_t start, int64_t size) const {
    const uint64_t all = size < 64 ? (uint64_t{1} << size) - 1 : ~uint64_t{0};
    if (mask_ == 0 || bits_ == nullptr) return valid(start) ? all : 0;
    return BitWord(bits_, start + offset_, size);
  }

 private:
  const uint8_t* bits_ = nullptr;
  int64_t offset_ = 0;
  int64_t mask_;
};

// Reader<T>(vector)[row]; the value of a NULL row is unspecified but safe to read.
template <typename T>
class Reader;

template <FixedWidth T>
class Reader<T> {
 public:
  explicit Reader(const Vector& vector)
      : values_(
            vector.array->type_id() == arrow::Type::NA
                ? nullptr
                : reinterpret_cast<const char*>(vector.array->data()->GetValues<uint8_t>(1, 0)) +
                      vector.array->offset() * static_cast<int64_t>(sizeof(T))),
        mask_(vector.constant ? 0 : -1) {}
  T operator[](int64_t row) const { return Load(row & mask_); }
  // The row of an array, or of a constant if row is 0.
  T Load(int64_t row) const {
    T value;
    std::memcpy(&value, values_ + row * static_cast<int64_t>(sizeof(T)), sizeof(T));
    return value;
  }
  bool constant() const { return mask_ == 0; }

 private:
  const char* values_;
  int64_t mask_;
};

template <>
class Reader<bool> {
 public:
  explicit Reader(const Vector& vector)
      : bits_(vector.array->type_id() == arrow::Type::NA
                  ? nullptr
                  : vector.array->data()->buffers[1]->data()),
        offset_(vector.array->offset()),
        mask_(vector.constant ? 0 : -1) {}
  bool operator[](int64_t row) const { return Load(row & mask_); }
  bool Load(int64_t row) const { return arrow::bit_util::GetBit(bits_, row + offset_); }
  bool constant() const { return mask_ == 0; }

 private:
  const uint8_t* bits_;
  int64_t offset_;
  int64_t mask_;
};

template <>
class Reader<std::string_view> {
 public:
  explicit Reader(const Vector& vector) : mask_(vector.constant ? 0 : -1) {
    const arrow::ArrayData& data = *vector.array->data();
    if (data.type->id() == arrow::Type::NA) return;
    offsets_ = data.GetValues<int32_t>(1);
    bytes_ =
        data.buffers[2] == nullptr ? "" : reinterpret_cast<const char*>(data.buffers[2]->data());
  }
  std::string_view operator[](int64_t row) const { return Load(row & mask_); }
  std::string_view Load(int64_t row) const {
    return {bytes_ + offsets_[row], static_cast<size_t>(offsets_[row + 1] - offsets_[row])};
  }
  bool constant() const { return mask_ == 0; }

 private:
  const int32_t* offsets_ = nullptr;
  const char* bytes_ = nullptr;
  int64_t mask_;
};

template <>
class Reader<ListSlice> {
 public:
  explicit Reader(const Vector& vector) : mask_(vector.constant ? 0 : -1) {
    if (vector.array->type_id() == arrow::Type::NA) return;
    const auto& list = static_cast<const arrow::ListArray&>(*vector.array);
    offsets_ = list.raw_value_offsets();
    values_ = list.values().get();
  }
  ListSlice operator[](int64_t row) const { return Load(row & mask_); }
  ListSlice Load(int64_t row) const { return {values_, offsets_[row], offsets_[row + 1]}; }
  bool constant() const { return mask_ == 0; }

 private:
  const int32_t* offsets_ = nullptr;
  const arrow::Array* values_ = nullptr;  // Kept alive by the list's array.
  int64_t mask_;
};

// --- validity ---

// Which rows of a result are not NULL: bit 0 of `bits` is row 0; no buffer means all are.
struct Validity {
  std::shared_ptr<arrow::Buffer> bits;
  bool none = false;  // Every row is NULL; `bits` is not set then.

  const uint8_t* data() const { return bits == nullptr ? nullptr : bits->data(); }
};

// The rows in which no argument with strict[i] is NULL; `strict` empty means all arguments.
arrow::Result<Validity> IntersectValidity(std::span<const Vector> args,
                                          std::span<const bool> strict, int64_t length);

// Calls f(row) for the valid rows of [0, length), ascending; f returns true to go on.
template <typename F>
bool ForEachValid(const uint8_t* bits, int64_t length, F&& f) {
  if (bits == nullptr) {
    for (int64_t row = 0; row < length; ++row) {
      if (!f(row)) return false;
    }
    return true;
  }
  for (int64_t start = 0; start < length; start += 64) {
    const int64_t size = length - start < 64 ? length - start : 64;
    uint64_t word = BitWord(bits, start, size);
    while (word != 0) {
      if (!f(start + std::countr_zero(word))) return false;
      word &= word - 1;
    }
  }
  return true;
}

// --- writing ---

// A validity bitmap that starts as a given one and loses bits; copied at the first loss.
class ResultNulls {
 public:
  ResultNulls(Validity validity, int64_t length)
      : validity_(std::move(validity)), length_(length) {}
  arrow::Status SetNull(int64_t row) {
    if (mutable_bits_ == nullptr) ARROW_RETURN_NOT_OK(MakeMutable());
    arrow::bit_util::ClearBit(mutable_bits_, row);
    return arrow::Status::OK();
  }
  const uint8_t* bits() const { return validity_.data(); }
  const std::shared_ptr<arrow::Buffer>& buffer() const { return validity_.bits; }
  bool valid(int64_t row) const {
    return validity_.bits == nullptr || arrow::bit_util::GetBit(validity_.bits->data(), row);
  }
  std::shared_ptr<arrow::Buffer> Finish() { return std::move(validity_.bits); }

 private:
  arrow::Status MakeMutable();

  Validity validity_;
  int64_t length_;
  uint8_t* mutable_bits_ = nullptr;
};

// `length` values of fixed width, set in any order. BOOLEAN is a bitmap, zero at the start.
template <typename T>
class FixedWriter {
 public:
  static arrow::Result<FixedWriter> Make(int64_t length);
  void Set(int64_t row, T value) {
    if constexpr (std::is_same_v<T, bool>) {
      arrow::bit_util::SetBitTo(data_, row, value);
    } else {
      std::memcpy(data_ + row * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
    }
  }
  uint8_t* data() { return data_; }
  ArrayPtr Finish(const std::shared_ptr<arrow::DataType>& type,
                  std::shared_ptr<arrow::Buffer> validity);

 private:
  FixedWriter(std::shared_ptr<arrow::Buffer> buffer, int64_t length)
      : buffer_(std::move(buffer)), data_(buffer_->mutable_data()), length_(length) {}
  std::shared_ptr<arrow::Buffer> buffer_;
  uint8_t* data_;
  int64_t length_;
};

extern template class FixedWriter<bool>;
extern template class FixedWriter<int8_t>;
extern template class FixedWriter<int16_t>;
extern template class FixedWriter<int32_t>;
extern template class FixedWriter<int64_t>;
extern template class FixedWriter<float>;
extern template class FixedWriter<double>;
extern template class FixedWriter<Int128>;

// Strings or bytes in row order: Append pieces, then EndRow. A NULL row is an empty one.
class TextWriter {
 public:
  static arrow::Result<TextWriter> Make(int64_t length, int64_t bytes_expected = 0);

  void Append(std::string_view text) {
    if (!text.empty()) std::memcpy(Grow(text.size()), text.data(), text.size());
  }
  void Append(char c) { *Grow(1) = c; }
  void Append(size_t count, char c) {
    if (count > 0) std::memset(Grow(count), c, count);
  }
  // Room for `size` more bytes, which the caller fills.
  char* Grow(size_t size) {
    if (size > capacity_ - size_) MakeRoom(size);
    char* const at = data_ + size_;
    size_ += size;
    return at;
  }
  // What the row being written holds so far, and a way to cut it.
  std::string_view row() const { return {data_ + row_start_, size_ - row_start_}; }
  char* mutable_row() { return data_ + row_start_; }
  void CutRow(size_t size) { size_ = row_start_ + size; }
  void EndRow() {
    *++offset_ = static_cast<int32_t>(size_);
    row_start_ = size_;
  }
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type,
                                 std::shared_ptr<arrow::Buffer> validity);

 private:
  TextWriter() = default;
  void MakeRoom(size_t size);

  std::shared_ptr<arrow::Buffer> offsets_;
  std::unique_ptr<arrow::ResizableBuffer> bytes_;
  char* data_ = nullptr;
  int32_t* offset_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t row_start_ = 0;
  int64_t length_ = 0;
};

// One byte per row (0 or 1) to bits; `bits` has room for (length + 7) / 8 bytes.
void PackBits(const uint8_t* bytes, int64_t length, uint8_t* bits);

}  // namespace sabot
