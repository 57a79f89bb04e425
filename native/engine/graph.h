// From a plan to tasks: chains forward edges, connects the rest with channels.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "stream/channel.h"
#include "stream/task.h"

namespace sabot {

struct Graph {
  // Channels outlive the tasks that hold pointers to them.
  std::vector<std::unique_ptr<Channel>> channels;
  std::vector<std::unique_ptr<Task>> tasks;
};

// What tasks need of the job they belong to.
struct GraphSurroundings {
  Clock* clock = nullptr;
  // Makes task number `index` of Graph::tasks runnable; any thread.
  std::function<void(size_t index)> wake;
  std::function<bool(const std::string& channel, std::string bytes)> deliver;
  UserFunctionOpener open_user_function;  // May be empty.
  int64_t channel_bytes_max = kChannelBytesMax;
};

arrow::Result<Graph> BuildGraph(const Plan& plan, const GraphSurroundings& surroundings);

}  // namespace sabot
