// Jobs for tests of recovery: their plans, and what their output folder shows.
//
//   /in/rows.jsonl -> file_source -> watermark_assigner -> query -> file_sink -> /out
//                                        /in/others.jsonl ->
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace sabot::test {

struct RecoveryPlan {
  // "op", "inputs" (of node 2), "schema", "config"; or several, with "uid": nodes 3, 4, ...
  nlohmann::json query = nullptr;
  int parallelism = 2;
  int64_t batch_rows = 10;
  nlohmann::json restore = nullptr;  // As the plan has it.
  bool at_least_once = false;
  int64_t timeout_ms = 600'000;
  int64_t tolerable_failures = 1'000'000;
  int64_t memory_limit_bytes = 0;   // Then state spills into a model of RocksDB.
  nlohmann::json source = nullptr;  // "op", "config"; else /in/rows.jsonl.
  nlohmann::json sink = {{"op", "file_sink"}, {"config", {{"path", "/out"}, {"format", "json"}}}};

  std::string text() const;
};

struct RecoveryQuery {
  const char* name;
  nlohmann::json query;
};
// One of each kind that keeps state of its own; they show rows while others come.
const std::vector<RecoveryQuery>& RecoveryQueries();
// SELECT k, COUNT(*) AS n, SUM(v) AS s ... GROUP BY k, row by row.
nlohmann::json CountingQuery();
// The columns of the rows: k STRING, v BIGINT, t TIMESTAMP(3).
nlohmann::json RecoveryColumns();
// Updating queries, whose operators take rows back from each other; they show their rows at the
// end.
const std::vector<RecoveryQuery>& UpdatingQueries();

// What /in/rows.jsonl holds. Some keys are so long that snapshots of their windows are files, and
// others stand in the manifest.
std::string RecoveryInput(int num_rows);
// That, and fewer rows in /in/others.jsonl.
void WriteRecoveryInput(MemoryFileSystem& files, int num_rows);

// The rows that readers of the output folder see, sorted.
std::vector<std::string> VisibleRows(const MemoryFileSystem& files);

// Seeds to try: SABOT_SEEDS=FIRST-LAST, or `usual` of them from 1 on, fewer under sanitizers.
struct Seeds {
  uint64_t first = 1;
  uint64_t last = 1;
  uint64_t count() const { return last - first + 1; }
};
Seeds SeedsToRun(uint64_t usual);

}  // namespace sabot::test
