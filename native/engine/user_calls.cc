// Open calls by their id.
#include "engine/user_calls.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace sabot {

// Shared with the lines: whoever lives longest.
struct UserCalls::OpenCalls {
  explicit OpenCalls(std::function<void(UserCall&&)> to_owner) : post(std::move(to_owner)) {}

  const std::function<void(UserCall&&)> post;
  std::mutex mutex;
  std::unordered_map<uint64_t, Line*> lines;
  uint64_t next_id = 1;
};

class UserCalls::Line final : public UserFunction {
 public:
  Line(std::shared_ptr<OpenCalls> open, int node, int subtask, std::function<void()> waker)
      : open_(std::move(open)), node_(node), subtask_(subtask), waker_(std::move(waker)) {}

  ~Line() override {
    const std::lock_guard lock(open_->mutex);
    if (id_ != 0) open_->lines.erase(id_);
  }

  void Call(std::shared_ptr<arrow::Buffer> request) override {
    UserCall call;
    {
      const std::lock_guard lock(open_->mutex);
      SABOT_CHECK(id_ == 0 && !reply_);
      id_ = open_->next_id++;
      since_ns_ = SystemClock().MonotonicNanos();
      open_->lines.emplace(id_, this);
      call.id = id_;
    }
    call.node = node_;
    call.subtask = subtask_;
    call.data = request->data();
    call.size = static_cast<size_t>(request->size());
    call.owner = std::move(request);
    open_->post(std::move(call));
  }

  std::optional<Reply> TakeReply() override {
    const std::lock_guard lock(open_->mutex);
    return std::exchange(reply_, std::nullopt);
  }

  // Under the lock, of an open call.
  OpenCall open_call() const { return {node_, subtask_, since_ns_}; }

  // Under the lock.
  void Answer(Reply reply) {
    id_ = 0;
    reply_ = std::move(reply);
    waker_();
  }

 private:
  const std::shared_ptr<OpenCalls> open_;
  const int node_;
  const int subtask_;
  const std::function<void()> waker_;
  uint64_t id_ = 0;  // Of the open call; 0: none.
  int64_t since_ns_ = 0;
  std::optional<Reply> reply_;
};

UserCalls::UserCalls(std::function<void(UserCall&&)> post)
    : open_(std::make_shared<OpenCalls>(std::move(post))) {}

UserCalls::~UserCalls() = default;

std::unique_ptr<UserFunction> UserCalls::Open(int node, int subtask, std::function<void()> waker) {
  return std::make_unique<Line>(open_, node, subtask, std::move(waker));
}

void UserCalls::Answer(uint64_t id, UserFunction::Reply reply) {
  const std::lock_guard lock(open_->mutex);
  const auto found = open_->lines.find(id);
  if (found == open_->lines.end()) return;
  Line* line = found->second;
  open_->lines.erase(found);
  line->Answer(std::move(reply));
}

std::vector<UserCalls::OpenCall> UserCalls::open_calls() const {
  std::vector<OpenCall> calls;
  const std::lock_guard lock(open_->mutex);
  calls.reserve(open_->lines.size());
  for (const auto& [id, line] : open_->lines) calls.push_back(line->open_call());
  return calls;
}

}  // namespace sabot
