// Batches as Avro: container files, or messages that are one record each.
//
//   rows   ->   "Obj" 1, {avro.schema, avro.codec}, sync | count, size, records, sync | ...
//
// State: the block at hand.
#include <utility>

#include "base/hash.h"
#include "formats/avro_codec.h"
#include "formats/avro_options.h"
#include "formats/avro_writer.h"
#include "formats/decoders.h"

namespace sabot {
namespace {

constexpr size_t kBlockBytes = 64'000;  // Avro's own default.

class AvroEncoder final : public Encoder {
 public:
  AvroEncoder(const Schema& columns, std::string schema, std::string codec_name,
              std::unique_ptr<AvroCodec> codec)
      : schema_(std::move(schema)),
        codec_name_(std::move(codec_name)),
        codec_(std::move(codec)),
        rows_(columns) {}

  arrow::Status Encode(const Batch& batch, std::string* out) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      ARROW_RETURN_NOT_OK(rows_.Write(batch, row, &block_));
      ++block_rows_;
      if (block_.size() >= kBlockBytes) ARROW_RETURN_NOT_OK(WriteBlock(out));
    }
    return arrow::Status::OK();
  }

  arrow::Status FinishFile(std::string* out) override {
    if (block_rows_ > 0) ARROW_RETURN_NOT_OK(WriteBlock(out));
    sync_.clear();
    return arrow::Status::OK();
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      ARROW_RETURN_NOT_OK(rows_.Write(batch, row, &out->bytes));
      out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
    }
    return arrow::Status::OK();
  }

 private:
  // The header comes with the first block, whose bytes make the file's mark: no two files have the
  // same one unless they begin with the same rows.
  void WriteHeader(std::string* out) {
    const std::string seed = schema_ + block_;
    for (const char* salt : {"1", "2"}) {
      uint64_t hash = HashBytes(salt + seed);
      for (int i = 0; i < 8; ++i, hash >>= 8) sync_.push_back(static_cast<char>(hash & 0xFF));
    }
    out->append("Obj\1", 4);
    AppendAvroLong(2, out);
    AppendAvroBytes("avro.schema", out);
    AppendAvroBytes(schema_, out);
    AppendAvroBytes("avro.codec", out);
    AppendAvroBytes(codec_name_, out);
    AppendAvroLong(0, out);
    out->append(sync_);
  }

  arrow::Status WriteBlock(std::string* out) {
    if (sync_.empty()) WriteHeader(out);
    AppendAvroLong(block_rows_, out);
    compressed_.clear();
    ARROW_RETURN_NOT_OK(codec_->Compress(block_, &compressed_));
    AppendAvroBytes(compressed_, out);
    out->append(sync_);
    block_.clear();
    block_rows_ = 0;
    return arrow::Status::OK();
  }

  const std::string schema_;
  const std::string codec_name_;
  const std::unique_ptr<AvroCodec> codec_;
  const AvroRowWriter rows_;
  std::string sync_;  // The file's mark; empty: no file has begun.
  std::string block_;
  std::string compressed_;
  int64_t block_rows_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<Encoder>> MakeAvroEncoder(const Schema& schema,
                                                        const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const AvroOptions options, ReadAvroOptions(schema, node));
  ARROW_ASSIGN_OR_RAISE(auto json, AvroSchemaOf(schema, options.timestamps));
  ARROW_ASSIGN_OR_RAISE(auto codec, MakeAvroCodec(options.codec));
  return std::make_unique<AvroEncoder>(schema, std::move(json), options.codec, std::move(codec));
}

}  // namespace sabot
