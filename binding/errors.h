// Failures as JavaScript sees them: { kind, identifier, operator, message }.
#pragma once

#include <napi.h>

#include <string>

#include "sabot/engine.h"

namespace sabot::binding {

// In an environment that is being torn down nothing works any more that needs JavaScript, and
// node-addon-api would abort the process: what runs then asks N-API itself, and stops.
napi_value ToObject(Napi::Env env, const JobError& error);

// An Error with kind and identifier.
Napi::Error ToError(Napi::Env env, const JobError& error);

}  // namespace sabot::binding
