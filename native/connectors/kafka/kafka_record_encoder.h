// Rows as the records of a topic: value, key, headers and timestamp, each from its columns.
//
//   +I id 1, v 'x'   ->   key {"id":1}, value {"id":1,"v":"x"}
//   -D id 1          ->   key {"id":1}, no value: a tombstone     (upsert; as -U, where it comes)
//
// State: none between two batches.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string_view>
#include <vector>

#include "connectors/kafka/kafka_client.h"
#include "formats/format.h"
#include "formats/schema_registry.h"
#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

class KafkaRecordEncoder {
 public:
  static arrow::Result<std::unique_ptr<KafkaRecordEncoder>> Make(const PlanNode& node);
  // Before the first batch.
  arrow::Status Open(const OperatorContext& context);

  // Whether rows say which topic they go to.
  bool has_topics() const { return topic_ != kNoColumn; }
  // Of record i; data() == nullptr: none.
  std::string_view topic(size_t i) const;

  // Whether rows other than new ones have a form.
  bool takes_changes() const { return upsert_ || value_encoder_->takes_changes(); }
  // Whether the formats have what they need to write; else the operator is woken.
  arrow::Result<bool> Prepare();
  // A record for each row, in order, in the place of *records. They view the batch, and what is
  // here until the next call. Their partitions are -1.
  arrow::Status Encode(const Batch& batch, std::vector<KafkaRecord>* records);

 private:
  KafkaRecordEncoder() = default;
  arrow::Status ReadMetadata(const PlanNode& node);
  void ReadHeaders(const arrow::Array& column);

  static constexpr int kNoColumn = -1;
  std::unique_ptr<SchemaRegistry> value_registry_;  // nullptr: the format asks none.
  std::unique_ptr<SchemaRegistry> key_registry_;
  std::unique_ptr<Encoder> value_encoder_;
  std::unique_ptr<Encoder> key_encoder_;  // nullptr: records have no key.
  std::vector<int> value_columns_;        // Columns of the row, as all of these.
  std::vector<int> key_columns_;
  int topic_ = kNoColumn;
  int timestamp_ = kNoColumn;
  int headers_ = kNoColumn;
  bool upsert_ = false;

  // Of one batch.
  std::shared_ptr<const arrow::StringArray> topics_;  // nullptr: rows do not say.
  EncodedMessages values_;
  EncodedMessages keys_;
  std::vector<KafkaHeader> header_values_;
  std::vector<size_t> header_ends_;
};

}  // namespace sabot
