// Pages are read on libuv's pool, one at a time: the event loop goes on.
#include "state_wrap.h"

#include <string>
#include <utility>

#include "errors.h"

namespace sabot::binding {
namespace {

class NextPage final : public Napi::AsyncWorker {
 public:
  NextPage(Napi::Env env, std::shared_ptr<StateReader> reader)
      : AsyncWorker(env, "sabot state"),
        deferred_(Napi::Promise::Deferred::New(env)),
        reader_(std::move(reader)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override { page_ = reader_->Next(&error_); }

  void OnOK() override {
    if (!error_.kind.empty()) return deferred_.Reject(ToError(Env(), error_).Value());
    if (page_.empty()) return deferred_.Resolve(Env().Null());
    deferred_.Resolve(Napi::Buffer<char>::Copy(Env(), page_.data(), page_.size()));
  }

 private:
  const Napi::Promise::Deferred deferred_;
  const std::shared_ptr<StateReader> reader_;
  std::string page_;
  JobError error_;
};

// describeState(path: string): string
Napi::Value Describe(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsString()) {
    Napi::TypeError::New(info.Env(), "describeState(path: string)").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  JobError error;
  const std::string text = DescribeState(info[0].As<Napi::String>().Utf8Value(), &error);
  if (error.kind.empty()) return Napi::String::New(info.Env(), text);
  ToError(info.Env(), error).ThrowAsJavaScriptException();
  return info.Env().Undefined();
}

}  // namespace

StateRequest ReadRequest(const Napi::Object& from) {
  StateRequest request;
  request.uid = from.Get("uid").ToString().Utf8Value();
  if (const Napi::Value columns = from.Get("columns"); columns.IsArray()) {
    const auto names = columns.As<Napi::Array>();
    request.columns.emplace();
    for (uint32_t i = 0; i < names.Length(); ++i)
      request.columns->push_back(names.Get(i).ToString().Utf8Value());
  }
  if (const Napi::Value key = from.Get("key"); key.IsTypedArray()) {
    const auto bytes = key.As<Napi::Uint8Array>();
    request.key.assign(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
  }
  return request;
}

void StateReaderWrap::Register(Napi::Env env, Napi::Object exports) {
  exports.Set("describeState", Napi::Function::New(env, Describe, "describeState"));
  exports.Set("StateReader",
              DefineClass(env, "StateReader", {InstanceMethod<&StateReaderWrap::Next>("next")}));
}

StateReaderWrap::StateReaderWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (info.Length() != 2 || !info[0].IsString() || !info[1].IsObject()) {
    Napi::TypeError::New(info.Env(), "StateReader(path: string, request: StateRequest)")
        .ThrowAsJavaScriptException();
    return;
  }
  reader_ =
      ReadStateAt(info[0].As<Napi::String>().Utf8Value(), ReadRequest(info[1].As<Napi::Object>()));
}

Napi::Value StateReaderWrap::Next(const Napi::CallbackInfo& info) {
  auto* worker = new NextPage(info.Env(), reader_);  // Deletes itself after it settles.
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace sabot::binding
