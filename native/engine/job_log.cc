// What a job's owner should know while it runs.
#include "engine/job_log.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace sabot {
namespace {

constexpr size_t kLinesMax = 100;

std::string LineOf(const WarningPlace& place, const std::string& message) {
  return nlohmann::json{{"level", "warning"},
                        {"operator", place.op},
                        {"uid", place.uid},
                        {"subtask", place.subtask},
                        {"message", message}}
             .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace

void JobLog::Warn(const WarningPlace& place, const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  if (lines_.size() < kLinesMax) {
    lines_.push_back(LineOf(place, message));
  } else {
    ++num_dropped_;
  }
  FlushLocked();
}

void JobLog::Flush() {
  const std::lock_guard lock(mutex_);
  if (!closed_) FlushLocked();
}

void JobLog::Close() {
  const std::lock_guard lock(mutex_);
  FlushLocked();
  closed_ = true;
}

void JobLog::FlushLocked() {
  while (!lines_.empty()) {
    std::string line = lines_.front();
    if (!deliver_("log", std::move(line))) return;
    lines_.pop_front();
    if (!lines_.empty() || num_dropped_ == 0) continue;
    lines_.push_back(LineOf({}, std::to_string(std::exchange(num_dropped_, 0)) +
                                    " warnings were dropped: their reader was too slow"));
  }
}

}  // namespace sabot
