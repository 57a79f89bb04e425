// Operators' state as tables: what a checkpoint or savepoint holds, read by anybody, and what a
// reader of a running job asks for (Job::ReadState). Nothing is ever written.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sabot/engine.h"

namespace sabot {

// What is at `path`: a checkpoint folder (its newest checkpoint), one checkpoint, or a savepoint.
// JSON: {"path", "job", "kind", "epoch", "takenMs", "operators": [{"uid", "operator", "subtasks",
// "bytes", "fields": [[name, type], ...], "table": {"columns": schema, "keys": [positions]}}]};
// no "table": nothing to look at. On failure returns an empty text and fills `error`.
std::string DescribeState(const std::string& path, JobError* error);

// Reads one operator's state from there, a page at a time. Any thread, one at a time.
class StateReader {
 public:
  virtual ~StateReader() = default;
  // Rows as one Arrow IPC message; empty: there are no more, or `error` is filled.
  virtual std::string Next(JobError* error) = 0;
};
// Fails with the first Next.
std::unique_ptr<StateReader> ReadStateAt(std::string path, StateRequest request);

}  // namespace sabot
