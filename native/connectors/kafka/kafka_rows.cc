// Decoding the parts of records and putting rows together.
#include "connectors/kafka/kafka_rows.h"

#include <arrow/array/array_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_plan.h"
#include "connectors/registry/owner_schema_registry.h"

namespace sabot {
namespace {

constexpr int32_t kNoRow = -1;

// Rows at `indices`, NULL at kNoRow.
arrow::Result<ArrayPtr> TakeOrNull(const ArrayPtr& column, const std::vector<int32_t>& indices,
                                   bool has_nulls) {
  if (!has_nulls) return Take(column, indices);
  if (column->length() == 0)
    return arrow::MakeArrayOfNull(column->type(), static_cast<int64_t>(indices.size()));
  // Row 0 stands in, and is then made NULL by the index's own validity.
  ARROW_ASSIGN_OR_RAISE(auto validity,
                        arrow::AllocateEmptyBitmap(static_cast<int64_t>(indices.size())));
  std::vector<int32_t> positions(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] == kNoRow) continue;
    positions[i] = indices[i];
    validity->mutable_data()[i / 8] |= static_cast<uint8_t>(1 << (i % 8));
  }
  const arrow::Int32Array index(static_cast<int64_t>(indices.size()),
                                arrow::Buffer::Wrap(positions), std::move(validity));
  return arrow::compute::Take(*column, index, arrow::compute::TakeOptions::NoBoundsCheck());
}

}  // namespace

// Names the record that cannot be read.
class KafkaRows::Refusals final : public BadMessageHandler {
 public:
  Refusals(const TopicPartition& partition, std::span<const KafkaMessage> messages, bool of_key)
      : partition_(partition), messages_(messages), of_key_(of_key) {}
  void set_text_messages(const std::vector<int32_t>* text_messages, int64_t first) {
    text_messages_ = text_messages;
    first_ = first;
  }
  arrow::Status OnBadMessage(size_t index, size_t at, std::string_view reason,
                             std::string_view skip_option) override {
    const size_t message = static_cast<size_t>((*text_messages_)[index] - first_);
    return Refuse(messages_[message], at, reason, skip_option);
  }
  arrow::Status Refuse(const KafkaMessage& message, size_t at, std::string_view reason,
                       std::string_view skip_option) const {
    const std::string place = "topic '" + partition_.topic + "', partition " +
                              std::to_string(partition_.partition) + ", offset " +
                              std::to_string(message.offset) + (of_key_ ? ", its key" : "");
    const std::string option =
        skip_option.empty() ? "" : (of_key_ ? "key." : "") + std::string(skip_option);
    return BadMessage(partition_.topic, place, of_key_ ? message.key : message.value, at, reason,
                      option);
  }

 private:
  const TopicPartition& partition_;
  const std::span<const KafkaMessage> messages_;
  const bool of_key_;
  const std::vector<int32_t>* text_messages_ = nullptr;
  int64_t first_ = 0;
};

arrow::Result<std::unique_ptr<KafkaRows>> KafkaRows::Make(const PlanNode& node) {
  std::unique_ptr<KafkaRows> rows(new KafkaRows());
  rows->schema_ = ToArrow(node.schema);
  ARROW_ASSIGN_OR_RAISE(rows->upsert_, node.Bool("upsert", false));
  ARROW_ASSIGN_OR_RAISE(const std::string format, node.String("format"));
  ARROW_ASSIGN_OR_RAISE(const Schema columns, node.Fields("columns"));
  ARROW_ASSIGN_OR_RAISE(rows->value_decoder_, MakeDecoder(format, columns, node));
  if (node.Has("keyFormat")) {
    ARROW_ASSIGN_OR_RAISE(const std::string key_format, node.String("keyFormat"));
    ARROW_ASSIGN_OR_RAISE(const Schema key_columns, node.Fields("keyColumns"));
    ARROW_ASSIGN_OR_RAISE(rows->key_decoder_,
                          MakeDecoder(key_format, key_columns, KafkaKeyNode(node)));
  }
  if (rows->upsert_ && rows->key_decoder_ == nullptr)
    return node.Error("upsert needs a key format");
  if (const nlohmann::json* metadata = node.Member("metadata"); metadata != nullptr) {
    for (const auto& each : *metadata) {
      ARROW_ASSIGN_OR_RAISE(auto column, ReadMetadata(node, each));
      rows->metadata_.push_back(std::move(column));
    }
  }
  ARROW_RETURN_NOT_OK(rows->ReadOutput(node));
  return rows;
}

arrow::Result<KafkaRows::MetadataColumn> KafkaRows::ReadMetadata(const PlanNode& node,
                                                                 const nlohmann::json& json) {
  static const std::map<std::string, std::pair<Metadata, TypeKind>> kKeys = {
      {"topic", {Metadata::kTopic, TypeKind::kVarchar}},
      {"partition", {Metadata::kPartition, TypeKind::kInteger}},
      {"offset", {Metadata::kOffset, TypeKind::kBigint}},
      {"timestamp", {Metadata::kTimestamp, TypeKind::kTimestampLtz}},
      {"timestamp-type", {Metadata::kTimestampType, TypeKind::kVarchar}},
      {"leader-epoch", {Metadata::kLeaderEpoch, TypeKind::kInteger}},
      {"headers", {Metadata::kHeaders, TypeKind::kMap}},
  };
  if (!json.is_object() || !json.contains("type") || !json.contains("key"))
    return node.Error("a metadata column needs name, type and key");
  const std::string key = json["key"].is_string() ? json["key"].get<std::string>() : "";
  const auto found = kKeys.find(key);
  if (found == kKeys.end()) {
    return UserError("unknown-metadata", key,
                     "there is no metadata column '" + key +
                         "'; known: topic, partition, offset, timestamp, timestamp-type, "
                         "leader-epoch, headers");
  }
  ARROW_ASSIGN_OR_RAISE(const Type type, DecodeType(json["type"]));
  if (type.kind != found->second.second ||
      (type.kind == TypeKind::kTimestampLtz && type.precision != 3)) {
    return node.Error("metadata column '" + key + "' cannot be " + ToString(type));
  }
  return MetadataColumn{found->second.first, std::make_unique<ColumnBuffer>(type)};
}

arrow::Status KafkaRows::ReadOutput(const PlanNode& node) {
  const nlohmann::json* output = node.Member("output");
  if (output == nullptr || !output->is_array() || output->size() != node.schema.size())
    return node.Error("its output is not its schema");
  ARROW_ASSIGN_OR_RAISE(const Schema values, node.Fields("columns"));
  Schema keys;
  if (key_decoder_ != nullptr) {
    ARROW_ASSIGN_OR_RAISE(keys, node.Fields("keyColumns"));
  }
  for (const auto& each : *output) {
    const std::string from = each.value("from", "");
    Output to{.source = Source::kValue, .index = each.value("index", -1)};
    size_t count = values.size();
    if (from == "key") {
      to.source = Source::kKey;
      count = keys.size();
    } else if (from == "metadata") {
      to.source = Source::kMetadata;
      count = metadata_.size();
    } else if (from != "value") {
      return node.Error("an output comes from value, key or metadata");
    }
    if (to.index < 0 || static_cast<size_t>(to.index) >= count)
      return node.Error("an output's index is outside its columns");
    output_.push_back(to);
  }
  return arrow::Status::OK();
}

arrow::Status KafkaRows::Open(const OperatorContext& context) {
  using Of = OwnerSchemaRegistry::Of;
  ARROW_ASSIGN_OR_RAISE(value_registry_,
                        OwnerSchemaRegistry::Open(*value_decoder_, Of::kValue, context));
  if (key_decoder_ == nullptr) return arrow::Status::OK();
  return OwnerSchemaRegistry::Open(*key_decoder_, Of::kKey, context).Value(&key_registry_);
}

arrow::Result<bool> KafkaRows::Prepare(std::span<const KafkaMessage> messages) {
  const auto prepare = [&](Decoder& decoder, auto member) -> arrow::Result<bool> {
    texts_.clear();
    for (const KafkaMessage& message : messages) texts_.push_back(message.*member);
    return decoder.Prepare(texts_);
  };
  bool prepared = true;
  if (value_registry_ != nullptr) {
    ARROW_ASSIGN_OR_RAISE(prepared, prepare(*value_decoder_, &KafkaMessage::value));
  }
  if (key_registry_ == nullptr) return prepared;
  ARROW_ASSIGN_OR_RAISE(const bool keys, prepare(*key_decoder_, &KafkaMessage::key));
  return prepared && keys;
}

// Appends to *row_messages, for every row, the message that its text belongs to.
arrow::Status KafkaRows::Decode(Decoder& decoder, const std::vector<std::string_view>& texts,
                                const std::vector<int32_t>& text_messages, BadMessageHandler& bad,
                                std::vector<int32_t>* row_messages) {
  rows_of_call_.clear();
  ARROW_RETURN_NOT_OK(decoder.DecodeMessages(texts, bad, &rows_of_call_));
  for (const int32_t text : rows_of_call_)
    row_messages->push_back(text_messages[static_cast<size_t>(text)]);
  return arrow::Status::OK();
}

arrow::Status KafkaRows::Add(const KafkaQueue& queue, const TopicPartition& partition,
                             std::span<const KafkaMessage> messages) {
  const int32_t first = static_cast<int32_t>(num_messages_);
  texts_.clear();
  text_messages_.clear();
  for (size_t i = 0; i < messages.size(); ++i) {
    const KafkaMessage& message = messages[i];
    num_bytes_ += static_cast<int64_t>(message.key.size() + message.value.size());
    if (upsert_) {
      const bool is_tombstone = message.value.data() == nullptr;
      is_tombstone_.push_back(is_tombstone ? 1 : 0);
      has_tombstones_ = has_tombstones_ || is_tombstone;
      if (is_tombstone) continue;
    }
    texts_.push_back(message.value);
    text_messages_.push_back(first + static_cast<int32_t>(i));
  }
  Refusals bad_values(partition, messages, false);
  bad_values.set_text_messages(&text_messages_, first);
  ARROW_RETURN_NOT_OK(
      Decode(*value_decoder_, texts_, text_messages_, bad_values, &value_messages_));

  if (key_decoder_ != nullptr) {
    Refusals bad_keys(partition, messages, true);
    texts_.clear();
    text_messages_.clear();
    for (size_t i = 0; i < messages.size(); ++i) {
      if (upsert_ && messages[i].key.data() == nullptr)
        return bad_keys.Refuse(messages[i], 0, "the record has no key", {});
      texts_.push_back(messages[i].key);
      text_messages_.push_back(first + static_cast<int32_t>(i));
    }
    bad_keys.set_text_messages(&text_messages_, first);
    ARROW_RETURN_NOT_OK(Decode(*key_decoder_, texts_, text_messages_, bad_keys, &key_messages_));
  }
  for (MetadataColumn& column : metadata_) AppendMetadata(queue, partition, messages, column);
  num_messages_ += static_cast<int64_t>(messages.size());
  return arrow::Status::OK();
}

void KafkaRows::AppendMetadata(const KafkaQueue& queue, const TopicPartition& partition,
                               std::span<const KafkaMessage> messages, MetadataColumn& to) {
  static constexpr const char* kTimestampTypes[] = {"NoTimestampType", "CreateTime",
                                                    "LogAppendTime"};
  ColumnBuffer& column = *to.column;
  for (const KafkaMessage& message : messages) {
    switch (to.key) {
      case Metadata::kTopic:
        column.AppendBytes(partition.topic);
        break;
      case Metadata::kPartition:
        column.AppendFixed(partition.partition);
        break;
      case Metadata::kOffset:
        column.AppendFixed(message.offset);
        break;
      case Metadata::kTimestamp:
        column.AppendFixed(queue.Timestamp(message).first);
        break;
      case Metadata::kTimestampType:
        column.AppendBytes(kTimestampTypes[static_cast<size_t>(queue.Timestamp(message).second)]);
        break;
      case Metadata::kLeaderEpoch: {
        const int32_t epoch = queue.LeaderEpoch(message);
        if (epoch < 0) {
          column.AppendNull();
        } else {
          column.AppendFixed(epoch);
        }
        break;
      }
      case Metadata::kHeaders:
        queue.Headers(message, &headers_);
        for (size_t i = 0; i < headers_.size(); ++i) {
          // Of equal names the last one counts.
          const bool again =
              std::any_of(headers_.begin() + static_cast<ptrdiff_t>(i) + 1, headers_.end(),
                          [&](const KafkaHeader& later) { return later.name == headers_[i].name; });
          if (again) continue;
          column.child(0).AppendBytes(headers_[i].name);
          if (headers_[i].value.data() == nullptr) {
            column.child(1).AppendNull();
          } else {
            column.child(1).AppendBytes(headers_[i].value);
          }
        }
        column.AppendList();
        break;
    }
  }
}

// Message i has given row i.
bool KafkaRows::IsOneRowEach(const std::vector<int32_t>& row_messages) const {
  if (static_cast<int64_t>(row_messages.size()) != num_messages_) return false;
  for (size_t i = 0; i < row_messages.size(); ++i) {
    if (row_messages[i] != static_cast<int32_t>(i)) return false;
  }
  return true;
}

arrow::Result<Batch> KafkaRows::Flush() {
  ARROW_ASSIGN_OR_RAISE(const Batch values, value_decoder_->Flush());
  Batch keys;
  if (key_decoder_ != nullptr) {
    ARROW_ASSIGN_OR_RAISE(keys, key_decoder_->Flush());
  }
  std::vector<ArrayPtr> metadata;
  for (MetadataColumn& column : metadata_) {
    ARROW_ASSIGN_OR_RAISE(auto array, column.column->Finish());
    metadata.push_back(std::move(array));
  }
  const bool only_values = key_decoder_ == nullptr && metadata_.empty();
  const bool aligned = !has_tombstones_ && (only_values || IsOneRowEach(value_messages_)) &&
                       (key_decoder_ == nullptr || IsOneRowEach(key_messages_));
  Batch batch;
  if (aligned) {
    std::vector<ArrayPtr> columns;
    for (const Output& output : output_) {
      columns.push_back(output.source == Source::kValue ? values.column(output.index)
                        : output.source == Source::kKey
                            ? keys.column(output.index)
                            : metadata[static_cast<size_t>(output.index)]);
    }
    ARROW_ASSIGN_OR_RAISE(batch, values.WithColumns(schema_, std::move(columns)));
  } else {
    ARROW_ASSIGN_OR_RAISE(batch, Join(values, keys, metadata));
  }
  value_messages_.clear();
  key_messages_.clear();
  is_tombstone_.clear();
  has_tombstones_ = false;
  num_messages_ = 0;
  num_bytes_ = 0;
  return batch;
}

arrow::Result<Batch> KafkaRows::Join(const Batch& values, const Batch& keys,
                                     const std::vector<ArrayPtr>& metadata) const {
  std::vector<int32_t> value_rows;
  std::vector<int32_t> key_rows;
  std::vector<int32_t> messages;
  std::vector<int8_t> kinds;
  bool has_keyless = false;
  size_t value = 0;
  size_t key = 0;
  const auto append = [&](int32_t message, int32_t value_row, int32_t key_row, RowKind kind) {
    messages.push_back(message);
    value_rows.push_back(value_row);
    key_rows.push_back(key_row);
    kinds.push_back(static_cast<int8_t>(kind));
  };
  for (int32_t message = 0; message < num_messages_; ++message) {
    const size_t first_key = key;
    while (key < key_messages_.size() && key_messages_[key] == message) ++key;
    // Without a row of the key its columns are NULL.
    const size_t num_keys = std::max<size_t>(key - first_key, 1);
    const bool keyless = key == first_key;
    has_keyless = has_keyless || keyless;
    const auto key_row = [&](size_t i) {
      return keyless ? kNoRow : static_cast<int32_t>(first_key + i);
    };
    if (has_tombstones_ && is_tombstone_[static_cast<size_t>(message)] != 0) {
      for (size_t i = 0; i < num_keys; ++i) append(message, kNoRow, key_row(i), RowKind::kDelete);
      continue;
    }
    for (; value < value_messages_.size() && value_messages_[value] == message; ++value) {
      for (size_t i = 0; i < num_keys; ++i) {
        append(message, static_cast<int32_t>(value), key_row(i),
               values.kind(static_cast<int64_t>(value)));
      }
    }
  }
  std::vector<ArrayPtr> columns;
  for (const Output& output : output_) {
    ArrayPtr column;
    if (output.source == Source::kValue) {
      ARROW_ASSIGN_OR_RAISE(column,
                            TakeOrNull(values.column(output.index), value_rows, has_tombstones_));
    } else if (output.source == Source::kKey) {
      ARROW_ASSIGN_OR_RAISE(column, TakeOrNull(keys.column(output.index), key_rows, has_keyless));
    } else {
      ARROW_ASSIGN_OR_RAISE(column, Take(metadata[static_cast<size_t>(output.index)], messages));
    }
    columns.push_back(std::move(column));
  }
  Batch batch;
  batch.rows =
      arrow::RecordBatch::Make(schema_, static_cast<int64_t>(messages.size()), std::move(columns));
  if (has_tombstones_ || !values.insert_only()) {
    ARROW_ASSIGN_OR_RAISE(batch.kinds, MakeKinds(kinds));
  }
  return batch;
}

}  // namespace sabot
