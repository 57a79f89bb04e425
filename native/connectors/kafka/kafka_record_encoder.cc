// Encoding the parts of records.
#include "connectors/kafka/kafka_record_encoder.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_plan.h"
#include "connectors/registry/owner_schema_registry.h"

namespace sabot {
namespace {

arrow::Result<Batch> Project(const Batch& batch, const std::vector<int>& columns) {
  ARROW_ASSIGN_OR_RAISE(auto rows, batch.rows->SelectColumns(columns));
  Batch projected;
  projected.rows = std::move(rows);
  projected.kinds = batch.kinds;
  return projected;
}

std::string_view MessageAt(const EncodedMessages& messages, size_t i) {
  if (!messages.nulls.empty() && messages.nulls[i] != 0) return {};
  const int64_t begin = i == 0 ? 0 : messages.ends[i - 1];
  return std::string_view(messages.bytes)
      .substr(static_cast<size_t>(begin), static_cast<size_t>(messages.ends[i] - begin));
}

Schema Columns(const Schema& row, const std::vector<int>& indexes) {
  Schema columns;
  for (const int index : indexes) columns.push_back(row[static_cast<size_t>(index)]);
  return columns;
}

// What the key's fields are called in its messages.
arrow::Status NameKeys(const PlanNode& node, Schema* columns) {
  const nlohmann::json* names = node.Member("keyNames");
  if (names == nullptr) return arrow::Status::OK();
  if (!names->is_array() || names->size() != columns->size())
    return node.Error("keyNames are not its keyColumns");
  for (size_t i = 0; i < columns->size(); ++i) (*columns)[i].name = (*names)[i].get<std::string>();
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<KafkaRecordEncoder>> KafkaRecordEncoder::Make(const PlanNode& node) {
  std::unique_ptr<KafkaRecordEncoder> encoder(new KafkaRecordEncoder);
  ARROW_ASSIGN_OR_RAISE(encoder->upsert_, node.Bool("upsert", false));
  ARROW_ASSIGN_OR_RAISE(encoder->value_columns_, node.Columns("valueColumns"));
  ARROW_RETURN_NOT_OK(encoder->ReadMetadata(node));
  const Schema& row = node.input_schemas[0];
  ARROW_ASSIGN_OR_RAISE(const std::string format, node.String("format"));
  ARROW_ASSIGN_OR_RAISE(encoder->value_encoder_,
                        MakeEncoder(format, Columns(row, encoder->value_columns_), node));
  if (node.Has("keyFormat")) {
    ARROW_ASSIGN_OR_RAISE(encoder->key_columns_, node.Columns("keyColumns"));
    ARROW_ASSIGN_OR_RAISE(const std::string key_format, node.String("keyFormat"));
    Schema columns = Columns(row, encoder->key_columns_);
    ARROW_RETURN_NOT_OK(NameKeys(node, &columns));
    ARROW_ASSIGN_OR_RAISE(encoder->key_encoder_,
                          MakeEncoder(key_format, columns, KafkaKeyNode(node)));
  }
  if (encoder->upsert_ && encoder->key_encoder_ == nullptr)
    return node.Error("upsert needs a key format");
  return encoder;
}

arrow::Status KafkaRecordEncoder::ReadMetadata(const PlanNode& node) {
  const nlohmann::json* metadata = node.Member("metadata");
  if (metadata == nullptr) return arrow::Status::OK();
  const Schema& row = node.input_schemas[0];
  for (const auto& each : *metadata) {
    const std::string key = each.value("key", "");
    const int index = each.value("index", kNoColumn);
    if (index < 0 || static_cast<size_t>(index) >= row.size())
      return node.Error("a metadata column's index is outside its row");
    const Type& type = row[static_cast<size_t>(index)].type;
    if (key == "topic") {
      if (!type.is_string()) return node.Error("metadata column 'topic' must be STRING");
      topic_ = index;
    } else if (key == "timestamp") {
      if (type.kind != TypeKind::kTimestampLtz || type.precision != 3)
        return node.Error("metadata column 'timestamp' must be TIMESTAMP_LTZ(3)");
      timestamp_ = index;
    } else if (key == "headers") {
      if (type.kind != TypeKind::kMap || !type.children[0].is_string() ||
          !type.children[1].is_bytes())
        return node.Error("metadata column 'headers' must be MAP<STRING, BYTES>");
      headers_ = index;
    } else {
      return UserError("unknown-metadata", key,
                       "there is no metadata column '" + key +
                           "' that can be written; known: topic, timestamp, headers");
    }
  }
  return arrow::Status::OK();
}

arrow::Status KafkaRecordEncoder::Open(const OperatorContext& context) {
  using Of = OwnerSchemaRegistry::Of;
  ARROW_ASSIGN_OR_RAISE(value_registry_,
                        OwnerSchemaRegistry::Open(*value_encoder_, Of::kValue, context));
  if (key_encoder_ == nullptr) return arrow::Status::OK();
  return OwnerSchemaRegistry::Open(*key_encoder_, Of::kKey, context).Value(&key_registry_);
}

arrow::Result<bool> KafkaRecordEncoder::Prepare() {
  ARROW_ASSIGN_OR_RAISE(const bool value, value_encoder_->Prepare());
  if (key_encoder_ == nullptr) return value;
  ARROW_ASSIGN_OR_RAISE(const bool key, key_encoder_->Prepare());
  return value && key;
}

arrow::Status KafkaRecordEncoder::Encode(const Batch& batch, std::vector<KafkaRecord>* records) {
  const size_t num_rows = static_cast<size_t>(batch.num_rows());
  records->clear();
  values_.Clear();
  ARROW_ASSIGN_OR_RAISE(Batch values, Project(batch, value_columns_));
  if (upsert_) values.kinds = nullptr;  // Its format sees new rows.
  ARROW_RETURN_NOT_OK(value_encoder_->EncodeMessages(values, &values_));
  SABOT_CHECK(values_.ends.size() == num_rows);
  if (key_encoder_ != nullptr) {
    keys_.Clear();
    ARROW_ASSIGN_OR_RAISE(Batch keys, Project(batch, key_columns_));
    keys.kinds = nullptr;
    ARROW_RETURN_NOT_OK(key_encoder_->EncodeMessages(keys, &keys_));
    SABOT_CHECK(keys_.ends.size() == num_rows);
  }
  if (has_topics()) topics_ = std::static_pointer_cast<arrow::StringArray>(batch.column(topic_));
  if (headers_ != kNoColumn) ReadHeaders(*batch.column(headers_));
  const auto* timestamps =
      timestamp_ == kNoColumn
          ? nullptr
          : static_cast<const arrow::TimestampArray*>(batch.column(timestamp_).get());
  records->reserve(num_rows);
  for (size_t i = 0; i < num_rows; ++i) {
    const int64_t row = static_cast<int64_t>(i);
    KafkaRecord record;
    if (!upsert_ || !IsRetract(batch.kind(row))) record.value = MessageAt(values_, i);
    if (key_encoder_ != nullptr) record.key = MessageAt(keys_, i);
    if (timestamps != nullptr && timestamps->IsValid(row))
      record.timestamp_ms = timestamps->Value(row);
    if (headers_ != kNoColumn) {
      record.headers =
          std::span(header_values_).subspan(header_ends_[i], header_ends_[i + 1] - header_ends_[i]);
    }
    records->push_back(record);
  }
  return arrow::Status::OK();
}

std::string_view KafkaRecordEncoder::topic(size_t i) const {
  const int64_t row = static_cast<int64_t>(i);
  return topics_ == nullptr || topics_->IsNull(row) ? std::string_view() : topics_->GetView(row);
}

// Headers without a name or a value are left out, as in Flink.
void KafkaRecordEncoder::ReadHeaders(const arrow::Array& column) {
  header_values_.clear();
  header_ends_.assign(1, 0);
  const auto& maps = static_cast<const arrow::MapArray&>(column);
  const auto& names = static_cast<const arrow::StringArray&>(*maps.keys());
  const auto& values = static_cast<const arrow::BinaryArray&>(*maps.items());
  for (int64_t row = 0; row < maps.length(); ++row) {
    if (maps.IsValid(row)) {
      for (int64_t i = maps.value_offset(row); i < maps.value_offset(row + 1); ++i) {
        if (names.IsValid(i) && values.IsValid(i))
          header_values_.push_back({names.GetView(i), values.GetView(i)});
      }
    }
    header_ends_.push_back(header_values_.size());
  }
}

}  // namespace sabot
