// The implementations of ColdBackend.
#pragma once

#include <cstdint>
#include <memory>

#include "state/cold_store.h"

namespace sabot {

struct RocksdbOptions {
  // For cached blocks, indexes, filters and rows not yet written, of all stores together.
  int64_t memory_bytes = int64_t{64} << 20;  // 1 MB at least.
  double write_buffer_ratio = 0.5;           // The part of it that rows not yet written may take.
  int64_t block_bytes = 4096;
  bool compress = true;  // LZ4.
  int num_threads = 2;   // That flush and compact, for all stores.
};

// RocksDB, on the machine's own files.
std::unique_ptr<ColdBackend> MakeRocksdbBackend(const RocksdbOptions& options);

// Sorted maps in memory, for simulation: no threads, no files.
std::unique_ptr<ColdBackend> MakeModelBackend();

}  // namespace sabot
