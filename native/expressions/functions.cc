// The one list of function families. A family is a file that defines std::span<const FunctionSpec>
// NAMEFunctions().
#include <span>
#include <unordered_map>

#include "base/check.h"
#include "expressions/kernel.h"

// clang-format off
#define SABOT_FUNCTION_FAMILIES(family) \
  family(Arithmetic)                    \
  family(Array)                         \
  family(Cast)                          \
  family(CheckedArithmetic)             \
  family(Clock)                         \
  family(Comparison)                    \
  family(Construction)                  \
  family(DateFormat)                    \
  family(Encoding)                      \
  family(Extract)                       \
  family(Hash)                          \
  family(Json)                          \
  family(JsonConstruct)                 \
  family(Like)                          \
  family(Logic)                         \
  family(Map)                           \
  family(Mathematics)                   \
  family(Printf)                        \
  family(Random)                        \
  family(Regexp)                        \
  family(String)                        \
  family(StringSearch)                  \
  family(ToTimestamp)                   \
  family(Variant)
// clang-format on

namespace sabot {

#define SABOT_DECLARE(name) std::span<const FunctionSpec> name##Functions();
SABOT_FUNCTION_FAMILIES(SABOT_DECLARE)
#undef SABOT_DECLARE

const FunctionSpec* FindFunction(std::string_view name) {
  static const auto kFunctions = [] {
    std::unordered_map<std::string_view, const FunctionSpec*> by_name;
    for (const auto family : {
#define SABOT_CALL(name) name##Functions(),
             SABOT_FUNCTION_FAMILIES(SABOT_CALL)
#undef SABOT_CALL
         }) {
      for (const FunctionSpec& spec : family) SABOT_CHECK(by_name.emplace(spec.name, &spec).second);
    }
    return by_name;
  }();
  const auto found = kFunctions.find(name);
  return found == kFunctions.end() ? nullptr : found->second;
}

}  // namespace sabot
