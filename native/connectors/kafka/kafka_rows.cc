// Decoding the parts of records and putting rows together.
#include "connectors/kafka/kafka_rows.h"

#include <arrow/array/array_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

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

// What becomes of a record that cannot be read: an error that names it, or a letter.
class KafkaRows::Refusals final : public BadMessageHandler {
 public:
  // `first`: how many messages came before these.
  Refusals(KafkaRows& rows, const KafkaQueue& queue, const TopicPartition& partition,
           std::span<const KafkaMessage> messages, int64_t first, bool of_key)
      : rows_(rows),
        queue_(queue),
        partition_(partition),
        messages_(messages),
        first_(first),
        of_key_(of_key) {}

  arrow::Status OnBadMessage(size_t index, size_t at, std::string_view reason,
                             std::string_view skip_option) override {
    return Refuse(static_cast<size_t>(rows_.text_messages_[index] - first_), at, reason,
                  skip_option);
  }

  // `index`: among the messages.
  arrow::Status Refuse(size_t index, size_t at, std::string_view reason,
                       std::string_view skip_option) {
    const KafkaMessage& message = messages_[index];
    const std::string place = "topic '" + partition_.topic + "', partition " +
                              std::to_string(partition_.partition) + ", offset " +
                              std::to_string(message.offset) + (of_key_ ? ", its key" : "");
    const bool fails = !rows_.letters_.wanted();
    const std::string option =
        !fails || skip_option.empty() ? "" : (of_key_ ? "key." : "") + std::string(skip_option);
    const arrow::Status error = BadMessage(
        partition_.topic, place, of_key_ ? message.key : message.value, at, reason, option);
    if (fails) return error;
    // Of a record whose value and key are both refused there is one letter.
    uint8_t& refused = rows_.is_refused_[static_cast<size_t>(first_) + index];
    if (std::exchange(refused, 1) == 0) rows_.refused_.emplace_back(index, error.message());
    rows_.has_refused_ = true;
    return arrow::Status::OK();
  }

  // Letters of what was refused, in the order of the records.
  void Write() {
    std::sort(rows_.refused_.begin(), rows_.refused_.end());
    for (const auto& [index, error] : rows_.refused_) Write(messages_[index], error);
    rows_.refused_.clear();
  }

 private:
  void Write(const KafkaMessage& message, const std::string& error) {
    DeadLetter letter{.value = message.value, .key = message.key, .error = error};
    std::vector<DeadLetterHeader> headers;
    if (rows_.letters_.keeps()) {
      queue_.Headers(message, &rows_.headers_);
      for (const KafkaHeader& header : rows_.headers_)
        headers.push_back({header.name, header.value});
      const auto [timestamp, type] = queue_.Timestamp(message);
      if (type != KafkaTimestampType::kNone) letter.timestamp_ms = timestamp;
    }
    letter.headers = headers;
    letter.topic = partition_.topic;
    letter.partition = partition_.partition;
    letter.offset = message.offset;
    rows_.letters_.Add(letter);
  }

  KafkaRows& rows_;
  const KafkaQueue& queue_;
  const TopicPartition& partition_;
  const std::span<const KafkaMessage> messages_;
  const int64_t first_;
  const bool of_key_;
};

arrow::Result<std::unique_ptr<KafkaRows>> KafkaRows::Make(const PlanNode& node,
                                                          DeadLetterWriter& letters) {
  std::unique_ptr<KafkaRows> rows(new KafkaRows(letters));
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
  ARROW_ASSIGN_OR_RAISE(rows->metadata_, KafkaMetadata::Read(node));
  ARROW_RETURN_NOT_OK(rows->ReadOutput(node));
  return rows;
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
      count = metadata_.num_columns();
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
  if (letters_.wanted()) is_refused_.resize(static_cast<size_t>(first) + messages.size());
  Refusals bad_values(*this, queue, partition, messages, first, false);
  ARROW_RETURN_NOT_OK(
      Decode(*value_decoder_, texts_, text_messages_, bad_values, &value_messages_));

  if (key_decoder_ != nullptr) {
    Refusals bad_keys(*this, queue, partition, messages, first, true);
    texts_.clear();
    text_messages_.clear();
    for (size_t i = 0; i < messages.size(); ++i) {
      if (upsert_ && messages[i].key.data() == nullptr) {
        ARROW_RETURN_NOT_OK(bad_keys.Refuse(i, 0, "the record has no key", {}));
        continue;
      }
      texts_.push_back(messages[i].key);
      text_messages_.push_back(first + static_cast<int32_t>(i));
    }
    ARROW_RETURN_NOT_OK(Decode(*key_decoder_, texts_, text_messages_, bad_keys, &key_messages_));
  }
  if (!refused_.empty()) bad_values.Write();
  metadata_.Append(queue, partition, messages);
  num_messages_ += static_cast<int64_t>(messages.size());
  return arrow::Status::OK();
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
  ARROW_ASSIGN_OR_RAISE(const std::vector<ArrayPtr> metadata, metadata_.Flush());
  const bool only_values = key_decoder_ == nullptr && metadata_.num_columns() == 0;
  const bool aligned = !has_tombstones_ && !has_refused_ &&
                       (only_values || IsOneRowEach(value_messages_)) &&
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
  is_refused_.clear();
  has_refused_ = false;
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
    if (has_refused_ && is_refused_[static_cast<size_t>(message)] != 0) {
      // What was read before the mistake was found is the letter's, too.
      while (value < value_messages_.size() && value_messages_[value] == message) ++value;
      continue;
    }
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
