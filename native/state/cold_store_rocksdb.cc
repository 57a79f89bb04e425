// ColdStore on RocksDB: a column family per table, no log, all stores in one budget of memory.
#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstring>
#include <filesystem>

#include "base/check.h"
#include "base/error.h"
#include "base/file_system.h"
#include "state/cold_backends.h"

namespace sabot {
namespace {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

arrow::Status FromRocksdb(const rocksdb::Status& status, const std::string& folder) {
  if (status.ok()) return arrow::Status::OK();
  const std::string text = "state in '" + folder + "': " + status.ToString();
  return UserError(status.IsCorruption() ? "state-damaged" : "io", folder, text);
}

// What goes wrong is in a status. Its log would be one more file, of which a failed write is
// followed by a failed assertion where the disk is full.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// Drops rows whose time has come.
class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(const std::atomic<int64_t>* now_ms) : now_ms_(now_ms) {}
  const char* Name() const override { return "sabot.expiry"; }
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    int64_t expiry_ms = INT64_MAX;
    if (value.size() >= sizeof(expiry_ms)) std::memcpy(&expiry_ms, value.data(), sizeof(expiry_ms));
    return expiry_ms <= now_ms_->load(std::memory_order_relaxed);
  }

 private:
  const std::atomic<int64_t>* now_ms_;
};

class RocksdbScan final : public ColdScan {
 public:
  RocksdbScan(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, std::string_view from,
              std::string_view to, std::string folder)
      : to_(to), bound_(to_), folder_(std::move(folder)) {
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    options.fill_cache = false;  // A scan reads much, once.
    options.readahead_size = 256 << 10;
    if (!to_.empty()) options.iterate_upper_bound = &bound_;
    rows_.reset(db->NewIterator(options, family));
    from.empty() ? rows_->SeekToFirst() : rows_->Seek(ToSlice(from));
  }
  arrow::Status status() const { return FromRocksdb(rows_->status(), folder_); }

  bool valid() const override { return rows_->Valid(); }
  std::string_view key() const override { return ToView(rows_->key()); }
  std::string_view value() const override { return ToView(rows_->value()); }
  arrow::Status Next() override {
    SABOT_CHECK(valid());
    rows_->Next();
    return status();
  }
  arrow::Status Seek(std::string_view key) override {
    rows_->Seek(ToSlice(key));
    return status();
  }

 private:
  const std::string to_;
  const rocksdb::Slice bound_;
  const std::string folder_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

// With less it writes a file for every few rows.
constexpr int64_t kMemoryBytesMin = int64_t{1} << 20;

// What all stores share.
struct Shared {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  rocksdb::Options options;
};

class RocksdbStore final : public ColdStore {
 public:
  RocksdbStore(const Shared* shared, std::string folder)
      : shared_(shared), folder_(std::move(folder)), expiry_filter_(&now_ms_) {}

  ~RocksdbStore() override {
    for (const Family& family : families_) (void)db_->DestroyColumnFamilyHandle(family.handle);
    if (db_ != nullptr) (void)db_->Close();
    db_.reset();
    // What cannot be removed is left to whoever made the folder around it.
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }

  arrow::Status Open() {
    ARROW_RETURN_NOT_OK(LocalFileSystem().CreateFolder(folder_));
    rocksdb::Options options = shared_->options;
    options.create_if_missing = true;
    options.error_if_exists = true;
    rocksdb::DB* db = nullptr;
    ARROW_RETURN_NOT_OK(Check(rocksdb::DB::Open(options, folder_, &db)));
    db_.reset(db);
    return arrow::Status::OK();
  }

  arrow::Result<Table> OpenTable(const std::string& name,
                                 const ColdTableOptions& options) override {
    for (size_t i = 0; i < families_.size(); ++i) {
      if (families_[i].name != name) continue;
      SABOT_CHECK(families_[i].options.expires == options.expires);
      return static_cast<Table>(i);
    }
    Family family{name, options, nullptr};
    ARROW_RETURN_NOT_OK(
        Check(db_->CreateColumnFamily(FamilyOptions(options), name, &family.handle)));
    families_.push_back(family);
    return static_cast<Table>(families_.size() - 1);
  }

  arrow::Status MultiGet(Table table, std::span<const std::string_view> keys,
                         ColdValues* values) override {
    slices_.resize(keys.size());
    found_.resize(keys.size());
    statuses_.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) slices_[i] = ToSlice(keys[i]);
    const bool sorted = std::is_sorted(keys.begin(), keys.end());
    rocksdb::ReadOptions options;
    options.fill_cache = false;  // What is read comes into the table, and is in the system's cache.
    db_->MultiGet(options, HandleOf(table), keys.size(), slices_.data(), found_.data(),
                  statuses_.data(), sorted);
    values->Clear();
    arrow::Status status;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses_[i].ok()) {
        values->Add(ToView(found_[i]));
      } else if (statuses_[i].IsNotFound()) {
        values->AddAbsent();
      } else if (status.ok()) {
        status = Check(statuses_[i]);
      }
      found_[i].Reset();  // Unpins its block.
    }
    return status;
  }

  arrow::Status Write(const ColdWrites& writes) override {
    rocksdb::WriteBatch batch(static_cast<size_t>(writes.size_bytes() + 16 * writes.size()));
    for (int64_t i = 0; i < writes.size(); ++i) {
      const ColdWrites::Change change = writes.change(i);
      rocksdb::ColumnFamilyHandle* const family = HandleOf(change.table);
      switch (change.kind) {
        case ColdWrites::Kind::kPut:
          ARROW_RETURN_NOT_OK(Check(batch.Put(family, ToSlice(change.key), ToSlice(change.value))));
          break;
        case ColdWrites::Kind::kDelete:
          ARROW_RETURN_NOT_OK(Check(batch.Delete(family, ToSlice(change.key))));
          break;
        case ColdWrites::Kind::kDeleteRange:
          ARROW_RETURN_NOT_OK(DeleteRange(family, change.key, change.value, batch));
          break;
      }
    }
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return Check(db_->Write(options, &batch));
  }

  arrow::Result<std::unique_ptr<ColdScan>> Scan(Table table, std::string_view from,
                                                std::string_view to) override {
    auto scan = std::make_unique<RocksdbScan>(db_.get(), HandleOf(table), from, to, folder_);
    ARROW_RETURN_NOT_OK(scan->status());
    return scan;
  }

  void SetProcessingTime(int64_t now_ms) override { now_ms_ = now_ms; }

  arrow::Status Compact(Table table) override {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    return Check(db_->CompactRange(options, HandleOf(table), nullptr, nullptr));
  }

 private:
  struct Family {
    std::string name;
    ColdTableOptions options;
    rocksdb::ColumnFamilyHandle* handle = nullptr;
  };

  arrow::Status Check(const rocksdb::Status& status) const { return FromRocksdb(status, folder_); }

  rocksdb::ColumnFamilyHandle* HandleOf(Table table) const {
    return families_[static_cast<size_t>(table)].handle;
  }

  rocksdb::ColumnFamilyOptions FamilyOptions(const ColdTableOptions& table) const {
    rocksdb::ColumnFamilyOptions options(shared_->options);
    if (table.expires) options.compaction_filter = &expiry_filter_;
    return options;
  }

  // RocksDB's ranges have an end.
  arrow::Status DeleteRange(rocksdb::ColumnFamilyHandle* family, std::string_view from,
                            std::string_view to, rocksdb::WriteBatch& batch) const {
    if (to.empty()) to = "\xff";
    if (from >= to) return arrow::Status::OK();
    return Check(batch.DeleteRange(family, ToSlice(from), ToSlice(to)));
  }

  const Shared* shared_;
  const std::string folder_;
  std::atomic<int64_t> now_ms_ = INT64_MIN;
  ExpiryFilter expiry_filter_;
  std::vector<Family> families_;     // By table number.
  std::unique_ptr<rocksdb::DB> db_;  // Goes before what it uses.
  // Scratch.
  std::vector<rocksdb::Slice> slices_;
  std::vector<rocksdb::PinnableSlice> found_;
  std::vector<rocksdb::Status> statuses_;
};

class RocksdbBackend final : public ColdBackend {
 public:
  explicit RocksdbBackend(const RocksdbOptions& options) {
    const auto memory = static_cast<size_t>(std::max(options.memory_bytes, kMemoryBytesMin));
    const auto buffers =
        static_cast<size_t>(static_cast<double>(memory) * options.write_buffer_ratio);
    shared_.cache = rocksdb::NewLRUCache(memory, /*num_shard_bits=*/-1,
                                         /*strict_capacity_limit=*/false,
                                         /*high_pri_pool_ratio=*/0.3);
    // Charged to the cache: what rows not yet written take, blocks cannot have.
    shared_.write_buffers = std::make_shared<rocksdb::WriteBufferManager>(buffers, shared_.cache);
    rocksdb::Options& to = shared_.options;
    to.write_buffer_manager = shared_.write_buffers;
    to.write_buffer_size = std::max<size_t>(buffers / 2, 64 << 10);
    to.arena_block_size = std::clamp<size_t>(buffers / 64, 16 << 10, 1 << 20);
    to.compression = options.compress ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
    to.env->SetBackgroundThreads(options.num_threads, rocksdb::Env::LOW);
    to.env->SetBackgroundThreads(1, rocksdb::Env::HIGH);
    to.max_background_jobs = options.num_threads + 1;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = shared_.cache;
    table.block_size = static_cast<size_t>(options.block_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    // Indexes and filters stay with their files, found without asking the cache, but take its room.
    table.cache_index_and_filter_blocks = false;
    table.cache_usage_options.options_overrides.insert(
        {rocksdb::CacheEntryRole::kBlockBasedTableReader,
         {rocksdb::CacheEntryRoleOptions::Decision::kEnabled}});
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.format_version = 5;
    table.checksum = rocksdb::kXXH3;
    to.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    // Rows change again and again: files of like size are merged, instead of every new one with all
    // below it. Reads ask the filters of more files.
    to.compaction_style = rocksdb::kCompactionStyleUniversal;
    to.level0_file_num_compaction_trigger = 8;
    to.memtable_whole_key_filtering = true;
    to.memtable_prefix_bloom_size_ratio = 0.05;
    // One thread writes a store.
    to.allow_concurrent_memtable_write = false;
    to.enable_write_thread_adaptive_yield = false;
    to.avoid_flush_during_shutdown = true;
    // After a full disk the job ends; RocksDB must not try again on files that have failed.
    to.max_bgerror_resume_count = 0;
    to.info_log = std::make_shared<NoLog>();
    to.stats_dump_period_sec = 0;
    to.stats_persist_period_sec = 0;
    to.skip_stats_update_on_db_open = true;
    to.max_file_opening_threads = 1;
  }

  arrow::Result<std::unique_ptr<ColdStore>> Open(const std::string& folder) override {
    auto store = std::make_unique<RocksdbStore>(&shared_, folder);
    ARROW_RETURN_NOT_OK(store->Open());
    return store;
  }
  int64_t memory_bytes() const override { return static_cast<int64_t>(shared_.cache->GetUsage()); }

 private:
  Shared shared_;
};

}  // namespace

std::unique_ptr<ColdBackend> MakeRocksdbBackend(const RocksdbOptions& options) {
  return std::make_unique<RocksdbBackend>(options);
}

}  // namespace sabot
