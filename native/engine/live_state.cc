// Subtask after subtask.
#include "engine/live_state.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/state_columns.h"

namespace sabot {

struct LiveState::Reading {
  uint32_t id = 0;
  std::string uid;
  StateSelection selection;
  std::vector<size_t> tasks;  // That are still to be read, the last one first.
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  std::function<void(const arrow::Status&)> done;
};

void LiveState::Read(uint32_t id, const StateRequest& request,
                     std::function<void(const arrow::Status&)> done) {
  const auto reading = Begin(id, request);
  if (!reading.ok()) return done(reading.status());
  (*reading)->done = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    cancelled_[id] = (*reading)->cancelled;
  }
  ReadNext(*reading);
}

void LiveState::Cancel(uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = cancelled_.find(id);
  if (found != cancelled_.end()) *found->second = true;
}

arrow::Result<std::shared_ptr<LiveState::Reading>> LiveState::Begin(uint32_t id,
                                                                    const StateRequest& request) {
  auto reading = std::make_shared<Reading>();
  reading->id = id;
  reading->uid = request.uid;
  const PlanStateTable* table = nullptr;
  int parallelism = 1;
  for (const PlanNode& node : plan_.nodes) {
    if (node.uid != request.uid || !node.state_table) continue;
    table = &*node.state_table;
    parallelism = node.parallelism;
  }
  if (table == nullptr) {
    return UserError("unknown-state", request.uid,
                     "the job has no operator '" + request.uid + "' whose state can be read");
  }
  ARROW_ASSIGN_OR_RAISE(reading->selection, SelectState(*table, request));
  const auto& only = reading->selection.only;
  const int owner = only ? OwnerOf(table->definition, *only, parallelism) : -1;
  for (size_t i = graph_.tasks.size(); i-- > 0;) {
    const Task& task = *graph_.tasks[i];
    if (only && task.subtask() != owner) continue;
    for (const TaskOperator& op : task.operators()) {
      if (op.uid == request.uid) reading->tasks.push_back(i);
    }
  }
  return reading;
}

void LiveState::ReadNext(const std::shared_ptr<Reading>& reading) {
  if (reading->tasks.empty()) return Finish(reading, arrow::Status::OK());
  const size_t task = reading->tasks.back();
  reading->tasks.pop_back();
  StateRead read;
  read.uid = reading->uid;
  read.only = reading->selection.only;
  read.columns = reading->selection.columns;
  read.wanted = reading->selection.wanted;
  read.cancelled = reading->cancelled;
  read.deliver = [this, channel = "state:" + std::to_string(reading->id)](
                     const std::string& message) { return deliver_(channel, message); };
  read.done = [this, reading](const arrow::Status& status) {
    if (!status.ok() || *reading->cancelled) return Finish(reading, status);
    ReadNext(reading);
  };
  graph_.tasks[task]->ReadState(std::move(read));
  wake_(task);
}

void LiveState::Finish(const std::shared_ptr<Reading>& reading, const arrow::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    cancelled_.erase(reading->id);
  }
  reading->done(status);
}

}  // namespace sabot
