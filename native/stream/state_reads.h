// Reads of operators' state that a task works off on its own thread, a piece between two elements.
//
//   any thread: Add(read)      task: batch, piece, batch, piece, batch, piece + done, batch ...
#pragma once

#include <arrow/status.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stream/operator.h"

namespace sabot {

struct StateRead {
  std::string uid;
  std::optional<StateKey> only;
  std::shared_ptr<arrow::Schema> columns;  // As the plan has them.
  std::vector<int> wanted;                 // Positions in there.
  // Takes rows as one Arrow IPC message. False: no room now; the task is woken when there is.
  std::function<bool(const std::string& message)> deliver;
  // Once, last, on the task's thread; or on the caller's, if the task has ended.
  std::function<void(const arrow::Status&)> done;
  std::shared_ptr<const std::atomic<bool>> cancelled;  // Nobody wants the rest. Never nullptr.
};

class StateReads {
 public:
  // Any thread; wake the task afterwards.
  void Add(StateRead read);
  bool any() const { return num_reads_ > 0; }
  // The operator that the next piece is of; call only if there are any.
  std::string NextUid();
  // Reads one piece; false if there was no room for it. The operator is between two elements.
  bool ReadPiece(Operator& op);
  // The task has ended: no read is worked off any more.
  void Close();

 private:
  struct Pending {
    StateRead read;
    StateCursor cursor;
    bool begun = false;
    bool last = false;
    std::string message;  // For which there was no room.
  };

  arrow::Status NextMessage(Operator& op, Pending& pending);
  void Finish(const arrow::Status& status);

  std::mutex mutex_;  // The queue itself; its front is the task's.
  std::deque<Pending> reads_;
  std::atomic<size_t> num_reads_{0};
  bool closed_ = false;
};

}  // namespace sabot
