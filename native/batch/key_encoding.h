// Keys as bytes: memcomparable, reversible, and a disk format (version 1, never changed in place).
//
//   (BIGINT 5, STRING 'ab', NULL)  ->  01 8000000000000005 | 01 61 62 00 01 | 00
//
// Per column: 00 for NULL, 01 and the value otherwise. Integers and temporals big-endian with the
// sign bit flipped; floating point in total order with one NaN and -0.0 = 0.0; decimals as 16-byte
// integers; strings and bytes with 00 written as 00 FF and ended by 00 01. Rows are their fields
// one after the other; a list is 01 before each element and 00 at its end; a map is a list of key
// and value, sorted by the encoded key.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "batch/type.h"

namespace sabot {

inline constexpr int kMaxParallelism = 128;

// The encoded keys of one batch, reused from batch to batch.
class EncodedKeys {
 public:
  // Encodes rows 0..length of the columns. Views are valid until the next call. No columns: every
  // key is empty.
  arrow::Status Encode(std::span<const ArrayPtr> columns, int64_t length);

  int64_t length() const { return static_cast<int64_t>(hashes_.size()); }
  std::string_view key(int64_t row) const {
    return {bytes_.data() + offsets_[static_cast<size_t>(row)],
            offsets_[static_cast<size_t>(row) + 1] - offsets_[static_cast<size_t>(row)]};
  }
  uint64_t hash(int64_t row) const { return hashes_[static_cast<size_t>(row)]; }

 private:
  // Every column of fixed width and without NULL: `stride` bytes a row.
  void SetStride(size_t stride, size_t length);

  std::vector<char> bytes_;  // Grows only.
  std::vector<size_t> offsets_;
  std::vector<uint64_t> hashes_;
  std::vector<size_t> cursors_;
  size_t stride_ = 0;  // Of what offsets_ says; 0 after a batch of variable width.
};

// Key columns back from encoded keys.
arrow::Result<std::vector<ArrayPtr>> DecodeKeys(
    std::span<const std::string_view> keys,
    const std::vector<std::shared_ptr<arrow::DataType>>& types);

// Appends one encoded value to `out` / one decoded value to `to`, advancing `from`. For state that
// keeps single values as bytes.
arrow::Status EncodeValue(const arrow::Array& column, int64_t row, std::string& out);
arrow::Status DecodeValue(std::string_view& from, arrow::ArrayBuilder& to);

inline int KeyGroupOf(uint64_t hash) { return static_cast<int>(hash % kMaxParallelism); }
// The subtask that owns a key group: Flink's even ranges.
inline int SubtaskOf(int key_group, int parallelism) {
  return key_group * parallelism / kMaxParallelism;
}

// The key groups of a subtask.
struct KeyGroups {
  int first = 0;
  int last = kMaxParallelism - 1;
  bool holds(uint64_t hash) const {
    const int key_group = KeyGroupOf(hash);
    return key_group >= first && key_group <= last;
  }
};
inline KeyGroups KeyGroupsOf(int subtask, int parallelism) {
  // The first group of a subtask is the least one with group * parallelism / max >= subtask.
  const auto first = [parallelism](int of) {
    return (of * kMaxParallelism + parallelism - 1) / parallelism;
  };
  return {first(subtask), first(subtask + 1) - 1};
}

}  // namespace sabot
