// A schema registry that the job's owner asks: lib/connectors/schema-registry.ts.
//
//   Find(7)  ->  {"id": 7}  ...  waker  ...  {"schema": "..."}  ->  Find(7) is the schema
//
// One call is open at a time; the others wait their turn. State: what has been answered; a restored
// operator asks again.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "formats/schema_registry.h"
#include "stream/user_function.h"

namespace sabot {

class OwnerSchemaRegistry final : public SchemaRegistry {
 public:
  explicit OwnerSchemaRegistry(std::unique_ptr<UserFunction> line) : line_(std::move(line)) {}

  arrow::Result<Answer> Find(int32_t id) override;
  arrow::Result<std::optional<int32_t>> Register(const std::string& subject,
                                                 const std::string& schema) override;

 private:
  arrow::Result<const std::string*> Ask(const std::string& question);
  arrow::Status TakeReply();
  void CallNext();

  const std::unique_ptr<UserFunction> line_;
  std::deque<std::string> questions_;  // The first one has been asked, if `open_`.
  std::set<std::string> asked_;
  std::unordered_map<std::string, std::string> answers_;
  bool open_ = false;
};

}  // namespace sabot
