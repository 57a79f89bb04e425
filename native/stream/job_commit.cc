// Who takes part in a commit, and whom it keeps waiting.
#include "stream/job_commit.h"

#include "base/error.h"

namespace sabot {

arrow::Status JobCommit::Enter(const std::string& key,
                               std::shared_ptr<CommitParticipant> participant,
                               CommitAuthority* authority) {
  if (authority != nullptr && authority_ != nullptr) {
    return UserError("unsupported", key,
                     "a job commits in one transaction: its exactly-once sinks cannot be spread "
                     "over '" +
                         authority_key_ + "' and '" + key +
                         "'. Write to one of them at-least-once, or split the job.");
  }
  if (authority != nullptr) {
    authority_ = authority;
    authority_key_ = key;
  }
  participants_.emplace(key, std::move(participant));
  return arrow::Status::OK();
}

void JobCommit::AddWaker(std::function<void()> waker) {
  const std::lock_guard lock(mutex_);
  wakers_.push_back(std::move(waker));
}

// Tasks have opened long ago: nobody enters any more.
arrow::Status JobCommit::Flush() {
  for (const auto& [key, participant] : participants_) ARROW_RETURN_NOT_OK(participant->Flush());
  return arrow::Status::OK();
}

arrow::Status JobCommit::Begin() {
  return authority_ == nullptr ? arrow::Status::OK() : authority_->Resolve().status();
}

arrow::Status JobCommit::End() {
  ARROW_RETURN_NOT_OK(Flush());
  return authority_ == nullptr ? arrow::Status::OK() : authority_->Commit(CommitPoint());
}

void JobCommit::Close() {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, participant] : participants_) participant->Close();
}

void JobCommit::Settle(int64_t epoch) {
  settled_epoch_ = epoch;
  for (const auto& waker : wakers_) waker();
}

}  // namespace sabot
