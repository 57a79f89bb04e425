// Records that are one value into batches: lines of a file, or messages.
//
//   hello\nworld\n   ->   s: ["hello", "world"]
//
// As Flink's `raw` format: every line is a record, also an empty one; a '\r' before the newline is
// not part of it. State: the buffered rows.
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "formats/column_buffer.h"
#include "formats/decoders.h"
#include "formats/raw_value.h"

namespace sabot {
namespace {

class RawDecoder final : public Decoder {
 public:
  RawDecoder(const Schema& columns, RawOptions options)
      : schema_(ToArrow(columns)),
        options_(options),
        width_(RawWidth(columns[0].type)),
        is_text_(columns[0].type.is_string()),
        column_(columns[0].type) {}

  arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) override {
    const char* p = data.data();
    const char* const end = p + data.size();
    while (p < end && !full(rows_max)) {
      const void* newline = std::memchr(p, '\n', static_cast<size_t>(end - p));
      if (newline == nullptr && !at_end) break;
      const char* record_end = newline == nullptr ? end : static_cast<const char*>(newline);
      std::string_view record(p, static_cast<size_t>(record_end - p));
      const char* next = newline == nullptr ? end : record_end + 1;
      if (newline != nullptr && record.ends_with('\r')) record.remove_suffix(1);
      if (!Append(record)) {
        const std::string reason = Reason(record.size());
        if (bad_records_ == nullptr) return BadRecord(place_, record, record.size(), reason);
        bad_records_->OnBadRecord(record, place_.offset,
                                  BadRecord(place_.without_search(), record, record.size(), reason),
                                  num_rows());
        bad_bytes_ += static_cast<int64_t>(record.size()) + 1;
      }
      place_.offset += next - p;
      if (place_.line > 0) ++place_.line;
      p = next;
    }
    return static_cast<size_t>(p - data.data());
  }

  arrow::Status DecodeMessages(std::span<const std::string_view> messages, BadMessageHandler& bad,
                               std::vector<int32_t>* row_messages) override {
    for (size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].data() == nullptr) {
        column_.AppendNull();
      } else if (!Append(messages[i])) {
        ARROW_RETURN_NOT_OK(
            bad.OnBadMessage(i, messages[i].size(), Reason(messages[i].size()), {}));
        continue;
      }
      row_messages->push_back(static_cast<int32_t>(i));
    }
    return arrow::Status::OK();
  }

  int64_t num_rows() const override { return column_.length(); }
  bool full(int64_t rows_max) const override {
    return num_rows() >= rows_max || column_.data_bytes() + bad_bytes_ >= kBatchBytesMax;
  }
  void SetPlace(RecordPlace place) override { place_ = std::move(place); }
  int64_t skipped_records() const override { return 0; }
  void SetBadRecords(BadRecordHandler* bad) override { bad_records_ = bad; }

  arrow::Result<Batch> Flush() override {
    const int64_t num = num_rows();
    bad_bytes_ = 0;
    ARROW_ASSIGN_OR_RAISE(auto array, column_.Finish());
    Batch batch;
    batch.rows = arrow::RecordBatch::Make(schema_, num, {std::move(array)});
    return batch;
  }

 private:
  std::string Reason(size_t size) const {
    return "a value of type " + ToString(column_.type()) + " has " + std::to_string(width_) +
           (width_ == 1 ? " byte" : " bytes") + ", not " + std::to_string(size);
  }

  // False: it has not as many bytes as the type.
  bool Append(std::string_view record) {
    if (width_ == 0) {
      AppendBytes(record);
      return true;
    }
    if (static_cast<int>(record.size()) != width_) return false;
    switch (width_) {
      case 1:
        column_.AppendFixed<uint8_t>(column_.type().kind == TypeKind::kBoolean
                                         ? record[0] != 0
                                         : static_cast<uint8_t>(record[0]));
        break;
      case 2:
        column_.AppendFixed(Number<uint16_t>(record));
        break;
      case 4:
        column_.AppendFixed(Number<uint32_t>(record));
        break;
      default:
        column_.AppendFixed(Number<uint64_t>(record));
    }
    return true;
  }

  void AppendBytes(std::string_view record) {
    if (!is_text_) return column_.AppendBytes(record);
    text_.clear();
    AppendAsUtf8(record, options_.charset, &text_);
    column_.AppendBytes(text_);
  }

  // Floating-point numbers are the bits of an integer.
  template <typename T>
  T Number(std::string_view bytes) const {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      const size_t at = options_.little_endian ? sizeof(T) - 1 - i : i;
      value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[at]));
    }
    return value;
  }

  const std::shared_ptr<arrow::Schema> schema_;
  const RawOptions options_;
  const int width_;
  const bool is_text_;
  ColumnBuffer column_;
  RecordPlace place_;
  BadRecordHandler* bad_records_ = nullptr;
  int64_t bad_bytes_ = 0;  // Of what it was told since the last Flush.
  std::string text_;
};

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeRawDecoder(const Schema& columns,
                                                       const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const RawOptions options, ReadRawOptions(columns, node));
  return std::make_unique<RawDecoder>(columns, options);
}

}  // namespace sabot
