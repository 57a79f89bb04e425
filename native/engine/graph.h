// From a plan to tasks: chains forward edges, connects the rest with channels.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/job_state.h"
#include "plan/plan.h"
#include "stream/channel.h"
#include "stream/job_commit.h"
#include "stream/task.h"

namespace sabot {

// A channel between two tasks, by their numbers in Graph::tasks.
struct GraphEdge {
  const Channel* channel = nullptr;
  size_t producer = 0;
  size_t consumer = 0;
};

struct Graph {
  // What tasks hold pointers to outlives them.
  std::unique_ptr<WatermarkAlignment> alignment;
  std::unique_ptr<JobCommit> commit;
  std::vector<std::unique_ptr<NodeShared>> shared;  // By node.
  std::vector<std::unique_ptr<Channel>> channels;
  std::vector<std::unique_ptr<Task>> tasks;
  std::vector<GraphEdge> edges;
};

// Which operator a warning is about.
struct WarningPlace {
  std::string op;
  std::string uid;
  int subtask = 0;
};

// What tasks need of the job they belong to.
struct GraphSurroundings {
  Clock* clock = nullptr;
  FileSystem* file_system = &LocalFileSystem();
  Executor* executor = nullptr;
  // Makes task number `index` of Graph::tasks runnable; any thread.
  std::function<void(size_t index)> wake;
  std::function<bool(const std::string& channel, std::string bytes)> deliver;
  UserFunctionOpener open_user_function;  // May be empty.
  // What the job's owner should know of an operator; any thread.
  std::function<void(const WarningPlace& place, std::string message)> warn;
  // Of the job; outlives the graph. nullptr: state stays in memory, without limit.
  JobState* state = nullptr;
  int64_t channel_bytes_max = kChannelBytesMax;
  KafkaClient* kafka = nullptr;  // Instead of the real one.
};

arrow::Result<Graph> BuildGraph(const Plan& plan, const GraphSurroundings& surroundings);

}  // namespace sabot
