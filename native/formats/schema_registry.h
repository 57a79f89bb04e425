// Schemas of messages by number, from a registry that is asked without waiting.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "formats/avro_schema.h"

namespace sabot {

class SchemaRegistry {
 public:
  struct Answer {
    // Nothing is known yet: it has been asked for, and the operator is woken when there is an
    // answer.
    bool pending = false;
    std::shared_ptr<const AvroSchema> schema;
    std::string absent;  // Why there is no schema.
  };

  virtual ~SchemaRegistry() = default;
  // An error where the registry cannot be asked.
  virtual arrow::Result<Answer> Find(int32_t id) = 0;
  // The number of the schema, which the subject has from then on; nullopt: pending.
  virtual arrow::Result<std::optional<int32_t>> Register(const std::string& subject,
                                                         const std::string& schema) = 0;
};

}  // namespace sabot
