// Carries a job's output and its calls of JavaScript functions from its threads to the event loop.
//
//   job thread: deliver -> queue (bounded) -> thread-safe function -> event loop: onData ...
//   acknowledge -> Wake
//   job thread: call -> queue -> event loop: onCall ... answer or refuse -> the task is woken
//
// The job's threads never wait for the event loop: without room they are told so and woken later.
// Output is bounded per channel by what JavaScript has acknowledged; a subtask has one open call.
#include "job_wrap.h"

#include <deque>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "errors.h"
#include "sabot/engine.h"
#include "state_wrap.h"

namespace sabot::binding {
namespace {

// Delivered but not yet acknowledged bytes that a channel may have.
constexpr size_t kUnacknowledgedBytesMax = 8 << 20;

// False if the function threw, which the loop reports as uncaught, or cannot be called.
bool CallFunction(const Napi::FunctionReference& function, std::initializer_list<napi_value> args) {
  const napi_env env = function.Env();
  napi_value undefined = nullptr;
  for (const napi_value arg : args) {
    if (arg == nullptr) return false;
  }
  return napi_get_undefined(env, &undefined) == napi_ok &&
         napi_call_function(env, undefined, function.Value(), args.size(), args.begin(), nullptr) ==
             napi_ok;
}

// The bytes, which `owner` keeps alive as long as JavaScript refers to them; nullptr if it cannot
// be made.
template <typename Owner>
napi_value ToBuffer(napi_env env, const void* data, size_t size, Owner owner) {
  napi_value buffer = nullptr;
  if (size == 0) {
    napi_create_buffer(env, 0, nullptr, &buffer);
    return buffer;
  }
  auto* owned = new Owner(std::move(owner));
  const napi_status status = napi_create_external_buffer(
      env, size, const_cast<void*>(data),
      [](napi_env, void*, void* hint) { delete static_cast<Owner*>(hint); }, owned, &buffer);
  if (status == napi_ok) return buffer;
  if (status == napi_no_external_buffers_allowed) {
    napi_create_buffer_copy(env, size, data, nullptr, &buffer);
  }
  delete owned;
  return buffer;
}

std::string TextOf(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

}  // namespace

class JobState : public std::enable_shared_from_this<JobState> {
 public:
  // On the event loop. Returns the refusal, if any.
  std::optional<JobError> Start(Napi::Env env, std::string_view plan, const Napi::Object& owner) {
    const auto on_data = owner.Get("onData").As<Napi::Function>();
    on_data_ = Napi::Persistent(on_data);
    on_call_ = Napi::Persistent(owner.Get("onCall").As<Napi::Function>());
    on_savepoint_ = Napi::Persistent(owner.Get("onSavepoint").As<Napi::Function>());
    on_state_ = Napi::Persistent(owner.Get("onState").As<Napi::Function>());
    on_finished_ = Napi::Persistent(owner.Get("onFinished").As<Napi::Function>());
    to_loop_ = Napi::ThreadSafeFunction::New(env, on_data, "sabot job", 0, 1);
    JobCallbacks callbacks;
    callbacks.deliver = [this](const std::string& channel, std::string&& bytes) {
      return Deliver(channel, std::move(bytes));
    };
    callbacks.call = [this](UserCall&& call) { Call(std::move(call)); };
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

  void Acknowledge(const std::string& name, size_t bytes) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      Channel& channel = channels_[name];
      channel.unacknowledged_bytes -= std::min(bytes, channel.unacknowledged_bytes);
      wake = channel.starved && channel.unacknowledged_bytes < kUnacknowledgedBytesMax / 2;
      if (wake) channel.starved = false;
    }
    if (wake && job_ != nullptr) job_->Wake();
  }

  void Answer(uint64_t call, std::string bytes) {
    if (job_ != nullptr) job_->Answer(call, std::move(bytes));
  }

  void Refuse(uint64_t call, const JobError& error) {
    if (job_ != nullptr) job_->Refuse(call, error);
  }

  void TakeSavepoint(uint32_t id, std::string path, AfterSavepoint after) {
    if (job_ == nullptr) return;
    job_->TakeSavepoint(std::move(path), after, [this, id](const JobError* error) {
      const std::lock_guard lock(mutex_);
      savepoints_.push_back({id, error == nullptr ? std::nullopt : std::optional(*error)});
      CallLoop();
    });
  }

  void ReadState(uint32_t id, StateRequest request) {
    if (job_ == nullptr) return;
    job_->ReadState(id, std::move(request), [this, id](const JobError* error) {
      const std::lock_guard lock(mutex_);
      state_reads_.push_back({id, error == nullptr ? std::nullopt : std::optional(*error)});
      CallLoop();
    });
  }

  void CancelStateRead(uint32_t id) {
    if (job_ != nullptr) job_->CancelStateRead(id);
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
  // What became of a savepoint or a read.
  struct Outcome {
    uint32_t id = 0;
    std::optional<JobError> error;
  };
  struct Channel {
    size_t unacknowledged_bytes = 0;
    bool starved = false;
  };

  bool Deliver(const std::string& name, std::string&& bytes) {
    const std::lock_guard lock(mutex_);
    Channel& channel = channels_[name];
    if (channel.unacknowledged_bytes >= kUnacknowledgedBytesMax) {
      channel.starved = true;
      return false;
    }
    channel.unacknowledged_bytes += bytes.size();
    queue_.push_back({name, std::move(bytes)});
    CallLoop();
    return true;
  }

  void Call(UserCall&& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    CallLoop();
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
    std::deque<UserCall> calls;
    std::deque<Outcome> savepoints;
    std::deque<Outcome> state_reads;
    bool finished = false;
    {
      const std::lock_guard lock(mutex_);
      pieces.swap(queue_);
      calls.swap(calls_);
      savepoints.swap(savepoints_);
      state_reads.swap(state_reads_);
      finished = finished_;
      called_ = false;
    }
    const Napi::HandleScope scope(env);
    bool runs = true;
    for (Piece& piece : pieces) {
      const auto bytes = std::make_shared<std::string>(std::move(piece.bytes));
      runs = runs && CallFunction(on_data_, {Napi::String::New(env, piece.channel),
                                             ToBuffer(env, bytes->data(), bytes->size(), bytes)});
    }
    for (const UserCall& call : calls) {
      // A call may run for long; what it made is not kept until the next one.
      const Napi::HandleScope call_scope(env);
      runs = runs && CallFunction(on_call_, {Napi::Number::New(env, static_cast<double>(call.id)),
                                             Napi::Number::New(env, call.node),
                                             Napi::Number::New(env, call.subtask),
                                             ToBuffer(env, call.data, call.size, call.owner)});
    }
    for (const Outcome& each : savepoints) runs = runs && Tell(env, on_savepoint_, each);
    for (const Outcome& each : state_reads) runs = runs && Tell(env, on_state_, each);
    // Nobody answers any more.
    if (!runs && job_ != nullptr) job_->Cancel();
    if (finished) End(env);
  }

  static bool Tell(Napi::Env env, const Napi::FunctionReference& function, const Outcome& outcome) {
    const napi_value error = outcome.error ? ToObject(env, *outcome.error) : napi_value(env.Null());
    return CallFunction(function, {Napi::Number::New(env, outcome.id), error});
  }

  void End(Napi::Env env) {
    if (self_ == nullptr) return;
    Metrics();
    job_.reset();  // Its threads have ended or are about to.
    napi_remove_env_cleanup_hook(env, &JobState::OnEnvironmentEnd, this);
    if (!env.IsExceptionPending()) {
      CallFunction(on_finished_, {error_ ? ToObject(env, *error_) : napi_value(env.Null())});
    }
    on_data_.Reset();
    on_call_.Reset();
    on_savepoint_.Reset();
    on_state_.Reset();
    on_finished_.Reset();
    to_loop_.Release();
    self_.reset();
  }

  // The environment (a worker thread, or the process) ends while the job runs.
  static void OnEnvironmentEnd(void* self) {
    auto* state = static_cast<JobState*>(self);
    state->job_.reset();  // Cancels and joins.
    state->on_data_.SuppressDestruct();
    state->on_call_.SuppressDestruct();
    state->on_savepoint_.SuppressDestruct();
    state->on_state_.SuppressDestruct();
    state->on_finished_.SuppressDestruct();
  }

  napi_env env_ = nullptr;
  std::unique_ptr<Job> job_;
  Napi::FunctionReference on_data_;
  Napi::FunctionReference on_call_;
  Napi::FunctionReference on_savepoint_;
  Napi::FunctionReference on_state_;
  Napi::FunctionReference on_finished_;
  Napi::ThreadSafeFunction to_loop_;
  std::shared_ptr<JobState> self_;
  std::string last_metrics_ = R"({"operators":[],"tasks":[],"holds":[]})";

  std::mutex mutex_;
  std::deque<Piece> queue_;
  std::deque<UserCall> calls_;
  std::deque<Outcome> savepoints_;
  std::deque<Outcome> state_reads_;
  std::map<std::string, Channel> channels_;
  bool called_ = false;
  bool finished_ = false;
  std::optional<JobError> error_;
};

void JobWrap::Register(Napi::Env env, Napi::Object exports) {
  exports.Set("Job", DefineClass(env, "Job",
                                 {InstanceMethod<&JobWrap::Cancel>("cancel"),
                                  InstanceMethod<&JobWrap::Stop>("stop"),
                                  InstanceMethod<&JobWrap::Acknowledge>("acknowledge"),
                                  InstanceMethod<&JobWrap::Answer>("answer"),
                                  InstanceMethod<&JobWrap::Refuse>("refuse"),
                                  InstanceMethod<&JobWrap::Savepoint>("savepoint"),
                                  InstanceMethod<&JobWrap::ReadState>("readState"),
                                  InstanceMethod<&JobWrap::CancelStateRead>("cancelStateRead"),
                                  InstanceMethod<&JobWrap::Metrics>("metrics")}));
}

JobWrap::JobWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const auto has = [&](const char* name) {
    return info[1].As<Napi::Object>().Get(name).IsFunction();
  };
  if (info.Length() != 2 || !info[0].IsTypedArray() || !info[1].IsObject() || !has("onData") ||
      !has("onCall") || !has("onSavepoint") || !has("onState") || !has("onFinished")) {
    Napi::TypeError::New(
        env, "Job(plan: Uint8Array, { onData, onCall, onSavepoint, onState, onFinished })")
        .ThrowAsJavaScriptException();
    return;
  }
  const auto plan = info[0].As<Napi::Uint8Array>();
  const std::string_view bytes(reinterpret_cast<const char*>(plan.Data()), plan.ByteLength());
  state_ = std::make_shared<JobState>();
  const auto refusal = state_->Start(env, bytes, info[1].As<Napi::Object>());
  if (!refusal) return;
  state_.reset();
  ToError(env, *refusal).ThrowAsJavaScriptException();
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
  if (state_ != nullptr && info.Length() == 2 && info[0].IsString() && info[1].IsNumber()) {
    state_->Acknowledge(info[0].As<Napi::String>(),
                        static_cast<size_t>(info[1].As<Napi::Number>().Int64Value()));
  }
  return info.Env().Undefined();
}

Napi::Value JobWrap::Answer(const Napi::CallbackInfo& info) {
  if (state_ != nullptr && info.Length() == 2 && info[0].IsNumber() && info[1].IsTypedArray()) {
    const auto bytes = info[1].As<Napi::Uint8Array>();
    // Copied: JavaScript may change or detach its buffer.
    state_->Answer(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()),
                   std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()));
  }
  return info.Env().Undefined();
}

Napi::Value JobWrap::Refuse(const Napi::CallbackInfo& info) {
  if (state_ != nullptr && info.Length() == 2 && info[0].IsNumber() && info[1].IsObject()) {
    const auto error = info[1].As<Napi::Object>();
    state_->Refuse(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()),
                   {.kind = TextOf(error, "kind"),
                    .identifier = TextOf(error, "identifier"),
                    .operator_name = TextOf(error, "operator"),
                    .message = TextOf(error, "message")});
  }
  return info.Env().Undefined();
}

Napi::Value JobWrap::Savepoint(const Napi::CallbackInfo& info) {
  if (state_ != nullptr && info.Length() == 4 && info[0].IsNumber() && info[1].IsString() &&
      info[2].IsBoolean() && info[3].IsBoolean()) {
    const bool stop = info[2].As<Napi::Boolean>().Value();
    const bool drain = info[3].As<Napi::Boolean>().Value();
    state_->TakeSavepoint(info[0].As<Napi::Number>().Uint32Value(),
                          info[1].As<Napi::String>().Utf8Value(),
                          !stop   ? AfterSavepoint::kGoOn
                          : drain ? AfterSavepoint::kDrain
                                  : AfterSavepoint::kStop);
  }
  return info.Env().Undefined();
}

Napi::Value JobWrap::ReadState(const Napi::CallbackInfo& info) {
  if (state_ != nullptr && info.Length() == 2 && info[0].IsNumber() && info[1].IsObject()) {
    state_->ReadState(info[0].As<Napi::Number>().Uint32Value(),
                      ReadRequest(info[1].As<Napi::Object>()));
  }
  return info.Env().Undefined();
}

Napi::Value JobWrap::CancelStateRead(const Napi::CallbackInfo& info) {
  if (state_ != nullptr && info.Length() == 1 && info[0].IsNumber())
    state_->CancelStateRead(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value JobWrap::Metrics(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), state_ == nullptr ? "{}" : state_->Metrics());
}

}  // namespace sabot::binding
