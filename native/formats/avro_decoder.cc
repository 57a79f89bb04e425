// Avro into batches: container files, or messages that are one record each.
//
//   "Obj" 1, {avro.schema, avro.codec}, sync | count, size, records, sync | ...   ->   rows
//
// A file's records have the schema that its header says, messages that of the table. A block is
// decoded as a whole. State: the buffered rows; of a file its header.
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "formats/avro_codec.h"
#include "formats/avro_options.h"
#include "formats/avro_rows.h"
#include "formats/decoders.h"

namespace sabot {
namespace {

constexpr std::string_view kMagic("Obj\1", 4);
constexpr size_t kSyncBytes = 16;
constexpr int64_t kBlockBytesMax = 1LL << 30;
constexpr int64_t kMembersMax = 1 << 20;       // Of a header.
constexpr int64_t kEmptyRecordsMax = 1 << 20;  // Of a block: records without bytes.

// Reads what Avro's header and blocks consist of, as far as bytes are there.
class Cursor {
 public:
  explicit Cursor(std::string_view data) : data_(data) {}

  size_t position() const { return position_; }
  bool complete() const { return complete_; }  // False: more bytes are needed.

  int64_t Long() {
    uint64_t bits = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position_ == data_.size()) {
        complete_ = false;
        return 0;
      }
      const auto byte = static_cast<unsigned char>(data_[position_++]);
      bits |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
  }

  std::string_view Take(int64_t size) {
    if (size < 0 || static_cast<uint64_t>(size) > data_.size() - position_) {
      complete_ = false;
      return {};
    }
    const auto taken = data_.substr(position_, static_cast<size_t>(size));
    position_ += taken.size();
    return taken;
  }

 private:
  std::string_view data_;
  size_t position_ = 0;
  bool complete_ = true;
};

class AvroDecoder final : public Decoder {
 public:
  // `table_schema`: of messages.
  AvroDecoder(const Schema& columns, std::shared_ptr<const AvroSchema> table_schema)
      : table_schema_(std::move(table_schema)), rows_(columns) {}

  bool needs_header() const override { return reader_ == nullptr; }

  arrow::Result<size_t> DecodeHeader(std::string_view data, bool at_end) override {
    if (!data.starts_with(kMagic.substr(0, std::min(kMagic.size(), data.size())))) {
      return Refuse(data, 0, "this is not an Avro file");
    }
    Cursor cursor(data);
    cursor.Take(static_cast<int64_t>(kMagic.size()));
    std::string schema;
    std::string codec = "null";
    while (cursor.complete()) {
      int64_t count = cursor.Long();
      if (count == 0) break;
      if (count < 0) cursor.Long();  // The block's bytes.
      if (count < -kMembersMax || count > kMembersMax)
        return Refuse(data, kMagic.size(), "a header with so many members is none");
      count = std::abs(count);
      for (; count > 0 && cursor.complete(); --count) {
        const std::string_view key = cursor.Take(cursor.Long());
        const std::string_view value = cursor.Take(cursor.Long());
        if (key == "avro.schema") schema = value;
        if (key == "avro.codec") codec = value;
      }
    }
    const std::string_view sync = cursor.Take(kSyncBytes);
    if (!cursor.complete()) {
      if (at_end) return Refuse(data, data.size(), "the file ends inside its header");
      return 0;
    }
    std::memcpy(sync_, sync.data(), kSyncBytes);
    ARROW_RETURN_NOT_OK(About(data, [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(codec_, MakeAvroCodec(codec));
      ARROW_ASSIGN_OR_RAISE(auto parsed, AvroSchema::Parse(schema));
      return rows_.MakeReader(std::move(parsed)).Value(&reader_);
    }()));
    return cursor.position();
  }

  arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) override {
    size_t used = 0;
    if (needs_header()) {
      ARROW_ASSIGN_OR_RAISE(used, DecodeHeader(data, at_end));
      if (used == 0) return 0;
      place_.offset += static_cast<int64_t>(used);
    }
    while (used < data.size() && !full(rows_max)) {
      ARROW_ASSIGN_OR_RAISE(const size_t block, DecodeBlock(data.substr(used), at_end));
      if (block == 0) break;
      used += block;
      place_.offset += static_cast<int64_t>(block);
    }
    return used;
  }

  arrow::Status DecodeMessages(std::span<const std::string_view> messages, BadMessageHandler& bad,
                               std::vector<int32_t>* row_messages) override {
    if (reader_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(reader_, rows_.MakeReader(table_schema_));
    }
    for (size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].data() == nullptr) continue;  // As Flink: a tombstone is no row.
      const size_t size = messages[i].size();
      block_.assign(messages[i]);
      block_.resize(size + kDecodePadding);
      AvroFault fault;
      bytes_ += static_cast<int64_t>(size);
      if (rows_.Read(*reader_, {block_.data(), size}, &fault) >= 0) {
        row_messages->push_back(static_cast<int32_t>(i));
        continue;
      }
      const auto* begin = reinterpret_cast<const uint8_t*>(block_.data());
      ARROW_RETURN_NOT_OK(
          bad.OnBadMessage(i, static_cast<size_t>(fault.at - begin), fault.reason(), {}));
    }
    return arrow::Status::OK();
  }

  int64_t num_rows() const override { return rows_.num_rows(); }
  bool full(int64_t rows_max) const override {
    return num_rows() >= rows_max || bytes_ >= kBatchBytesMax;
  }
  void SetPlace(RecordPlace place) override {
    place_ = std::move(place);
    place_.line = 0;  // There are none.
    place_.find_line = nullptr;
    reader_ = nullptr;
  }
  int64_t skipped_records() const override { return 0; }
  arrow::Result<Batch> Flush() override {
    bytes_ = 0;
    return rows_.Take();
  }

 private:
  arrow::Status Refuse(std::string_view data, size_t at, std::string reason) const {
    return BadRecord(place_, data.substr(0, std::min<size_t>(data.size(), at + 100)), at,
                     std::move(reason));
  }

  // What is wrong with the header is said with the file's name.
  arrow::Status About(std::string_view data, const arrow::Status& status) const {
    if (status.ok()) return status;
    const ErrorDetail* detail = DetailOf(status);
    if (detail == nullptr) return status;
    if (detail->kind() == "avro-schema") return Refuse(data, 0, status.message());
    return UserError(detail->kind(), detail->identifier(),
                     "cannot read " + place_.file + ": " + status.message());
  }

  // Its size; 0 where not all of it is there.
  arrow::Result<size_t> DecodeBlock(std::string_view data, bool at_end) {
    Cursor cursor(data);
    const int64_t count = cursor.Long();
    const int64_t size = cursor.Long();
    if (cursor.complete() && (count < 0 || size < 0 || size > kBlockBytesMax))
      return Refuse(data, 0, "a block of this size is none");
    const std::string_view block = cursor.Take(size);
    const std::string_view sync = cursor.Take(kSyncBytes);
    if (!cursor.complete()) {
      if (at_end) return Refuse(data, data.size(), "the file ends inside a block");
      return 0;
    }
    if (std::memcmp(sync.data(), sync_, kSyncBytes) != 0)
      return Refuse(data, cursor.position() - kSyncBytes, "a block does not end with the mark");
    const arrow::Status decompressed = codec_->Decompress(block, kBlockBytesMax, &block_);
    if (!decompressed.ok()) return Refuse(data, 0, decompressed.message());
    const size_t whole = block_.size();
    bytes_ += static_cast<int64_t>(whole);
    block_.resize(whole + kDecodePadding);
    std::string_view left(block_.data(), whole);
    if (count > kEmptyRecordsMax && count > static_cast<int64_t>(whole))
      return Refuse(data, 0, "a block has more records than bytes");
    for (int64_t i = 0; i < count; ++i) {
      AvroFault fault;
      const int64_t read = rows_.Read(*reader_, left, &fault);
      if (read < 0) {
        const auto* begin = reinterpret_cast<const uint8_t*>(left.data());
        const std::string where =
            "record " + std::to_string(i + 1) + " of the block that begins here: " + fault.reason();
        return BadRecord(place_, left, static_cast<size_t>(fault.at - begin), where);
      }
      left.remove_prefix(static_cast<size_t>(read));
    }
    if (!left.empty()) return Refuse(data, 0, "a block is longer than its records");
    return cursor.position();
  }

  const std::shared_ptr<const AvroSchema> table_schema_;
  AvroRows rows_;
  std::unique_ptr<AvroReader> reader_;
  std::unique_ptr<AvroCodec> codec_;
  char sync_[kSyncBytes] = {};
  RecordPlace place_;
  std::string block_;  // Decompressed, padded; or the message at hand.
  int64_t bytes_ = 0;  // Of records in the buffered rows.
};

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeAvroDecoder(const Schema& columns,
                                                        const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const AvroOptions options, ReadAvroOptions(columns, node));
  // Records do not name their fields: all of them are needed, also those that nobody reads.
  Schema all = columns;
  if (node.Member("fileColumns") != nullptr) {
    ARROW_ASSIGN_OR_RAISE(all, node.Fields("fileColumns"));
  }
  ARROW_ASSIGN_OR_RAISE(const std::string json, AvroSchemaOf(all, options.timestamps));
  ARROW_ASSIGN_OR_RAISE(auto schema, AvroSchema::Parse(json));
  return std::make_unique<AvroDecoder>(columns, std::move(schema));
}

}  // namespace sabot
