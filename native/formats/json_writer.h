// Values as JSON text: the rendering of results, and Flink's `json` format.
//
//   DECIMAL 1.50   ->   1.50 (results), 1.5 (the format)
//
// No state.
#pragma once

#include <arrow/array.h>
#include <arrow/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "batch/type.h"

namespace sabot {

struct JsonWriteOptions {
  enum class NullKeys : uint8_t { kFail, kDrop, kLiteral };

  std::string format = "json";  // Whose options these are, for messages.
  bool results = false;
  bool with_op = false;
  bool iso_timestamps = false;
  bool plain_decimals = false;
  bool omit_nulls = false;
  NullKeys null_keys = NullKeys::kFail;
  std::string null_key = "null";
};

// Writes the values of one column (or child).
class JsonValueWriter {
 public:
  JsonValueWriter(const Type& type, const JsonWriteOptions& options);
  arrow::Status Write(const arrow::Array& array, int64_t row, std::string* out) const;

 private:
  arrow::Status WriteRow(const arrow::Array& array, int64_t row, std::string* out) const;
  arrow::Status WriteMap(const arrow::Array& array, int64_t row, std::string* out) const;
  void WriteTimestamp(int64_t ticks, std::string* out) const;
  void WriteBytes(std::string_view bytes, std::string* out) const;
  template <typename Float>
  void WriteFloating(Float value, void (*append)(Float, std::string*), std::string* out) const;

  const Type& type_;
  const JsonWriteOptions& options_;
  std::vector<JsonValueWriter> children_;
  std::vector<std::string> labels_;  // `"name":`
};

}  // namespace sabot
