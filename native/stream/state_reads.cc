// Pieces of state, one after the other.
#include "stream/state_reads.h"

#include <utility>

#include "base/error.h"

namespace sabot {
namespace {

// Read between two elements: well under a millisecond's work.
constexpr size_t kPieceRows = 1024;

arrow::Status Ended(const std::string& uid) {
  return UserError("state", uid,
                   "the state of '" + uid +
                       "' cannot be read live: its input has ended. Read what is committed.");
}

}  // namespace

void StateReads::Add(StateRead read) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      reads_.push_back({.read = std::move(read), .cursor = {}, .message = {}});
      ++num_reads_;
      return;
    }
  }
  read.done(Ended(read.uid));
}

std::string StateReads::NextUid() {
  const std::lock_guard lock(mutex_);
  return reads_.front().read.uid;
}

bool StateReads::ReadPiece(Operator& op) {
  Pending* pending = nullptr;
  {
    const std::lock_guard lock(mutex_);
    pending = &reads_.front();  // Stays where it is while others are added behind it.
  }
  if (*pending->read.cancelled) {
    Finish(arrow::Status::OK());
    return true;
  }
  if (pending->message.empty()) {
    const arrow::Status status = NextMessage(op, *pending);
    if (!status.ok()) {
      Finish(status);
      return true;
    }
  }
  if (!pending->message.empty()) {
    if (!pending->read.deliver(pending->message)) return false;
    pending->message.clear();
  }
  if (pending->last) Finish(arrow::Status::OK());
  return true;
}

arrow::Status StateReads::NextMessage(Operator& op, Pending& pending) {
  if (!pending.begun) {
    pending.begun = true;
    pending.cursor = op.ReadState(pending.read.only);
    if (pending.cursor == nullptr) {
      return UserError("state", pending.read.uid,
                       "the state of '" + pending.read.uid + "' is nothing to look at");
    }
  }
  ARROW_ASSIGN_OR_RAISE(const StatePiece piece, pending.cursor(kPieceRows));
  pending.last = piece.last;
  ARROW_ASSIGN_OR_RAISE(const auto rows, ToBatch(piece, pending.read.columns, pending.read.wanted));
  if (rows == nullptr) return arrow::Status::OK();
  return SerializeMessage(*rows).Value(&pending.message);
}

void StateReads::Finish(const arrow::Status& status) {
  std::function<void(const arrow::Status&)> done;
  {
    const std::lock_guard lock(mutex_);
    done = std::move(reads_.front().read.done);
    reads_.pop_front();
    --num_reads_;
  }
  done(status);
}

void StateReads::Close() {
  std::deque<Pending> left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left.swap(reads_);
    num_reads_ = 0;
  }
  for (const Pending& each : left) each.read.done(Ended(each.read.uid));
}

}  // namespace sabot
