// What must happen outside of the checkpoint folder for a checkpoint of a job to count. Sinks enter
// it when they open; the coordinator calls it, on its own thread, which may block.
//
//   all have acknowledged barrier 7 -> Flush (rows before it have arrived)
//     -> manifest 7 -> authority: Commit(7), one transaction -> commit log: 7 -> Settle(7)
//
// A job without participants counts as soon as its commit log says so. With an authority the
// transaction is the one commit point: the log only repeats it, and is told what it missed at the
// next start.
#pragma once

#include <arrow/result.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sabot {

// A checkpoint, as a transaction names it. With epoch 0: where a job that begins from nothing
// begins.
struct CommitPoint {
  std::string folder_id;  // Of the checkpoint folder (CheckpointFolder::id).
  int64_t lineage = 0;
  int64_t attempt = 0;  // That took it.
  int64_t epoch = 0;
  uint64_t manifest_checksum = 0;
  std::string owner = {};  // Which process took it: for messages to people.

  bool operator==(const CommitPoint&) const = default;
};

// Takes rows before their checkpoint counts, and shows them at once: at-least-once.
class CommitParticipant {
 public:
  virtual ~CommitParticipant() = default;
  // Everything handed over so far has arrived where it goes, or will be, and cannot be lost any
  // more. Fails if some of it has not.
  virtual arrow::Status Flush() = 0;
  // The job has ended, however: nothing is handed over any more, and what is still open, and will
  // never count, is given up. Any thread, at any time.
  virtual void Close() {}
};

// Shows rows only with the checkpoint that they belong to.
class CommitAuthority : public CommitParticipant {
 public:
  // Before Resolve, which fences, where this process starts a job again that it owned already:
  // fails with kind "fenced" if what was committed or claimed last is of another checkpoint folder
  // than `folder_id`. Changes nothing.
  virtual arrow::Status StillOurs([[maybe_unused]] const std::string& folder_id) {
    return arrow::Status::OK();
  }
  // At every start, before anything is restored: fences the attempts before this one, settles what
  // they left in doubt, and says what counts. Nothing: there was no commit yet.
  virtual arrow::Result<std::optional<CommitPoint>> Resolve() = 0;
  // Before a job goes on from what Resolve has said: fails if what was committed with it says
  // something else.
  virtual arrow::Status Verify() { return arrow::Status::OK(); }
  // A start whose first commit does not follow from the last one makes that known before any row.
  virtual arrow::Status Claim(const CommitPoint& point) = 0;
  // What was flushed counts from now on, and so does the point. Kinds of failures: "fenced";
  // "transaction-aborted": nothing of it counts, and the rows are gone; after any other one only
  // Resolve of another attempt can tell. Each ends the attempt.
  virtual arrow::Status Commit(const CommitPoint& point) = 0;
};

class JobCommit {
 public:
  // `period_ms`: from one commit to the next at most, if all goes well: the checkpoints' interval
  // and their timeout.
  explicit JobCommit(int64_t period_ms = 0) : period_ms_(period_ms) {}
  int64_t period_ms() const { return period_ms_; }

  // Sinks that ask for the same key share one participant. `make` returns an
  // arrow::Result<std::shared_ptr<T>>; `key` is what people know it by. A job has one authority.
  template <typename T, typename Make>
  arrow::Result<std::shared_ptr<T>> Join(const std::string& key, Make make) {
    const std::lock_guard lock(mutex_);
    const auto found = participants_.find(key);
    if (found != participants_.end()) return std::static_pointer_cast<T>(found->second);
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<T> made, make());
    ARROW_RETURN_NOT_OK(Enter(key, made, dynamic_cast<CommitAuthority*>(made.get())));
    return made;
  }

  // A sink that has passed a barrier may not write on before the barrier's epoch is settled: its
  // checkpoint counts, or has failed. `waker` is called at every change. Before the first barrier.
  void AddWaker(std::function<void()> waker);
  bool is_settled(int64_t epoch) const { return settled_epoch_ >= epoch; }

  // For the coordinator.
  CommitAuthority* authority() const { return authority_; }
  arrow::Status Flush();
  // An authority whose next epoch's rows may come calls it too, before the coordinator does.
  void Settle(int64_t epoch);

  // For a job without checkpoints, which has no coordinator: before its first row, and once it has
  // taken all of them. Everything counts then, or nothing.
  arrow::Status Begin();
  arrow::Status End();
  // The job has ended, however.
  void Close();

 private:
  arrow::Status Enter(const std::string& key, std::shared_ptr<CommitParticipant> participant,
                      CommitAuthority* authority);

  const int64_t period_ms_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<CommitParticipant>> participants_;
  CommitAuthority* authority_ = nullptr;  // One of them.
  std::string authority_key_;
  std::vector<std::function<void()>> wakers_;
  std::atomic<int64_t> settled_epoch_{0};
};

}  // namespace sabot
