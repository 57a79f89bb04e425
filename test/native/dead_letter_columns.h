// The columns of dead letters as the plan has them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sabot::test {

inline nlohmann::json LetterColumns() {
  using nlohmann::json;
  const auto column = [](const char* name, const char* kind, bool nullable) {
    json type = {{"kind", kind}};
    if (!nullable) type["nullable"] = false;
    if (std::string(kind) == "TIMESTAMP_LTZ") type["precision"] = 3;
    return json{{"name", name}, {"type", type}};
  };
  const json header = {
      {"kind", "ROW"},
      {"nullable", false},
      {"fields", {column("name", "VARCHAR", false), column("value", "VARBINARY", true)}}};
  return {column("value", "VARBINARY", true),
          column("key", "VARBINARY", true),
          {{"name", "headers"}, {"type", {{"kind", "ARRAY"}, {"element", header}}}},
          column("topic", "VARCHAR", true),
          column("partition", "INTEGER", true),
          column("offset", "BIGINT", true),
          column("timestamp", "TIMESTAMP_LTZ", true),
          column("file", "VARCHAR", true),
          column("error", "VARCHAR", false),
          column("job", "VARCHAR", false),
          column("operator", "VARCHAR", false),
          column("failed_at", "TIMESTAMP_LTZ", false),
          column("attempts", "INTEGER", false)};
}

}  // namespace sabot::test
