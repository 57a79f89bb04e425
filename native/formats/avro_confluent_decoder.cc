// Messages in Confluent's wire format into batches.
//
//   messages of schemas 7 and 8   ->   Prepare: asks the registry for 7 and 8; then one batch
//
// Their records are rows, or changes of rows (avro_changes.h). A schema is asked for once. State:
// the buffered rows, and the readers of known schemas.
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "formats/avro_changes.h"
#include "formats/avro_confluent.h"
#include "formats/avro_rows.h"
#include "formats/decoders.h"
#include "formats/schema_registry.h"

namespace sabot {
namespace {

// Rows: AvroRows, or AvroChangeRows.
template <typename Rows>
class AvroConfluentDecoder final : public Decoder {
 public:
  // `skips_empty`: a message without bytes is no row, as Kafka's null is.
  AvroConfluentDecoder(const Schema& columns, std::string format, bool skips_empty)
      : format_(std::move(format)), skips_empty_(skips_empty), rows_(columns) {}

  bool needs_registry() const override { return true; }
  void SetRegistry(SchemaRegistry* registry) override { registry_ = registry; }

  arrow::Result<size_t> Decode(std::string_view, bool, int64_t) override {
    return UserError("unsupported-format", format_,
                     "format '" + format_ + "' is one of messages, not of files");
  }

  arrow::Result<bool> Prepare(std::span<const std::string_view> messages) override {
    bool complete = true;
    int32_t last = -1;
    for (const std::string_view message : messages) {
      int32_t id = 0;
      if (!ReadConfluentHeader(message, &id) || id == last) continue;
      last = id;
      ARROW_ASSIGN_OR_RAISE(const bool known, PrepareSchema(id));
      complete = complete && known;
    }
    return complete;
  }

  arrow::Status DecodeMessages(std::span<const std::string_view> messages, BadMessageHandler& bad,
                               std::vector<int32_t>* row_messages) override {
    for (size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].data() == nullptr) continue;  // As Flink: a tombstone is no row.
      if (messages[i].empty() && skips_empty_) continue;
      int32_t id = 0;
      if (!ReadConfluentHeader(messages[i], &id)) {
        ARROW_RETURN_NOT_OK(bad.OnBadMessage(
            i, 0, "a message begins with a zero and the four bytes of its schema's number", {}));
        continue;
      }
      const auto known = schemas_.find(id);
      SABOT_CHECK(known != schemas_.end());  // Prepare has found it.
      if (known->second.reader == nullptr) {
        ARROW_RETURN_NOT_OK(bad.OnBadMessage(i, 1, known->second.absent, {}));
        continue;
      }
      const size_t size = messages[i].size();
      message_.assign(messages[i]);
      message_.resize(size + kDecodePadding);
      bytes_ += static_cast<int64_t>(size);
      const std::string_view record(message_.data() + kConfluentHeaderBytes,
                                    size - kConfluentHeaderBytes);
      AvroFault fault;
      const int64_t first_row = num_rows();
      if (rows_.Read(*known->second.reader, record, &fault) >= 0) {
        row_messages->insert(row_messages->end(), static_cast<size_t>(num_rows() - first_row),
                             static_cast<int32_t>(i));
        continue;
      }
      const auto* begin = reinterpret_cast<const uint8_t*>(message_.data());
      ARROW_RETURN_NOT_OK(
          bad.OnBadMessage(i, static_cast<size_t>(fault.at - begin), fault.reason(), {}));
    }
    return arrow::Status::OK();
  }

  int64_t num_rows() const override { return rows_.num_rows(); }
  bool full(int64_t rows_max) const override {
    return num_rows() >= rows_max || bytes_ >= kBatchBytesMax;
  }
  void SetPlace(RecordPlace) override {}
  int64_t skipped_records() const override { return 0; }
  arrow::Result<Batch> Flush() override {
    bytes_ = 0;
    return rows_.Take();
  }

 private:
  struct Known {
    std::unique_ptr<typename Rows::Reader> reader;
    std::string absent;  // Why there is none.
  };

  // False: it has been asked for.
  arrow::Result<bool> PrepareSchema(int32_t id) {
    if (schemas_.contains(id)) return true;
    ARROW_ASSIGN_OR_RAISE(auto answer, registry_->Find(id));
    if (answer.pending) return false;
    Known known;
    const std::string number = "schema " + std::to_string(id);
    if (answer.schema == nullptr) {
      known.absent = number + ": " + answer.absent;
    } else if (auto reader = rows_.MakeReader(std::move(answer.schema)); reader.ok()) {
      known.reader = std::move(*reader);
    } else {
      known.absent = number + ": " + reader.status().message();
    }
    schemas_.emplace(id, std::move(known));
    return true;
  }

  const std::string format_;
  const bool skips_empty_;
  Rows rows_;
  SchemaRegistry* registry_ = nullptr;
  std::unordered_map<int32_t, Known> schemas_;
  std::string message_;  // The one at hand, padded.
  int64_t bytes_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeAvroConfluentDecoder(const Schema& columns,
                                                                 const PlanNode& node) {
  const std::string format = "avro-confluent";
  ARROW_RETURN_NOT_OK(ReadAvroConfluentOptions(format, columns, node).status());
  return std::make_unique<AvroConfluentDecoder<AvroRows>>(columns, format, false);
}

arrow::Result<std::unique_ptr<Decoder>> MakeDebeziumAvroDecoder(const Schema& columns,
                                                                const PlanNode& node) {
  const std::string format = "debezium-avro-confluent";
  ARROW_RETURN_NOT_OK(ReadAvroConfluentOptions(format, columns, node).status());
  return std::make_unique<AvroConfluentDecoder<AvroChangeRows>>(columns, format, true);
}

}  // namespace sabot
