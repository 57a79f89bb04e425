// Carries a job's output from its threads to the event loop, bounded by what JavaScript has
// acknowledged.
//
//   job thread: deliver -> queue (bounded) -> thread-safe function -> event loop: onData ...
//   acknowledge -> Wake
//
// The job's threads never wait for the event loop: without room they are told so and woken later.
#include "job_wrap.h"

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "sabot/engine.h"

namespace sabot::binding {
namespace {

// Delivered but not yet acknowledged bytes that a job may have.
constexpr size_t kUnacknowledgedBytesMax = 8 << 20;

Napi::Object ToObject(Napi::Env env, const JobError& error) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", error.kind);
  object.Set("identifier", error.identifier);
  object.Set("operator", error.operator_name);
  object.Set("message", error.message);
  return object;
}

}  // namespace

class JobState : public std::enable_shared_from_this<JobState> {
 public:
  // On the event loop. Returns the refusal, if any.
  std::optional<JobError> Start(Napi::Env env, std::string_view plan, Napi::Function on_data,
                                Napi::Function on_finished) {
    on_data_ = Napi::Persistent(on_data);
    on_finished_ = Napi::Persistent(on_finished);
    to_loop_ = Napi::ThreadSafeFunction::New(env, on_data, "sabot job", 0, 1);
    JobCallbacks callbacks;
    callbacks.deliver = [this](const std::string& channel, std::string&& bytes) {
      return Deliver(channel, std::move(bytes));
    };
    callbacks.finished = [this](const JobError* error) { Finished(error); };
    JobError refusal;
    job_ = StartJob(plan, std::move(callbacks), &refusal);
    if (job_ == nullptr) {
      to_loop_.Release();
      return refusal;
    }
    napi_add_env_cleanup_hook(env, &JobState::OnEnvironmentEnd, this);
    env_ = env;
    self_ = shared_from_this();  // Until finished has been told.
    return std::nullopt;
  }

  void Cancel() {
    if (job_ != nullptr) job_->Cancel();
  }

  // Cancels and waits for the job's threads. Nothing is called back any more.
  void Stop() { job_.reset(); }

  void Acknowledge(size_t bytes) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      unacknowledged_bytes_ -= std::min(bytes, unacknowledged_bytes_);
      wake = starved_ && unacknowledged_bytes_ < kUnacknowledgedBytesMax / 2;
      if (wake) starved_ = false;
    }
    if (wake && job_ != nullptr) job_->Wake();
  }

  std::string Metrics() {
    if (job_ != nullptr) last_metrics_ = job_->Metrics();
    return last_metrics_;
  }

 private:
  struct Piece {
    std::string channel;
    std::string bytes;
  };

  bool Deliver(const std::string& channel, std::string&& bytes) {
    const std::lock_guard lock(mutex_);
    if (unacknowledged_bytes_ >= kUnacknowledgedBytesMax) {
      starved_ = true;
      return false;
    }
    unacknowledged_bytes_ += bytes.size();
    queue_.push_back({channel, std::move(bytes)});
    CallLoop();
    return true;
  }

  void Finished(const JobError* error) {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    if (error != nullptr) error_ = *error;
    CallLoop();
  }

  // Under the lock; one call at a time is under way.
  void CallLoop() {
    if (called_) return;
    called_ = true;
    to_loop_.NonBlockingCall([this](Napi::Env env, Napi::Function) { Drain(env); });
  }

  // On the event loop.
  void Drain(Napi::Env env) {
    const std::shared_ptr<JobState> alive = self_;
    std::deque<Piece> pieces;
    bool finished = false;
    {
      const std::lock_guard lock(mutex_);
      pieces.swap(queue_);
      finished = finished_;
      called_ = false;
    }
    const Napi::HandleScope scope(env);
    for (Piece& piece : pieces) {
      on_data_.Call({Napi::String::New(env, piece.channel), ToBuffer(env, std::move(piece.bytes))});
      if (env.IsExceptionPending()) break;  // The loop reports it as uncaught.
    }
    if (finished) End(env);
  }

  static Napi::Value ToBuffer(Napi::Env env, std::string bytes) {
    auto* owned = new std::string(std::move(bytes));
    return Napi::Buffer<char>::NewOrCopy(
        env, owned->data(), owned->size(), [](Napi::Env, char*, std::string* hint) { delete hint; },
        owned);
  }

  void End(Napi::Env env) {
    if (self_ == nullptr) return;
    Metrics();
    job_.reset();  // Its threads have ended or are about to.
    napi_remove_env_cleanup_hook(env, &JobState::OnEnvironmentEnd, this);
    if (!env.IsExceptionPending()) {
      on_finished_.Call({error_ ? Napi::Value(ToObject(env, *error_)) : env.Null()});
    }
    on_data_.Reset();
    on_finished_.Reset();
    to_loop_.Release();
    self_.reset();
  }

  // The environment (a worker thread, or the process) ends while the job runs.
  static void OnEnvironmentEnd(void* self) {
    auto* state = static_cast<JobState*>(self);
    state->job_.reset();  // Cancels and joins.
    state->on_data_.SuppressDestruct();
    state->on_finished_.SuppressDestruct();
  }

  napi_env env_ = nullptr;
  std::unique_ptr<Job> job_;
  Napi::FunctionReference on_data_;
  Napi::FunctionReference on_finished_;
  Napi::ThreadSafeFunction to_loop_;
  std::shared_ptr<JobState> self_;
  std::string last_metrics_ = "{\"operators\":[]}";

  std::mutex mutex_;
  std::deque<Piece> queue_;
  size_t unacknowledged_bytes_ = 0;
  bool starved_ = false;
  bool called_ = false;
  bool finished_ = false;
  std::optional<JobError> error_;
};

void JobWrap::Register(Napi::Env env, Napi::Object exports) {
  exports.Set("Job", DefineClass(env, "Job",
                                 {InstanceMethod<&JobWrap::Cancel>("cancel"),
                                  InstanceMethod<&JobWrap::Stop>("stop"),
                                  InstanceMethod<&JobWrap::Acknowledge>("acknowledge"),
                                  InstanceMethod<&JobWrap::Metrics>("metrics")}));
}

JobWrap::JobWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 3 || !info[0].IsTypedArray() || !info[1].IsFunction() ||
      !info[2].IsFunction()) {
    Napi::TypeError::New(env, "Job(plan: Uint8Array, onData: function, onFinished: function)")
        .ThrowAsJavaScriptException();
    return;
  }
  const auto plan = info[0].As<Napi::Uint8Array>();
  const std::string_view bytes(reinterpret_cast<const char*>(plan.Data()), plan.ByteLength());
  state_ = std::make_shared<JobState>();
  const auto refusal =
      state_->Start(env, bytes, info[1].As<Napi::Function>(), info[2].As<Napi::Function>());
  if (!refusal) return;
  state_.reset();
  Napi::Error error = Napi::Error::New(env, refusal->message);
  error.Set("kind", refusal->kind);
  error.Set("identifier", refusal->identifier);
  error.ThrowAsJavaScriptException();
}

JobWrap::~JobWrap() = default;

Napi::Value JobWrap::Cancel(const Napi::CallbackInfo& info) {
  if (state_ != nullptr) state_->Cancel();
  return info.Env().Undefined();
}

Napi::Value JobWrap::Stop(const Napi::CallbackInfo& info) {
  if (state_ != nullptr) state_->Stop();
  return info.Env().Undefined();
}

Napi::Value JobWrap::Acknowledge(const Napi::CallbackInfo& info) {
  if (state_ != nullptr && info.Length() == 1 && info[0].IsNumber()) {
    state_->Acknowledge(static_cast<size_t>(info[0].As<Napi::Number>().Int64Value()));
  }
  return info.Env().Undefined();
}

Napi::Value JobWrap::Metrics(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), state_ == nullptr ? "{}" : state_->Metrics());
}

}  // namespace sabot::binding
