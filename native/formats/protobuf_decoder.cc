// Messages of Protocol Buffers into batches.
//
//   08 07 12 01 'x'   ->   id 7, name 'x'
//
// State: the buffered rows.
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "base/error.h"
#include "formats/column_buffer.h"
#include "formats/decoders.h"
#include "formats/protobuf_options.h"
#include "formats/protobuf_reader.h"

namespace sabot {
namespace {

constexpr std::string_view kSkipOption = "protobuf.ignore-parse-errors";

class ProtobufDecoder final : public Decoder {
 public:
  ProtobufDecoder(const Schema& columns, std::vector<std::unique_ptr<ColumnBuffer>> buffers,
                  std::unique_ptr<ProtobufReader> reader, bool ignores_errors)
      : schema_(ToArrow(columns)),
        buffers_(std::move(buffers)),
        reader_(std::move(reader)),
        ignores_errors_(ignores_errors) {}

  arrow::Result<size_t> Decode(std::string_view, bool, int64_t) override {
    return UserError("unsupported-format", "protobuf",
                     "format 'protobuf' is one of messages, not of files");
  }

  arrow::Status DecodeMessages(std::span<const std::string_view> messages, BadMessageHandler& bad,
                               std::vector<int32_t>* row_messages) override {
    for (size_t i = 0; i < messages.size(); ++i) {
      const std::string_view message = messages[i];
      ProtobufFault fault;
      if (message.data() != nullptr && reader_->Read(message, &fault)) {
        ++num_rows_;
        bytes_ += static_cast<int64_t>(message.size());
        row_messages->push_back(static_cast<int32_t>(i));
        continue;
      }
      for (auto& buffer : buffers_) buffer->Truncate(num_rows_);
      if (ignores_errors_) {
        ++skipped_records_;
      } else if (message.data() == nullptr) {
        // As Flink, whose other formats leave it out.
        ARROW_RETURN_NOT_OK(bad.OnBadMessage(i, 0, "there is no message", kSkipOption));
      } else {
        const auto* begin = reinterpret_cast<const uint8_t*>(message.data());
        ARROW_RETURN_NOT_OK(
            bad.OnBadMessage(i, static_cast<size_t>(fault.at - begin), fault.reason, kSkipOption));
      }
    }
    return arrow::Status::OK();
  }

  int64_t num_rows() const override { return num_rows_; }
  bool full(int64_t rows_max) const override {
    return num_rows_ >= rows_max || bytes_ >= kBatchBytesMax;
  }
  void SetPlace(RecordPlace) override {}
  int64_t skipped_records() const override { return skipped_records_; }

  arrow::Result<Batch> Flush() override {
    std::vector<ArrayPtr> arrays;
    for (auto& buffer : buffers_) {
      ARROW_ASSIGN_OR_RAISE(auto array, buffer->Finish());
      arrays.push_back(std::move(array));
    }
    Batch batch;
    batch.rows = arrow::RecordBatch::Make(schema_, num_rows_, std::move(arrays));
    num_rows_ = 0;
    bytes_ = 0;
    return batch;
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::unique_ptr<ColumnBuffer>> buffers_;
  const std::unique_ptr<ProtobufReader> reader_;
  const bool ignores_errors_;
  int64_t num_rows_ = 0;
  int64_t bytes_ = 0;
  int64_t skipped_records_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeProtobufDecoder(const Schema& columns,
                                                            const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const ProtobufOptions options, ReadProtobufOptions(node));
  std::vector<std::unique_ptr<ColumnBuffer>> buffers;
  for (const Field& column : columns)
    buffers.push_back(std::make_unique<ColumnBuffer>(column.type));
  ARROW_ASSIGN_OR_RAISE(auto reader, ProtobufReader::Make(options.schema, columns, buffers,
                                                          options.read_default_values));
  return std::make_unique<ProtobufDecoder>(columns, std::move(buffers), std::move(reader),
                                           options.ignore_parse_errors);
}

}  // namespace sabot
