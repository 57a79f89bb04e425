// Messages of Protocol Buffers into batches.
//
//   08 07 12 01 'x'   ->   id 7, name 'x'
//
// State: the buffered rows.
#include <utility>

#include "base/error.h"
#include "formats/column_buffers.h"
#include "formats/decoders.h"
#include "formats/protobuf_options.h"
#include "formats/protobuf_reader.h"

namespace sabot {
namespace {

constexpr std::string_view kSkipOption = "protobuf.ignore-parse-errors";

class ProtobufDecoder final : public Decoder {
 public:
  ProtobufDecoder(std::unique_ptr<ColumnBuffers> columns, std::unique_ptr<ProtobufReader> reader,
                  bool ignores_errors)
      : columns_(std::move(columns)), reader_(std::move(reader)), ignores_errors_(ignores_errors) {}

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
        columns_->FinishRow();
        bytes_ += static_cast<int64_t>(message.size());
        row_messages->push_back(static_cast<int32_t>(i));
        continue;
      }
      columns_->DropUnfinished();
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

  int64_t num_rows() const override { return columns_->num_rows(); }
  bool full(int64_t rows_max) const override {
    return num_rows() >= rows_max || bytes_ >= kBatchBytesMax;
  }
  void SetPlace(RecordPlace) override {}
  int64_t skipped_records() const override { return skipped_records_; }

  arrow::Result<Batch> Flush() override {
    bytes_ = 0;
    return columns_->Take();
  }

 private:
  const std::unique_ptr<ColumnBuffers> columns_;
  const std::unique_ptr<ProtobufReader> reader_;
  const bool ignores_errors_;
  int64_t bytes_ = 0;
  int64_t skipped_records_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeProtobufDecoder(const Schema& columns,
                                                            const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const ProtobufOptions options, ReadProtobufOptions(node));
  auto buffers = std::make_unique<ColumnBuffers>(columns);
  ARROW_ASSIGN_OR_RAISE(auto reader, ProtobufReader::Make(options.schema, columns, *buffers,
                                                          options.read_default_values));
  return std::make_unique<ProtobufDecoder>(std::move(buffers), std::move(reader),
                                           options.ignore_parse_errors);
}

}  // namespace sabot
