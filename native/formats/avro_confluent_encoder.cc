// Batches as messages in Confluent's wire format.
//
//   rows   ->   Prepare: the registry gives the schema its number; 00 | number | record
//
// State: that number.
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "formats/avro_confluent.h"
#include "formats/avro_writer.h"
#include "formats/decoders.h"
#include "formats/schema_registry.h"

namespace sabot {
namespace {

class AvroConfluentEncoder final : public Encoder {
 public:
  AvroConfluentEncoder(const Schema& columns, std::string subject, std::string schema)
      : subject_(std::move(subject)), schema_(std::move(schema)), rows_(columns) {}

  bool needs_registry() const override { return true; }
  void SetRegistry(SchemaRegistry* registry) override { registry_ = registry; }

  arrow::Result<bool> Prepare() override {
    if (!id_.has_value()) {
      ARROW_ASSIGN_OR_RAISE(id_, registry_->Register(subject_, schema_));
    }
    return id_.has_value();
  }

  arrow::Status Encode(const Batch&, std::string*) override {
    return UserError("unsupported-format", "avro-confluent",
                     "format 'avro-confluent' is one of messages, not of files");
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    SABOT_CHECK(id_.has_value());  // Prepare has got it.
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      AppendConfluentHeader(*id_, &out->bytes);
      ARROW_RETURN_NOT_OK(rows_.Write(batch, row, &out->bytes));
      out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
    }
    return arrow::Status::OK();
  }

 private:
  const std::string subject_;
  const std::string schema_;
  const AvroRowWriter rows_;
  SchemaRegistry* registry_ = nullptr;
  std::optional<int32_t> id_;
};

}  // namespace

arrow::Result<std::unique_ptr<Encoder>> MakeAvroConfluentEncoder(const Schema& schema,
                                                                 const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const auto options, ReadAvroConfluentOptions(schema, node));
  if (options.subject.empty()) {
    return UserError("missing-option", "avro-confluent.subject",
                     "option 'avro-confluent.subject' is needed to write");
  }
  ARROW_ASSIGN_OR_RAISE(auto json, AvroSchemaOf(schema, options.timestamps));
  return std::make_unique<AvroConfluentEncoder>(schema, options.subject, std::move(json));
}

}  // namespace sabot
