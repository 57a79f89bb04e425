// From JobError to objects and Errors.
#include "errors.h"

namespace sabot::binding {

napi_value ToObject(Napi::Env env, const JobError& error) {
  const Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, const std::string& text) {
    napi_set_named_property(env, object, name, Napi::String::New(env, text));
  };
  set("kind", error.kind);
  set("identifier", error.identifier);
  set("operator", error.operator_name);
  set("message", error.message);
  return object;
}

Napi::Error ToError(Napi::Env env, const JobError& error) {
  Napi::Error thrown = Napi::Error::New(env, error.message);
  thrown.Set("kind", error.kind);
  thrown.Set("identifier", error.identifier);
  return thrown;
}

}  // namespace sabot::binding
