// The engine as an embedder sees it: plans in as bytes, results out as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sabot {

// Why a job or a plan failed. `kind` is stable and machine-readable ("runtime-cast", "bad-record",
// "plan", "cancelled", "internal").
struct JobError {
  std::string kind;
  std::string identifier;
  std::string operator_name;  // Empty where no operator is to blame.
  std::string message;
};

// A call of the owner's code by one subtask of one plan node. What the bytes say is between the
// operator and its counterpart (native/operators/row_call.h).
struct UserCall {
  uint64_t id = 0;
  int node = 0;
  int subtask = 0;
  const uint8_t* data = nullptr;
  size_t size = 0;
  std::shared_ptr<const void> owner;  // Keeps the bytes alive.
};

// What of an operator's state is asked for.
struct StateRequest {
  std::string uid;
  std::optional<std::vector<std::string>> columns;  // By name, in that order; absent: all.
  std::string key;  // One row of the key columns as one Arrow IPC message; empty: all keys.
};

// How a job talks to its owner. All are called on the job's own threads, never concurrently for one
// channel or one node of one subtask.
struct JobCallbacks {
  // A piece of output: channel "result" or what a result sink names, "stdout" (print sink), "log"
  // (JSON lines: what the owner should know). Returning false means that there is no room: the
  // bytes were not taken, and the operator offers them again after Job::Wake.
  std::function<bool(const std::string& channel, std::string&& bytes)> deliver;
  // Runs the owner's code for a node, later and elsewhere: it must not block. Every call is settled
  // by Job::Answer or Job::Refuse. Empty: the owner has none, and plans that need it are refused.
  std::function<void(UserCall&& call)> call;
  // Exactly once, as the last call: nullptr for success.
  std::function<void(const JobError* error)> finished;
};

enum class AfterSavepoint : uint8_t {
  kGoOn,
  kStop,   // The job ends with it, as failed with kind "stopped".
  kDrain,  // The same, after event time has come to its end: every window fires before it.
};

// A running job. Destroying it cancels it and waits for its threads; it must not be destroyed from
// a callback.
class Job {
 public:
  virtual ~Job() = default;
  // Starts to stop; `finished` follows. Any thread, any number of times.
  virtual void Cancel() = 0;
  // There may be room for output again. Any thread.
  virtual void Wake() = 0;
  // Writes a savepoint to `path`, a folder that is absent or empty. `done` is called at most once,
  // on the job's threads, nullptr for success; not if the job ends before. Any thread.
  virtual void TakeSavepoint(std::string path, AfterSavepoint after,
                             std::function<void(const JobError* error)> done) = 0;
  // Reads an operator's state as it is, between its elements, and delivers it in Arrow IPC messages
  // on the channel "state:ID". `done` is called at most once, after the last piece, nullptr for
  // success; not if the job ends before. Any thread.
  virtual void ReadState(uint32_t id, StateRequest request,
                         std::function<void(const JobError* error)> done) = 0;
  // Nobody wants the rest: `done` follows soon. Any thread.
  virtual void CancelStateRead(uint32_t id) = 0;
  // What a call came to, or why it failed (which fails the job). Any thread; a call that nobody
  // waits for any more is ignored.
  virtual void Answer(uint64_t call, std::string&& bytes) = 0;
  virtual void Refuse(uint64_t call, const JobError& error) = 0;
  // Counters of every operator subtask and task, who holds event time back, and checkpoints, as
  // JSON: {"operators":[{"name","uid","subtask","rowsIn",…}],"tasks":[…],"holds":[…]}. Any thread.
  virtual std::string Metrics() const = 0;
};

// Decodes, builds and starts. On failure returns nullptr and fills `error`; no callback is called
// then.
std::unique_ptr<Job> StartJob(std::string_view plan, JobCallbacks callbacks, JobError* error);

}  // namespace sabot
