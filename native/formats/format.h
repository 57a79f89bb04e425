// Decoding bytes into batches and encoding batches into bytes.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "batch/type.h"
#include "plan/plan.h"

namespace sabot {

// Where a malformed record lies, for the message.
struct RecordPlace {
  std::string file;
  int64_t offset = 0;  // Bytes from the start of the (uncompressed) file.
  int64_t line = 0;    // From 1; 0 where unknown (a split that starts inside the file).
  // Finds the line of an offset; asked only for an error where `line` is unknown. May be empty.
  std::function<int64_t(int64_t offset)> find_line;
};

// The error of a record that cannot be read: kind "bad-record", identifier the file, and a message
// that names file, offset, line, the reason and the text around `at` (a position in `record`, one
// record's text). `skip_option`: the option that leaves such records out, if one does.
arrow::Status BadRecord(const RecordPlace& place, std::string_view record, size_t at,
                        std::string_view reason, std::string_view skip_option = {});

inline constexpr int64_t kDecodePadding = 64;
inline constexpr int64_t kBatchBytesMax = 16 << 20;

// Decodes newline-framed text. Holds builders that are reused from batch to batch.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Decodes whole records from `data` until `rows_max` rows (or kBatchBytesMax bytes of text) are
  // buffered in all or data ends; returns the bytes consumed (a record that is not complete is
  // left, unless `at_end`). `data` must have kDecodePadding readable bytes behind its end.
  virtual arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) = 0;
  virtual int64_t num_rows() const = 0;  // Buffered rows.
  // The buffered rows as a batch; the buffer is empty afterwards.
  virtual arrow::Result<RecordBatchPtr> Flush() = 0;
  // True where Decode stopped because the batch is full.
  virtual bool full(int64_t rows_max) const = 0;
  // The place of the next byte to decode, for error messages: set at the start of a file or split,
  // kept up by Decode.
  virtual void SetPlace(RecordPlace place) = 0;
  virtual int64_t skipped_records() const = 0;  // Since the start.
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Appends every row, each ended by a newline.
  virtual arrow::Status Encode(const Batch& batch, std::string* out) = 0;
};

// Only the columns in `columns` are decoded. Options: Flink's, as `json.ignore-parse-errors`, in
// the plan's formatOptions.
arrow::Result<std::unique_ptr<Decoder>> MakeDecoder(const std::string& format,
                                                    const Schema& columns, const PlanNode& node);
// How rows are written as JSON: DESIGN section 9's rendering for results, Flink's `json` format for
// sinks.
struct JsonStyle {
  bool results = false;  // DESIGN 9's rendering, NULL explicit, no options.
  bool with_op = false;  // "op" first: "+I", "-U", "+U", "-D".
};
std::unique_ptr<Encoder> MakeJsonEncoder(const Schema& schema, JsonStyle style);
arrow::Result<std::unique_ptr<Encoder>> MakeEncoder(const std::string& format, const Schema& schema,
                                                    const PlanNode& node);

}  // namespace sabot
