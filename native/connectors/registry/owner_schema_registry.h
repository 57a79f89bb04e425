// A schema registry that the job's owner asks: lib/connectors/schema-registry.ts.
//
//   Find(7)  ->  {"id": 7}  ...  waker  ...  {"schema": "..."}  ->  Find(7) is the schema
//
// A key's registry may be another one than the value's: its questions say so ("of": "key").
//
// One call is open at a time; the others wait their turn. State: what has been answered; a restored
// operator asks again.
#pragma once

#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <unordered_map>

#include "formats/schema_registry.h"
#include "stream/operator.h"
#include "stream/user_function.h"

namespace sabot {

class OwnerSchemaRegistry final : public SchemaRegistry {
 public:
  enum class Of : uint8_t { kValue, kKey };

  explicit OwnerSchemaRegistry(std::unique_ptr<UserFunction> line, Of of = Of::kValue)
      : line_(std::move(line)), of_(of) {}

  // For a node's decoder or encoder: nullptr where it needs none, else it is told of the registry,
  // which must outlive it.
  template <typename Codec>
  static arrow::Result<std::unique_ptr<SchemaRegistry>> Open(Codec& codec, Of of,
                                                             const OperatorContext& context) {
    if (!codec.needs_registry()) return nullptr;
    ARROW_ASSIGN_OR_RAISE(auto registry, Open(of, context));
    codec.SetRegistry(registry.get());
    return registry;
  }

  arrow::Result<Answer> Find(int32_t id) override;
  arrow::Result<std::optional<int32_t>> Register(const std::string& subject,
                                                 const std::string& schema) override;

 private:
  static arrow::Result<std::unique_ptr<SchemaRegistry>> Open(Of of, const OperatorContext& context);
  arrow::Result<const std::string*> Ask(nlohmann::json question);
  arrow::Status TakeReply();
  void CallNext();

  const std::unique_ptr<UserFunction> line_;
  const Of of_;
  std::deque<std::string> questions_;  // The first one has been asked, if `open_`.
  std::set<std::string> asked_;
  std::unordered_map<std::string, std::string> answers_;
  bool open_ = false;
};

}  // namespace sabot
