// For tests of formats whose schemas are in a registry: who answers for it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/registry/owner_schema_registry.h"

namespace sabot::test {

// The job's owner: answers when it is told to.
class Owner final : public UserFunction {
 public:
  void Call(std::shared_ptr<arrow::Buffer> request) override {
    EXPECT_FALSE(open);
    open = true;
    asked.push_back(request->ToString());
  }
  std::optional<Reply> TakeReply() override {
    if (!open || !reply.has_value()) return std::nullopt;
    open = false;
    return std::exchange(reply, std::nullopt);
  }
  void Answer(const std::string& text) { reply = arrow::Buffer::FromString(text); }

  std::vector<std::string> asked;
  std::optional<Reply> reply;
  bool open = false;
};

inline std::string SchemaAnswer(const std::string& fields) {
  return nlohmann::json{{"schema", R"({"type":"record","name":"R","fields":[)" + fields + "]}"}}
      .dump();
}

}  // namespace sabot::test
