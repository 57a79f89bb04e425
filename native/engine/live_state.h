// Reads of a running job's state: one subtask of an operator after the other, each on its task's
// thread between two elements.
//
//   Read(3, {uid "groups"})   ->   pieces of subtask 0 on channel "state:3", of subtask 1, ...,
//   done
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/graph.h"
#include "plan/plan.h"
#include "sabot/engine.h"

namespace sabot {

class LiveState {
 public:
  using Deliver = std::function<bool(const std::string& channel, std::string bytes)>;

  // All outlive this object.
  LiveState(const Plan& plan, Graph& graph, std::function<void(size_t task)> wake, Deliver deliver)
      : plan_(plan), graph_(graph), wake_(std::move(wake)), deliver_(std::move(deliver)) {}

  // Any thread.
  void Read(uint32_t id, const StateRequest& request,
            std::function<void(const arrow::Status&)> done);
  void Cancel(uint32_t id);

 private:
  struct Reading;

  arrow::Result<std::shared_ptr<Reading>> Begin(uint32_t id, const StateRequest& request);
  void ReadNext(const std::shared_ptr<Reading>& reading);
  void Finish(const std::shared_ptr<Reading>& reading, const arrow::Status& status);

  const Plan& plan_;
  Graph& graph_;
  const std::function<void(size_t task)> wake_;
  const Deliver deliver_;
  std::mutex mutex_;
  std::map<uint32_t, std::shared_ptr<std::atomic<bool>>> cancelled_;  // By read.
};

}  // namespace sabot
