// The addon's exports. State is per environment: several worker threads may load it.
#include <napi.h>

#include "job_wrap.h"
#include "state_wrap.h"

namespace sabot::binding {
namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  JobWrap::Register(env, exports);
  StateReaderWrap::Register(env, exports);
  return exports;
}

}  // namespace
}  // namespace sabot::binding

namespace {
Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return sabot::binding::Init(env, exports);
}
}  // namespace

NODE_API_MODULE(sabot, InitAddon)
