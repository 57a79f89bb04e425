// Rows for a sink by key, as bytes: what upsert_materialize and settle_conflicts keep.
//
//   (id 1, name a, v 2) by upsert key name   ->   a, 1, 2: what a row is known by, then the rest
//
// A row is known by its upsert key, or without one by all it holds.
#pragma once

#include <arrow/result.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/key_encoding.h"
#include "state/widening.h"
#include "stream/operator.h"

namespace sabot {

class SinkRows {
 public:
  // Config `keys`, and `upsertKey` where there is one.
  static arrow::Result<SinkRows> Make(const PlanNode& node);

  // A new row takes the place of the one that is known by the same.
  bool replaces() const { return replaces_; }
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  std::string key_names() const;  // "a, b"
  // Of the sink's keys, of a row's bytes, of what it is known by.
  KeyTypes key_types() const { return TypesOf(keys_); }
  KeyTypes row_types() const { return TypesOf(columns_); }
  KeyTypes known_by_types() const { return TypesOf(std::span(columns_).first(num_known_by_)); }

  arrow::Status Encode(const Batch& in);
  const EncodedKeys& keys() const { return encoded_keys_; }
  std::string_view row(int64_t row) const { return encoded_rows_.key(row); }
  std::string_view known_by(int64_t row) const { return encoded_known_by_.key(row); }

  // The columns of rows, in their order; none for no rows.
  arrow::Result<std::vector<ArrayPtr>> Decode(std::span<const std::string_view> rows) const;

 private:
  KeyTypes TypesOf(std::span<const int> columns) const;

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int> keys_;
  std::vector<int> columns_;  // All of them: first those that a row is known by.
  size_t num_known_by_ = 0;
  bool replaces_ = false;
  EncodedKeys encoded_keys_;
  EncodedKeys encoded_rows_;
  EncodedKeys encoded_known_by_;
};

// A number as BIGINT in batch/key_encoding.h: rows in a child table that is in order of these.
inline constexpr size_t kPlaceBytes = 9;
void AppendPlace(int64_t place, std::string* to);

}  // namespace sabot
