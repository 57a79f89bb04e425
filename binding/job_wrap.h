// A running job as a JavaScript object: see native.d.ts for what it looks like from there.
#pragma once

#include <napi.h>

#include <memory>

namespace sabot::binding {

class JobState;

class JobWrap final : public Napi::ObjectWrap<JobWrap> {
 public:
  static void Register(Napi::Env env, Napi::Object exports);
  // new Job(plan: Uint8Array, { onData, onCall, onSavepoint, onState, onFinished }); throws if the
  // plan is refused.
  explicit JobWrap(const Napi::CallbackInfo& info);
  ~JobWrap() override;

 private:
  Napi::Value Cancel(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  Napi::Value Acknowledge(const Napi::CallbackInfo& info);
  Napi::Value Answer(const Napi::CallbackInfo& info);
  Napi::Value Refuse(const Napi::CallbackInfo& info);
  Napi::Value Savepoint(const Napi::CallbackInfo& info);
  Napi::Value ReadState(const Napi::CallbackInfo& info);
  Napi::Value CancelStateRead(const Napi::CallbackInfo& info);
  Napi::Value Metrics(const Napi::CallbackInfo& info);

  std::shared_ptr<JobState> state_;
};

}  // namespace sabot::binding
