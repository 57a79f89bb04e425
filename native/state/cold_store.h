// ColdStore: state that does not lie in memory. Ordered tables of bytes, read and written in
// batches.
//
//   Write {put a=1, put b=2}     MultiGet [a, x]  ->  [1, absent]     Scan [a, c)  ->  a=1 b=2
//
// One operator subtask owns a store, which lasts as long as the process: state survives in
// snapshots. RocksDB is one implementation, a model in memory the other; both pass the same tests
// (test/native/state/cold_store_test.cc). No key begins with the byte 255.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sabot {

struct ColdTableOptions {
  // Every value begins with 8 bytes, little-endian: the processing time in ms from which on the row
  // may be dropped, whenever the store is compacted. Until then it can still be read.
  bool expires = false;
};

// Changes to a store, applied all or none, in this order.
class ColdWrites {
 public:
  using Table = int;
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  // The key and the value, or the range [key, value).
  struct Change {
    Kind kind;
    Table table;
    std::string_view key;
    std::string_view value;
  };

  void Put(Table table, std::string_view key, std::string_view value) {
    Append(Kind::kPut, table, key, value);
  }
  void Delete(Table table, std::string_view key) { Append(Kind::kDelete, table, key, {}); }
  // An empty `to` is the end of the table.
  void DeleteRange(Table table, std::string_view from, std::string_view to) {
    Append(Kind::kDeleteRange, table, from, to);
  }
  void Clear();
  // By table and key, which makes writing faster. Only where no key is changed twice.
  void SortByKey();

  int64_t size() const { return static_cast<int64_t>(changes_.size()); }
  int64_t size_bytes() const { return static_cast<int64_t>(bytes_.size()); }
  Change change(int64_t i) const;

 private:
  struct Place {
    Kind kind;
    Table table;
    size_t offset;
    uint32_t key_size;
    uint32_t value_size;
  };
  void Append(Kind kind, Table table, std::string_view key, std::string_view value);

  std::string bytes_;
  std::vector<Place> changes_;
};

// The answers of a MultiGet, by position. Reused from call to call.
class ColdValues {
 public:
  int64_t size() const { return static_cast<int64_t>(places_.size()); }
  bool has(size_t i) const { return places_[i].offset != kAbsent; }
  std::string_view value(size_t i) const {  // Empty where absent.
    return has(i) ? std::string_view(bytes_).substr(places_[i].offset, places_[i].size)
                  : std::string_view();
  }

  // For stores: one call for every key, in order.
  void Clear();
  void Add(std::string_view value);
  void AddAbsent() { places_.push_back({kAbsent, 0}); }

 private:
  static constexpr size_t kAbsent = SIZE_MAX;
  struct Place {
    size_t offset;
    size_t size;
  };
  std::string bytes_;
  std::vector<Place> places_;
};

// Rows of a table in order of key, as they were when the scan began. One thread at a time; must not
// outlive its store.
class ColdScan {
 public:
  virtual ~ColdScan() = default;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;  // Until the next call.
  virtual std::string_view value() const = 0;
  virtual arrow::Status Next() = 0;                      // Only if valid.
  virtual arrow::Status Seek(std::string_view key) = 0;  // To the first row not below `key`.
};

class ColdStore {
 public:
  using Table = ColdWrites::Table;

  virtual ~ColdStore() = default;  // Removes its folder.

  // The table of this name, made where there is none. The options must be those it was made with.
  virtual arrow::Result<Table> OpenTable(const std::string& name,
                                         const ColdTableOptions& options) = 0;
  // Fastest where keys ascend.
  virtual arrow::Status MultiGet(Table table, std::span<const std::string_view> keys,
                                 ColdValues* values) = 0;
  virtual arrow::Status Write(const ColdWrites& writes) = 0;
  // Rows with from <= key < to; an empty `to` is the end of the table. Stands on the first one.
  virtual arrow::Result<std::unique_ptr<ColdScan>> Scan(Table table, std::string_view from,
                                                        std::string_view to) = 0;
  // What TTL compares with. Rows whose time has come may go from now on.
  virtual void SetProcessingTime(int64_t now_ms) = 0;
  // Rewrites a table now, dropping what was deleted or has expired.
  virtual arrow::Status Compact(Table table) = 0;
};

// Opens stores; all of them share one budget of memory. Thread-safe.
class ColdBackend {
 public:
  virtual ~ColdBackend() = default;  // After its stores.
  // A new store in this folder, which is empty or missing and the store's from now on.
  virtual arrow::Result<std::unique_ptr<ColdStore>> Open(const std::string& folder) = 0;
  // Memory in use: blocks that are cached, and rows that wait to be written.
  virtual int64_t memory_bytes() const = 0;
};

}  // namespace sabot
