// From a plan to tasks.
#include "engine/graph.h"

#include "base/planted_bug.h"
#include "engine/catalogue.h"

namespace sabot {
namespace {

class Builder {
 public:
  Builder(const Plan& plan, const GraphSurroundings& surroundings)
      : plan_(plan), surroundings_(surroundings) {}

  arrow::Result<Graph> Build() {
    graph_.alignment = std::make_unique<WatermarkAlignment>();
    graph_.commit = std::make_unique<JobCommit>(
        plan_.checkpoint ? plan_.checkpoint->interval_ms + plan_.checkpoint->timeout_ms : 0);
    CountConsumers();
    for (size_t node = 0; node < plan_.nodes.size(); ++node) {
      ARROW_RETURN_NOT_OK(AddNode(node));
    }
    for (size_t node = 0; node < plan_.nodes.size(); ++node) {
      if (!IsChained(node)) Connect(node);
    }
    return std::move(graph_);
  }

 private:
  void CountConsumers() {
    num_consumers_.assign(plan_.nodes.size(), 0);
    for (const PlanNode& node : plan_.nodes) {
      for (const PlanInput& input : node.inputs) {
        if (input.is_main()) ++num_consumers_[static_cast<size_t>(input.node)];
      }
    }
  }

  // Whether the node runs in the same task as its producer.
  bool IsChained(size_t index) const {
    const PlanNode& node = plan_.nodes[index];
    if (node.inputs.size() != 1 || node.inputs[0].exchange != ExchangeKind::kForward ||
        !node.inputs[0].is_main()) {
      return false;
    }
    const auto producer = static_cast<size_t>(node.inputs[0].node);
    return num_consumers_[producer] == 1 && plan_.nodes[producer].parallelism == node.parallelism &&
           !HasOwnTask(node) && !HasOwnTask(plan_.nodes[producer]);
  }

  static bool HasOwnTask(const PlanNode& node) {
    const OperatorSpec* spec = FindOperator(node.op);
    return spec != nullptr && spec->own_task;
  }

  arrow::Status AddNode(size_t index) {
    const PlanNode& node = plan_.nodes[index];
    const OperatorSpec* spec = FindOperator(node.op);
    if (spec == nullptr) {
      return UnknownOperator(node);
    }
    if (spec->num_inputs != kAnyInputs &&
        spec->num_inputs != static_cast<int>(node.inputs.size())) {
      return node.Error("has " + std::to_string(node.inputs.size()) + " inputs, needs " +
                        std::to_string(spec->num_inputs));
    }
    graph_.shared.push_back(std::make_unique<NodeShared>());
    std::vector<size_t> tasks;
    size_t stage = 0;
    for (int subtask = 0; subtask < node.parallelism; ++subtask) {
      size_t task = 0;
      if (IsChained(index)) {
        task = tasks_of_[static_cast<size_t>(node.inputs[0].node)][static_cast<size_t>(subtask)];
      } else {
        task = graph_.tasks.size();
        graph_.tasks.push_back(std::make_unique<Task>(node.op, subtask));
        graph_.tasks.back()->SetClock(surroundings_.clock);
        graph_.tasks.back()->gate().SetAtLeastOnce(
            (plan_.checkpoint.has_value() && plan_.checkpoint->at_least_once) ||
            IsPlanted(PlantedBug::kNoAlignment));
      }
      stage = graph_.tasks[task]->operators().size();
      ARROW_RETURN_NOT_OK(AddOperator(node, *spec, subtask, task));
      tasks.push_back(task);
    }
    tasks_of_.push_back(std::move(tasks));
    stage_of_.push_back(stage);
    return arrow::Status::OK();
  }

  static arrow::Status UnknownOperator(const PlanNode& node) {
    return node.Error("this engine has no such operator");
  }

  arrow::Status AddOperator(const PlanNode& node, const OperatorSpec& spec, int subtask,
                            size_t task) {
    TaskOperator op;
    op.name = node.op;
    op.uid = node.uid;
    op.node_id = node.id;
    op.num_inputs = static_cast<int>(node.inputs.size());
    op.metrics = std::make_unique<OperatorMetrics>();
    op.context = std::make_unique<OperatorContext>();
    op.context->subtask = subtask;
    op.context->parallelism = node.parallelism;
    op.context->job = plan_.job;
    op.context->uid = node.uid;
    op.context->takes_checkpoints = plan_.checkpoint.has_value();
    op.context->session = {plan_.options.local_time_zone, plan_.options.query_start_ms};
    op.context->options = plan_.options;
    op.context->clock = surroundings_.clock;
    op.context->file_system = surroundings_.file_system;
    op.context->executor = surroundings_.executor;
    op.context->metrics = op.metrics.get();
    op.context->task_times = &graph_.tasks[task]->times();
    op.context->alignment = graph_.alignment.get();
    op.context->shared = graph_.shared.back().get();
    op.context->commit = graph_.commit.get();
    op.context->kafka = surroundings_.kafka;
    if (surroundings_.state != nullptr) {
      op.tiers = surroundings_.state->TiersFor(node.id, subtask);
      op.context->tiers = op.tiers.get();
    }
    op.context->waker = [wake = surroundings_.wake, task] { wake(task); };
    op.context->deliver = surroundings_.deliver;
    if (surroundings_.open_user_function) {
      op.context->open_user_function = [open = surroundings_.open_user_function, id = node.id,
                                        subtask, waker = op.context->waker] {
        return open(id, subtask, waker);
      };
    }
    op.context->warn = [warn = surroundings_.warn,
                        place = WarningPlace{node.op, node.uid, subtask}](std::string message) {
      if (warn) warn(place, std::move(message));
    };
    ARROW_ASSIGN_OR_RAISE(op.op, spec.make(node, *op.context));
    if (node.inputs.empty()) {
      ARROW_ASSIGN_OR_RAISE(const int64_t rows, node.Int("pauseAfterRows", INT64_MAX));
      graph_.tasks[task]->PauseAfter(rows);
      ARROW_ASSIGN_OR_RAISE(const int64_t rate, node.Int("rowsPerSecondMax", 0));
      if (rate > 0) {
        graph_.tasks[task]->SetRateLimit(RateLimit(rate, subtask, node.parallelism));
      }
    }
    graph_.tasks[task]->Append(std::move(op));
    return arrow::Status::OK();
  }

  // Channels from every producer subtask to the consumer subtasks it may reach.
  void Connect(size_t index) {
    const PlanNode& node = plan_.nodes[index];
    for (size_t input = 0; input < node.inputs.size(); ++input) {
      const PlanInput& edge = node.inputs[input];
      const std::vector<size_t>& producers = tasks_of_[static_cast<size_t>(edge.node)];
      const std::vector<size_t>& consumers = tasks_of_[index];
      const bool pairwise =
          edge.exchange == ExchangeKind::kForward && producers.size() == consumers.size();
      for (size_t p = 0; p < producers.size(); ++p) {
        std::vector<Channel*> targets;
        for (size_t c = 0; c < consumers.size(); ++c) {
          if (pairwise && c != p) continue;
          targets.push_back(AddChannel(producers[p], consumers[c], static_cast<int>(input)));
        }
        auto exchange = MakeExchange(edge, std::move(targets), static_cast<int>(p),
                                     plan_.options.batch_max_rows);
        Task& producer = *graph_.tasks[producers[p]];
        const size_t stage = stage_of_[static_cast<size_t>(edge.node)];
        if (edge.dead_letters) {
          producer.AddDeadLetterOutput(stage, std::move(exchange));
        } else if (edge.late_of >= 0) {
          producer.AddLateOutput(stage, edge.late_of, std::move(exchange));
        } else {
          producer.AddOutput(std::move(exchange));
        }
      }
    }
    const int untimed = FindOperator(node.op)->untimed_input;
    if (untimed < 0) return;
    for (const size_t task : tasks_of_[index]) graph_.tasks[task]->gate().SetUntimed(untimed);
  }

  Channel* AddChannel(size_t producer, size_t consumer, int input) {
    const MemoryBudget* const budget =
        surroundings_.state != nullptr ? surroundings_.state->limited_budget() : nullptr;
    graph_.channels.push_back(std::make_unique<Channel>(surroundings_.channel_bytes_max, budget));
    Channel* channel = graph_.channels.back().get();
    channel->SetWakers([wake = surroundings_.wake, producer] { wake(producer); },
                       [wake = surroundings_.wake, consumer] { wake(consumer); });
    graph_.tasks[consumer]->AddInput(channel, input);
    graph_.edges.push_back({channel, producer, consumer});
    return channel;
  }

  const Plan& plan_;
  const GraphSurroundings& surroundings_;
  Graph graph_;
  std::vector<int> num_consumers_;
  std::vector<std::vector<size_t>> tasks_of_;  // By node, then subtask: index into graph_.tasks.
  std::vector<size_t> stage_of_;               // By node: its place in the chains of those tasks.
};

}  // namespace

arrow::Result<Graph> BuildGraph(const Plan& plan, const GraphSurroundings& surroundings) {
  return Builder(plan, surroundings).Build();
}

}  // namespace sabot
