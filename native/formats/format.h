// Decoding bytes into batches and encoding batches into bytes.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "batch/type.h"
#include "plan/plan.h"

namespace sabot {

class SchemaRegistry;

// Where a malformed record lies, for the message.
struct RecordPlace {
  std::string file;
  int64_t offset = 0;  // Bytes from the start of the (uncompressed) file.
  int64_t line = 0;    // From 1; 0 where unknown (a split that starts inside the file).
  // Finds the line of an offset; asked only for an error where `line` is unknown. May be empty.
  std::function<int64_t(int64_t offset)> find_line;

  // Where many records are bad, none is worth the search.
  RecordPlace without_search() const { return {file, offset, line, nullptr}; }
};

// The error of a record that cannot be read: kind "bad-record", identifier the file, and a message
// that names file, offset, line, the reason and the text around `at` (a position in `record`, one
// record's text). `skip_option`: the option that leaves such records out, if one does.
arrow::Status BadRecord(const RecordPlace& place, std::string_view record, size_t at,
                        std::string_view reason, std::string_view skip_option = {});

// The same for a message (of a topic, ...): `place` is what the message says of it ("topic 'a',
// partition 3, offset 17").
arrow::Status BadMessage(const std::string& identifier, std::string_view place,
                         std::string_view message, size_t at, std::string_view reason,
                         std::string_view skip_option = {});

// Decides what becomes of messages that cannot be read.
class BadMessageHandler {
 public:
  virtual ~BadMessageHandler() = default;
  // `index`: among the messages of the call; `at`: a position in its text. OK: it is left out, and
  // decoding goes on behind it.
  virtual arrow::Status OnBadMessage(size_t index, size_t at, std::string_view reason,
                                     std::string_view skip_option) = 0;
};

// The same for records of text.
class BadRecordHandler {
 public:
  virtual ~BadRecordHandler() = default;
  // `record`: its bytes without its newline; `error`: what BadRecord would be. Rows from
  // `first_row` on were read of it before the mistake was found; they are buffered, and not to be
  // used.
  virtual void OnBadRecord(std::string_view record, int64_t offset, const arrow::Status& error,
                           int64_t first_row) = 0;
};

inline constexpr int64_t kDecodePadding = 64;
inline constexpr int64_t kBatchBytesMax = 16 << 20;

// Whether a record of the format ends with a newline, and has none inside.
bool EndsRecordsWithNewlines(const std::string& format);

// Decodes text, or messages: a decoder is used for one of the two. Holds builders that are reused
// from batch to batch.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Decodes whole records from `data` until `rows_max` rows (or kBatchBytesMax bytes of text) are
  // buffered in all (a record's rows stay together) or data ends; returns the bytes consumed (a
  // record that is not complete is left, unless `at_end`). `data` must have kDecodePadding readable
  // bytes behind its end.
  virtual arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) = 0;
  // Whether no part of the file that SetPlace named can be read before the header at its beginning
  // has been. Decode reads it by itself where it begins there.
  virtual bool needs_header() const { return false; }
  // Reads the header at the beginning of `data`, and no more. Returns its size; 0: not all of it is
  // there.
  virtual arrow::Result<size_t> DecodeHeader(std::string_view data, bool at_end);
  // Formats whose messages name their schemas by number: a registry must be set, which must outlive
  // the decoder.
  virtual bool needs_registry() const { return false; }
  virtual void SetRegistry(SchemaRegistry*) {}
  // Before DecodeMessages of the same messages: whether all that they need is here. False: the
  // registry has been asked, and the operator is blocked until it is woken; then once more.
  virtual arrow::Result<bool> Prepare(std::span<const std::string_view>) { return true; }
  // Decodes messages, each whole by itself; one with data() == nullptr is Kafka's null, which the
  // format knows what to do with. Appends to `row_messages`, for every row that comes of them, the
  // index of its message: a message may give no row, or several. Messages need no padding.
  virtual arrow::Status DecodeMessages(std::span<const std::string_view> messages,
                                       BadMessageHandler& bad,
                                       std::vector<int32_t>* row_messages) = 0;
  virtual int64_t num_rows() const = 0;  // Buffered rows.
  // The buffered rows as a batch (with kinds where the format has changes); the buffer is empty
  // afterwards.
  virtual arrow::Result<Batch> Flush() = 0;
  // True where Decode stopped because the batch is full.
  virtual bool full(int64_t rows_max) const = 0;
  // The place of the next byte to decode, for error messages: set at the start of a file or split,
  // kept up by Decode.
  virtual void SetPlace(RecordPlace place) = 0;
  virtual int64_t skipped_records() const = 0;  // Since the start.
  // Formats whose text has records that end where lines do: who is told of records that cannot be
  // read, and Decode goes on behind them. It must outlive the decoder.
  virtual void SetBadRecords(BadRecordHandler*) {}
};

// Messages one after the other in `bytes`.
struct EncodedMessages {
  std::string bytes;
  std::vector<int64_t> ends;   // Of every message, in `bytes`.
  std::vector<uint8_t> nulls;  // 1 per message that is Kafka's null; empty where none is.

  void Clear() {
    bytes.clear();
    ends.clear();
    nulls.clear();
  }
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Appends every row: text ended by a newline, or as the file's format has it.
  virtual arrow::Status Encode(const Batch& batch, std::string* out) = 0;
  // As a decoder's; Prepare before EncodeMessages.
  virtual bool needs_registry() const { return false; }
  virtual void SetRegistry(SchemaRegistry*) {}
  virtual arrow::Result<bool> Prepare() { return true; }
  // Appends a message per row, without a newline.
  virtual arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) = 0;
  // The file ends: appends what was held back for it; what is encoded next begins another file.
  virtual arrow::Status FinishFile(std::string*) { return arrow::Status::OK(); }
  // Whether it can write rows that are not inserts.
  virtual bool takes_changes() const { return false; }
};

// Only the columns in `columns` are decoded. Options: Flink's, as `json.ignore-parse-errors`, in
// the plan's formatOptions. The last columns are metadata of the format, by the keys that the
// plan's formatMetadata has.
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
