// Batches as messages in Confluent's wire format.
//
//   rows   ->   Prepare: the registry gives the schema its number; 00 | number | record
//   -D (1) ->   00 | number | the record that Debezium tells the change in
//
// State: that number.
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "formats/avro_confluent.h"
#include "formats/avro_writer.h"
#include "formats/decoders.h"
#include "formats/schema_registry.h"

namespace sabot {
namespace {

using namespace std::literals;

// What stands before and behind a row's values.
struct Frame {
  std::string_view before = {};
  std::string_view behind = {};
};

// In DebeziumAvroSchemaOf's schema, branches and text: 02 is the second branch of a union, whose
// first one is null. An update is written as its old row's removal and the new one's insertion, as
// Flink does.
constexpr Frame kDebeziumAdded{"\x02\x00\x02"sv, "\x02\x02\x63"sv};
constexpr Frame kDebeziumRetracted{"\x02\x02"sv, "\x00\x02\x02\x64"sv};

class AvroConfluentEncoder final : public Encoder {
 public:
  // `added` and `retracted`: of +I and +U, of -U and -D.
  AvroConfluentEncoder(const Schema& columns, std::string format, std::string subject,
                       std::string schema, Frame added, Frame retracted)
      : format_(std::move(format)),
        subject_(std::move(subject)),
        schema_(std::move(schema)),
        added_(added),
        retracted_(retracted),
        rows_(columns) {}

  bool needs_registry() const override { return true; }
  void SetRegistry(SchemaRegistry* registry) override { registry_ = registry; }

  arrow::Result<bool> Prepare() override {
    if (!id_.has_value()) {
      ARROW_ASSIGN_OR_RAISE(id_, registry_->Register(subject_, schema_));
    }
    return id_.has_value();
  }

  arrow::Status Encode(const Batch&, std::string*) override {
    return UserError("unsupported-format", format_,
                     "format '" + format_ + "' is one of messages, not of files");
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    SABOT_CHECK(id_.has_value());  // Prepare has got it.
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      const Frame& frame = IsRetract(batch.kind(row)) ? retracted_ : added_;
      AppendConfluentHeader(*id_, &out->bytes);
      out->bytes.append(frame.before);
      ARROW_RETURN_NOT_OK(rows_.Write(batch, row, &out->bytes));
      out->bytes.append(frame.behind);
      out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
    }
    return arrow::Status::OK();
  }

  bool takes_changes() const override { return !retracted_.before.empty(); }

 private:
  const std::string format_;
  const std::string subject_;
  const std::string schema_;
  const Frame added_;
  const Frame retracted_;
  const AvroRowWriter rows_;
  SchemaRegistry* registry_ = nullptr;
  std::optional<int32_t> id_;
};

arrow::Result<AvroConfluentOptions> ReadSinkOptions(const std::string& format, const Schema& schema,
                                                    const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(auto options, ReadAvroConfluentOptions(format, schema, node));
  if (!options.subject.empty()) return options;
  return UserError("missing-option", format + ".subject",
                   "option '" + format + ".subject' is needed to write");
}

}  // namespace

arrow::Result<std::unique_ptr<Encoder>> MakeAvroConfluentEncoder(const Schema& schema,
                                                                 const PlanNode& node) {
  const std::string format = "avro-confluent";
  ARROW_ASSIGN_OR_RAISE(const auto options, ReadSinkOptions(format, schema, node));
  ARROW_ASSIGN_OR_RAISE(auto json, AvroSchemaOf(schema, options.timestamps));
  return std::make_unique<AvroConfluentEncoder>(schema, format, options.subject, std::move(json),
                                                Frame{}, Frame{});
}

arrow::Result<std::unique_ptr<Encoder>> MakeDebeziumAvroEncoder(const Schema& schema,
                                                                const PlanNode& node) {
  const std::string format = "debezium-avro-confluent";
  ARROW_ASSIGN_OR_RAISE(const auto options, ReadSinkOptions(format, schema, node));
  ARROW_ASSIGN_OR_RAISE(auto json, DebeziumAvroSchemaOf(schema, options.timestamps));
  return std::make_unique<AvroConfluentEncoder>(schema, format, options.subject, std::move(json),
                                                kDebeziumAdded, kDebeziumRetracted);
}

}  // namespace sabot
