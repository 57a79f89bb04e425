// Rows for a sink by key, as bytes.
#include "operators/sink_rows.h"

#include <arrow/type.h>

#include <algorithm>

namespace sabot {

arrow::Result<SinkRows> SinkRows::Make(const PlanNode& node) {
  SinkRows rows;
  rows.schema_ = ToArrow(node.schema);
  ARROW_ASSIGN_OR_RAISE(rows.keys_, node.Columns("keys"));
  if (rows.keys_.empty()) return node.Error("config 'keys' must name a column");
  if (node.Has("upsertKey")) {
    ARROW_ASSIGN_OR_RAISE(rows.columns_, node.Columns("upsertKey"));
  }
  const auto num_columns = static_cast<int>(node.schema.size());
  if (node.input_schemas[0].size() != node.schema.size())
    return node.Error("the schema must be the input's");
  rows.replaces_ = !rows.columns_.empty();
  rows.num_known_by_ = rows.replaces_ ? rows.columns_.size() : node.schema.size();
  const std::vector<int> first = rows.columns_;
  for (int column = 0; column < num_columns; ++column) {
    if (std::find(first.begin(), first.end(), column) == first.end())
      rows.columns_.push_back(column);
  }
  return rows;
}

std::string SinkRows::key_names() const {
  std::string names;
  for (const int key : keys_) names += (names.empty() ? "" : ", ") + schema_->field(key)->name();
  return names;
}

KeyTypes SinkRows::TypesOf(std::span<const int> columns) const {
  KeyTypes types;
  for (const int column : columns) types.push_back(schema_->field(column)->type());
  return types;
}

arrow::Status SinkRows::Encode(const Batch& in) {
  const auto encode = [&in](std::span<const int> columns, EncodedKeys* to) {
    std::vector<ArrayPtr> arrays;
    for (const int column : columns) arrays.push_back(in.column(column));
    return to->Encode(arrays, in.num_rows());
  };
  ARROW_RETURN_NOT_OK(encode(keys_, &encoded_keys_));
  ARROW_RETURN_NOT_OK(encode(columns_, &encoded_rows_));
  return encode(std::span(columns_).first(num_known_by_), &encoded_known_by_);
}

arrow::Result<std::vector<ArrayPtr>> SinkRows::Decode(
    std::span<const std::string_view> rows) const {
  if (rows.empty()) return std::vector<ArrayPtr>();
  ARROW_ASSIGN_OR_RAISE(auto decoded, DecodeKeys(rows, row_types()));
  std::vector<ArrayPtr> columns(decoded.size());
  for (size_t i = 0; i < decoded.size(); ++i)
    columns[static_cast<size_t>(columns_[i])] = std::move(decoded[i]);
  return columns;
}

void AppendPlace(int64_t place, std::string* to) {
  const uint64_t bytes = __builtin_bswap64(static_cast<uint64_t>(place) ^ (uint64_t{1} << 63));
  to->push_back(1);
  to->append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
}

}  // namespace sabot
