// The records of a topic as rows: value, key and metadata, each in its columns.
//
//   offset 7, key {"id": 1}, value {"v": "x"}   ->   +I id 1, v 'x', offset 7
//   offset 8, key {"id": 1}, no value           ->   -D id 1, v NULL, offset 8     (upsert)
//
// As in Flink a record gives a row for every row of its value and of its key. State: none between
// two flushes.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka/kafka_metadata.h"
#include "formats/format.h"
#include "formats/schema_registry.h"
#include "operators/dead_letter_writer.h"
#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

class KafkaRows {
 public:
  // What cannot be read becomes a letter, if they are wanted; else it is an error.
  static arrow::Result<std::unique_ptr<KafkaRows>> Make(const PlanNode& node,
                                                        DeadLetterWriter& letters);
  // Before the first record.
  arrow::Status Open(const OperatorContext& context);

  // Before Add of the same records: whether all that their formats ask for is here. False: they are
  // waited for, and the operator is blocked until it is woken; then once more.
  arrow::Result<bool> Prepare(std::span<const KafkaMessage> messages);
  // Records of one partition. Those of one Flush are all of the same.
  arrow::Status Add(const KafkaQueue& queue, const TopicPartition& partition,
                    std::span<const KafkaMessage> messages);
  int64_t num_messages() const { return num_messages_; }
  int64_t num_bytes() const { return num_bytes_; }  // Of keys and values.
  arrow::Result<Batch> Flush();
  int64_t skipped_records() const {
    return value_decoder_->skipped_records() +
           (key_decoder_ == nullptr ? 0 : key_decoder_->skipped_records());
  }

 private:
  enum class Source : uint8_t { kValue, kKey, kMetadata };
  struct Output {
    Source source = Source::kValue;
    int index = 0;
  };
  class Refusals;

  explicit KafkaRows(DeadLetterWriter& letters) : letters_(letters) {}
  arrow::Status ReadOutput(const PlanNode& node);
  arrow::Status Decode(Decoder& decoder, const std::vector<std::string_view>& texts,
                       const std::vector<int32_t>& text_messages, BadMessageHandler& bad,
                       std::vector<int32_t>* row_messages);
  arrow::Result<Batch> Join(const Batch& values, const Batch& keys,
                            const std::vector<ArrayPtr>& metadata) const;
  bool IsOneRowEach(const std::vector<int32_t>& row_messages) const;

  DeadLetterWriter& letters_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<SchemaRegistry> value_registry_;  // nullptr: the format asks none.
  std::unique_ptr<SchemaRegistry> key_registry_;
  std::unique_ptr<Decoder> value_decoder_;
  std::unique_ptr<Decoder> key_decoder_;  // nullptr: no column is of the key.
  KafkaMetadata metadata_;
  std::vector<Output> output_;
  bool upsert_ = false;

  // Since the last Flush: of every row of the decoders the message that it came from, counted
  // through all calls of Add.
  std::vector<int32_t> value_messages_;
  std::vector<int32_t> key_messages_;
  std::vector<uint8_t> is_tombstone_;  // By message; only for upsert.
  bool has_tombstones_ = false;
  std::vector<uint8_t> is_refused_;  // By message: no row comes of it; only if letters are wanted.
  bool has_refused_ = false;
  int64_t num_messages_ = 0;
  int64_t num_bytes_ = 0;
  // Of one call.
  std::vector<std::pair<size_t, std::string>> refused_;  // Messages, and why.
  std::vector<std::string_view> texts_;
  std::vector<int32_t> text_messages_;
  std::vector<int32_t> rows_of_call_;
  std::vector<KafkaHeader> headers_;
};

}  // namespace sabot
