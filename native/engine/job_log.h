// What a job's owner should know while it runs, as JSON lines on the channel "log".
//
//   Warn({"window_aggregate", uid, 0}, "A row came too late ...")
//     ->  {"level":"warning","operator":"window_aggregate","uid":"...","subtask":0,"message":"A row
//     ..."}
//
// Lines wait, bounded, while their reader has no room; what is beyond the bound is counted, and the
// count told. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "engine/graph.h"

namespace sabot {

class JobLog {
 public:
  using Deliver = std::function<bool(const std::string& channel, std::string&& bytes)>;

  explicit JobLog(Deliver deliver) : deliver_(std::move(deliver)) {}

  void Warn(const WarningPlace& place, const std::string& message);
  // There may be room again.
  void Flush();
  // The last chance of what waits; nothing is delivered afterwards.
  void Close();

 private:
  void FlushLocked();

  const Deliver deliver_;
  std::mutex mutex_;
  std::deque<std::string> lines_;
  int64_t num_dropped_ = 0;
  bool closed_ = false;
};

}  // namespace sabot
