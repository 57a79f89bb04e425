// State read from checkpoints and savepoints: each old subtask's operator is made again by itself,
// restored, and read page by page.
//
//   manifest: definition, files of 2 subtasks  ->  operator 0: pages   ->   operator 1: pages
#include <arrow/type.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/restored_state.h"
#include "engine/catalogue.h"
#include "engine/job_error.h"
#include "engine/state_columns.h"
#include "sabot/state.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr size_t kPageRows = 4096;
// The newest checkpoint of a job that runs may be replaced while it is read.
constexpr int kReadsMax = 5;

bool Exists(const std::string& path) { return LocalFileSystem().Exists(path); }

arrow::Result<RestoredCheckpoint> Find(const std::string& path) {
  FileSystem& files = LocalFileSystem();
  if (Exists(path + "/" + kManifestName) || !Exists(path + "/log"))
    return CheckpointFolder::ReadPath(files, path);
  auto newest = CheckpointFolder::Newest(files, path);
  if (!newest.ok()) {
    return UserError("checkpoint", path,
                     "the newest checkpoint in " + path + " cannot be read: " +
                         newest.status().message() + ". Name another one: " + path + "/chk-...");
  }
  if (!newest->has_value()) {
    return UserError("checkpoint", path, "no checkpoint of " + path + " counts as yet");
  }
  return std::move(**newest);
}

nlohmann::json ToJson(const OperatorState& op) {
  nlohmann::json fields = nlohmann::json::array();
  for (const StateField& field : op.fields) fields.push_back({field.name, field.type});
  int64_t bytes = 0;
  for (const SubtaskState& subtask : op.subtasks) {
    for (const StateFile& file : subtask.files) bytes += file.size;
  }
  nlohmann::json to = {{"uid", op.uid},
                       {"operator", op.name},
                       {"subtasks", op.subtasks.size()},
                       {"bytes", bytes},
                       {"fields", std::move(fields)}};
  if (op.definition.empty()) return to;
  const nlohmann::json definition = nlohmann::json::parse(op.definition, nullptr, false);
  if (definition.is_object() && definition.contains("stateTable"))
    to["table"] = definition["stateTable"];
  return to;
}

// One old subtask's operator, with what it may use of its surroundings.
struct ReadOperator {
  OperatorContext context;
  OperatorMetrics metrics;
  NodeShared shared;
  WatermarkAlignment alignment;
  TaskTimes times;
  std::unique_ptr<Operator> op;
};

class CheckpointReader final : public StateReader {
 public:
  CheckpointReader(std::string path, StateRequest request)
      : path_(std::move(path)), request_(std::move(request)) {}

  std::string Next(JobError* error) override {
    arrow::Result<std::string> page = NextPage();
    if (page.ok()) return std::move(*page);
    *error = ToJobError(page.status());
    return {};
  }

 private:
  arrow::Result<std::string> NextPage() {
    if (!state_) ARROW_RETURN_NOT_OK(Open());
    while (true) {
      if (cursor_ == nullptr) {
        if (next_subtask_ == end_subtask_) return std::string();
        ARROW_RETURN_NOT_OK(OpenSubtask(next_subtask_++));
      }
      ARROW_ASSIGN_OR_RAISE(const StatePiece piece, cursor_(kPageRows));
      if (piece.last) cursor_ = nullptr;
      ARROW_ASSIGN_OR_RAISE(const auto rows, ToBatch(piece, selection_.columns, selection_.wanted));
      if (rows != nullptr) return SerializeMessage(*rows);
    }
  }

  arrow::Status Open() {
    for (int tries = 1;; ++tries) {
      ARROW_ASSIGN_OR_RAISE(const RestoredCheckpoint checkpoint, Find(path_));
      ARROW_RETURN_NOT_OK(Define(checkpoint.manifest));
      auto state =
          RestoredState::ReadOne(checkpoint, request_.uid, selection_.only ? next_subtask_ : -1);
      if (state.ok()) {
        state_.emplace(std::move(*state));
        return arrow::Status::OK();
      }
      const auto now = Find(path_);
      const bool replaced = now.ok() && (now->manifest.epoch != checkpoint.manifest.epoch ||
                                         now->manifest.attempt != checkpoint.manifest.attempt);
      if (!replaced || tries == kReadsMax) return state.status();
    }
  }

  // What is read, and of which subtasks.
  arrow::Status Define(const Manifest& manifest) {
    for (const OperatorState& op : manifest.operators) {
      if (op.uid != request_.uid) continue;
      if (op.definition.empty()) {
        return UserError("unknown-state", op.uid,
                         "the state of '" + op.uid + "' (" + op.name + ") in " + path_ +
                             " is nothing to look at");
      }
      ARROW_ASSIGN_OR_RAISE(definition_, DecodeStateOperator(op.definition));
      ARROW_ASSIGN_OR_RAISE(selection_, SelectState(*definition_.node.state_table, request_));
      next_subtask_ = 0;
      end_subtask_ = static_cast<int>(op.subtasks.size());
      if (selection_.only) {
        next_subtask_ = OwnerOf(op.definition, *selection_.only, end_subtask_);
        end_subtask_ = next_subtask_ + 1;
      }
      return arrow::Status::OK();
    }
    return UserError("unknown-state", request_.uid,
                     path_ + " has no state of an operator '" + request_.uid + "'");
  }

  arrow::Status OpenSubtask(int subtask) {
    const RestoredState::Operator& old = state_->operators().at(request_.uid);
    const OperatorSpec* const spec = FindOperator(definition_.node.op);
    if (spec == nullptr) {
      return UserError("unknown-state", request_.uid,
                       "this sabot has no operator '" + definition_.node.op + "'");
    }
    if (old.subtasks[static_cast<size_t>(subtask)].empty()) {
      return UserError("checkpoint", path_,
                       "the manifest in " + path_ + " names no file of subtask " +
                           std::to_string(subtask) + " of '" + request_.uid + "'");
    }
    auto reading = std::make_unique<ReadOperator>();
    OperatorContext& context = reading->context;
    context.subtask = subtask;
    context.parallelism = static_cast<int>(old.subtasks.size());
    context.options = definition_.options;
    context.session = {definition_.options.local_time_zone, definition_.options.query_start_ms};
    context.clock = &SystemClock();
    context.metrics = &reading->metrics;
    context.task_times = &reading->times;
    context.alignment = &reading->alignment;
    context.shared = &reading->shared;
    context.warn = [](const std::string&) {};
    context.open_user_function = [] { return std::unique_ptr<UserFunction>(); };  // None is called.
    ARROW_ASSIGN_OR_RAISE(reading->op, spec->make(definition_.node, context));
    const arrow::Status restored = reading->op->Restore(state_->OwnReader(old, subtask));
    if (!restored.ok()) {
      return UserError("checkpoint", path_,
                       "the state of '" + request_.uid + "' in " + path_ +
                           " cannot be read: " + restored.message());
    }
    cursor_ = reading->op->ReadState(selection_.only);
    if (cursor_ == nullptr) {
      return UserError("unknown-state", request_.uid,
                       "the state of '" + request_.uid + "' is nothing to look at");
    }
    reading_ = std::move(reading);
    return arrow::Status::OK();
  }

  const std::string path_;
  const StateRequest request_;
  std::optional<RestoredState> state_;
  StateOperator definition_;
  StateSelection selection_;
  int next_subtask_ = 0;
  int end_subtask_ = 0;
  std::unique_ptr<ReadOperator> reading_;
  StateCursor cursor_;  // Of that one.
};

}  // namespace

std::string DescribeState(const std::string& path, JobError* error) {
  const auto found = Find(path);
  if (!found.ok()) {
    *error = ToJobError(found.status());
    return {};
  }
  const Manifest& manifest = found->manifest;
  nlohmann::json operators = nlohmann::json::array();
  for (const OperatorState& op : manifest.operators) {
    if (op.holds_state) operators.push_back(ToJson(op));
  }
  const nlohmann::json description = {
      {"path", path},
      {"job", manifest.job},
      {"kind", manifest.kind == CheckpointKind::kSavepoint ? "savepoint" : "checkpoint"},
      {"epoch", manifest.epoch},
      {"takenMs", manifest.taken_ms},
      {"operators", std::move(operators)}};
  return description.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::unique_ptr<StateReader> ReadStateAt(std::string path, StateRequest request) {
  return std::make_unique<CheckpointReader>(std::move(path), std::move(request));
}

}  // namespace sabot
