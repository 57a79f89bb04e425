// Batches as messages of Protocol Buffers.
//
//   id 7, name 'x'   ->   08 07 12 01 'x'
//
// No state.
#include <utility>

#include "base/error.h"
#include "formats/decoders.h"
#include "formats/protobuf_options.h"
#include "formats/protobuf_writer.h"

namespace sabot {
namespace {

class ProtobufEncoder final : public Encoder {
 public:
  explicit ProtobufEncoder(std::unique_ptr<ProtobufWriter> writer) : writer_(std::move(writer)) {}

  arrow::Status Encode(const Batch&, std::string*) override {
    return UserError("unsupported-format", "protobuf",
                     "format 'protobuf' is one of messages, not of files");
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    return writer_->Write(batch, out);
  }

 private:
  const std::unique_ptr<ProtobufWriter> writer_;
};

}  // namespace

arrow::Result<std::unique_ptr<Encoder>> MakeProtobufEncoder(const Schema& schema,
                                                            const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const ProtobufOptions options, ReadProtobufOptions(node));
  ARROW_ASSIGN_OR_RAISE(auto writer, ProtobufWriter::Make(options, schema));
  return std::make_unique<ProtobufEncoder>(std::move(writer));
}

}  // namespace sabot
