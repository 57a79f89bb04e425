// The engine as an embedder sees it: plans in as bytes, results out as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

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

// A running job. Destroying it cancels it and waits for its threads; it must not be destroyed from
// a callback.
class Job {
 public:
  virtual ~Job() = default;
  // Starts to stop; `finished` follows. Any thread, any number of times.
  virtual void Cancel() = 0;
  // There may be room for output again. Any thread.
  virtual void Wake() = 0;
  // Writes a savepoint to `path`, a folder that is absent or empty. With `stop` the job ends with
  // it, as failed with kind "stopped". `done` is called at most once, on the job's threads, nullptr
  // for success; not if the job ends before. Any thread.
  virtual void TakeSavepoint(std::string path, bool stop,
                             std::function<void(const JobError* error)> done) = 0;
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
