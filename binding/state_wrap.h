// Operators' state in checkpoints and savepoints: see native.d.ts for what it looks like from
// JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "sabot/state.h"

namespace sabot::binding {

// { uid, columns: string[] | null, key: Uint8Array | null }
StateRequest ReadRequest(const Napi::Object& from);

class StateReaderWrap final : public Napi::ObjectWrap<StateReaderWrap> {
 public:
  static void Register(Napi::Env env, Napi::Object exports);
  // new StateReader(path, request)
  explicit StateReaderWrap(const Napi::CallbackInfo& info);

 private:
  Napi::Value Next(const Napi::CallbackInfo& info);

  std::shared_ptr<StateReader> reader_;
};

}  // namespace sabot::binding
