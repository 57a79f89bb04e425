// The engine as an embedder sees it: plans in as bytes, results out as bytes.
#pragma once

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

// How a job talks to its owner. Both are called on the job's own threads, never concurrently for
// one channel of one operator.
struct JobCallbacks {
  // A piece of output: channel "result" (what the result sink was asked for), "stdout" (print
  // sink), "log". Returning false means that there is no room: the bytes were not taken, and the
  // operator offers them again after Job::Wake.
  std::function<bool(const std::string& channel, std::string&& bytes)> deliver;
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
  // Counters of every operator subtask as JSON:
  // {"operators":[{"name","uid","subtask","rowsIn",…}]}. Any thread.
  virtual std::string Metrics() const = 0;
};

// Decodes, builds and starts. On failure returns nullptr and fills `error`; no callback is called
// then.
std::unique_ptr<Job> StartJob(std::string_view plan, JobCallbacks callbacks, JobError* error);

}  // namespace sabot
