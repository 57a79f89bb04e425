// How state leaves and enters an operator. A snapshot is a set of named sections; keyed sections
// are cut by key group so that a restore at another parallelism reads only its range.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sabot {

inline constexpr int kOperatorScope = -1;  // A section of the subtask itself, not of a key group.

// The bytes of one operator subtask. Values are opaque; each writer frames its own.
class SnapshotWriter {
 public:
  void Put(std::string_view section, std::string bytes, int key_group = kOperatorScope);
  void PutInt64(std::string_view section, int64_t value);
  std::map<std::pair<std::string, int>, std::string> Take() { return std::move(sections_); }

 private:
  std::map<std::pair<std::string, int>, std::string> sections_;
};

// What a restored subtask may read: its key groups' sections, and the operator sections of every
// old subtask (several after rescaling: list redistribution is the operator's to decide).
class SnapshotReader {
 public:
  using Sections = std::map<std::pair<std::string, int>, std::string>;
  // `parts`: snapshots of all old subtasks. Key groups outside first..last are not visible.
  SnapshotReader(std::vector<const Sections*> parts, int first_key_group, int last_key_group);

  // Every visible part of a keyed section, any order.
  std::vector<std::string_view> KeyGroups(std::string_view section) const;
  // The operator-scope values of this section, one per old subtask that wrote one.
  std::vector<std::string_view> All(std::string_view section) const;
  arrow::Result<int64_t> GetInt64(
      std::string_view section) const;  // Fails if absent; least of several.
  bool Has(std::string_view section) const;

 private:
  std::vector<const Sections*> parts_;
  int first_key_group_;
  int last_key_group_;
};

// Framing for section values: little-endian integers and length-prefixed bytes.
class ByteWriter {
 public:
  void U32(uint32_t value) { Append(&value, sizeof(value)); }
  void U64(uint64_t value) { Append(&value, sizeof(value)); }
  void I64(int64_t value) { Append(&value, sizeof(value)); }
  void Bytes(std::string_view value) {
    U32(static_cast<uint32_t>(value.size()));
    bytes_.append(value);
  }
  void Append(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }
  std::string Take() { return std::move(bytes_); }
  size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote; a short or torn value turns `ok` false and reads zeros.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  uint32_t U32() { return Get<uint32_t>(); }
  uint64_t U64() { return Get<uint64_t>(); }
  int64_t I64() { return Get<int64_t>(); }
  std::string_view Bytes() { return Take(U32()); }
  std::string_view Take(size_t size);
  bool done() const { return bytes_.empty(); }
  bool ok() const { return ok_; }

 private:
  template <typename T>
  T Get() {
    T value{};
    const std::string_view raw = Take(sizeof(T));
    if (ok_) __builtin_memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

// Batches as Arrow IPC streams inside a snapshot (row buffers).
arrow::Result<std::string> SerializeBatch(const std::shared_ptr<arrow::RecordBatch>& batch);
arrow::Result<std::shared_ptr<arrow::RecordBatch>> DeserializeBatch(std::string_view bytes);

}  // namespace sabot
