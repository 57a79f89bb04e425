// The job's side of calls to its owner's code: who waits for which answer.
//
//   task: Call(request) -> post(UserCall 7)  ...  owner: Answer(7, bytes) -> the task is woken
//
// Answers may come on any thread; those to calls that nobody waits for any more are dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sabot/engine.h"
#include "stream/user_function.h"

namespace sabot {

class UserCalls {
 public:
  // `post` hands a call to the owner; it must not block.
  explicit UserCalls(std::function<void(UserCall&&)> post);
  ~UserCalls();

  std::unique_ptr<UserFunction> Open(int node, int subtask, std::function<void()> waker);
  void Answer(uint64_t id, UserFunction::Reply reply);

  struct OpenCall {
    int node = 0;
    int subtask = 0;
    int64_t since_ns = 0;  // By the system's monotonic clock.
  };
  // Who waits for an answer now. Any thread.
  std::vector<OpenCall> open_calls() const;

 private:
  struct OpenCalls;
  class Line;
  std::shared_ptr<OpenCalls> open_;
};

}  // namespace sabot
