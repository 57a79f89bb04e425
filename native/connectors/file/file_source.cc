// file_source: the records of files.
//
//   path /data/bids, format json   ->   batches of the columns in use, then metadata columns
//   (file.name, ...)
//
// Files are listed once, at the start, for all subtasks. Each belongs to one subtask, or, where
// there are fewer files than subtasks, to several that read it in stripes (split_reader.h). A
// subtask reads its splits one after the other, by path, and announces all of them before the first
// row: a split that waits to be read holds event time back, so that rows are never late for being
// in a later file.
//
// State: the splits that are left, the first of them with its position.
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "connectors/file/file_listing.h"
#include "connectors/file/split_reader.h"
#include "formats/format.h"
#include "operators/dead_letter_writer.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int64_t kStripeBytes = 4 << 20;
constexpr uint32_t kStateVersion = 1;

enum class MetadataKey : uint8_t { kPath, kName, kSize, kModificationTime };

struct MetadataColumn {
  MetadataKey key;
  std::shared_ptr<arrow::DataType> type;
};

struct FileSourcePlan {
  std::string path;
  std::string path_pattern;
  std::string format;
  bool changes = false;  // Rows may be of all kinds.
  Schema columns;
  std::vector<MetadataColumn> metadata;
  std::shared_ptr<arrow::Schema> schema;
  int64_t stripe_bytes = kStripeBytes;
};

// Lines that cannot be read become letters; rows that were read of them do not count.
class BadLines final : public BadRecordHandler {
 public:
  explicit BadLines(DeadLetterWriter& letters) : letters_(letters) {}

  void BeginFill(const std::string* file, const Decoder* decoder) {
    file_ = file;
    decoder_ = decoder;
  }
  void OnBadRecord(std::string_view record, int64_t offset, const arrow::Status& error,
                   int64_t first_row) override {
    const std::string& message = error.message();
    letters_.Add({.value = record, .offset = offset, .file = *file_, .error = message});
    for (int64_t row = first_row; row < decoder_->num_rows(); ++row)
      unusable_.push_back(static_cast<int32_t>(row));
  }
  arrow::Result<Batch> WithoutUnusable(Batch batch) {
    if (unusable_.empty()) return batch;
    std::vector<int32_t> usable;
    size_t next = 0;
    for (int32_t row = 0; row < static_cast<int32_t>(batch.num_rows()); ++row) {
      if (next < unusable_.size() && unusable_[next] == row) {
        ++next;
      } else {
        usable.push_back(row);
      }
    }
    unusable_.clear();
    return Take(batch, usable);
  }

 private:
  DeadLetterWriter& letters_;
  const std::string* file_ = nullptr;
  const Decoder* decoder_ = nullptr;
  std::vector<int32_t> unusable_;  // Of the buffered rows, ascending.
};

class FileSource final : public Operator {
 public:
  FileSource(FileSourcePlan plan, std::unique_ptr<Decoder> decoder,
             std::unique_ptr<DeadLetterWriter> letters, OperatorContext& context)
      : plan_(std::move(plan)),
        letters_(std::move(letters)),
        bad_lines_(*letters_),
        decoder_(std::move(decoder)),
        context_(context),
        files_(*context.file_system) {
    if (letters_->wanted()) decoder_->SetBadRecords(&bad_lines_);
  }

  arrow::Status Open() override {
    ARROW_ASSIGN_OR_RAISE(const auto listed, List());
    const std::vector<FileInfo>& found = *listed;
    const int64_t num_files = static_cast<int64_t>(found.size());
    for (int64_t i = 0; i < num_files; ++i) {
      // Subtasks i, i + num_files, ... share file i; with more files than subtasks each has one
      // reader.
      const int64_t owner = num_files >= context_.parallelism ? i % context_.parallelism : i;
      if (num_files >= context_.parallelism ? owner != context_.subtask
                                            : context_.subtask % num_files != owner)
        continue;
      ARROW_ASSIGN_OR_RAISE(const bool divisible, IsDivisible(found[static_cast<size_t>(i)]));
      FileSplit split;
      split.path = found[static_cast<size_t>(i)].path;
      split.size = found[static_cast<size_t>(i)].size;
      split.modified_ms = found[static_cast<size_t>(i)].modified_ms;
      split.num_readers = num_files >= context_.parallelism
                              ? 1
                              : (context_.parallelism - owner - 1) / num_files + 1;
      split.first_stripe = num_files >= context_.parallelism ? 0 : context_.subtask / num_files;
      if (split.num_readers > 1 && divisible) {
        split.stripe_bytes = plan_.stripe_bytes;
        split.stripe = split.first_stripe;
        split.offset = split.stripe * split.stripe_bytes;
        if (split.offset >= split.size && split.first_stripe > 0) continue;
      } else if (split.first_stripe > 0) {
        continue;
      }
      splits_.push_back(std::move(split));
    }
    return arrow::Status::OK();
  }

  // One batch, of one split.
  arrow::Result<Progress> Produce(Collector& out) override {
    ARROW_RETURN_NOT_OK(AnnounceSplits(out));
    if (splits_.empty()) return Progress::kDone;
    const int64_t rows_max = context_.options.batch_max_rows;
    if (reader_ == nullptr) {
      reader_ = std::make_unique<SplitReader>(files_, splits_.front(),
                                              IoContext{context_.executor, context_.waker});
      ARROW_RETURN_NOT_OK(reader_->Open(*decoder_));
      // It is no longer one that waits for its turn.
      ARROW_RETURN_NOT_OK(out.Emit(StreamStatus{.split = split_number_}));
    }
    bad_lines_.BeginFill(&splits_.front().path, decoder_.get());
    ARROW_ASSIGN_OR_RAISE(const FillResult result, reader_->Fill(*decoder_, rows_max));
    context_.metrics->bytes_in.Add(reader_->TakeBytesRead());
    context_.metrics->skipped_records.Set(skipped_before_ + decoder_->skipped_records());
    // Rows do not wait for further bytes: a snapshot knows of none that are not on their way.
    const int64_t num_rows = decoder_->num_rows();
    // A decoder is also full of what it has left out.
    if (num_rows > 0 || result == FillResult::kFull) {
      ARROW_ASSIGN_OR_RAISE(Batch batch, decoder_->Flush());
      ARROW_ASSIGN_OR_RAISE(batch, bad_lines_.WithoutUnusable(std::move(batch)));
      ARROW_ASSIGN_OR_RAISE(batch.rows, AddMetadata(batch.rows, reader_->split()));
      batch.split = split_number_;
      ARROW_RETURN_NOT_OK(EmitInPieces(std::move(batch), rows_max, out));
    }
    ARROW_RETURN_NOT_OK(letters_->Flush(out));
    if (result == FillResult::kNoBytesYet && num_rows == 0) return Progress::kBlocked;
    if (result == FillResult::kEnded) {
      splits_.pop_front();
      reader_.reset();
      ARROW_RETURN_NOT_OK(out.Emit(StreamStatus{.idle = true, .split = split_number_++}));
    }
    return splits_.empty() ? Progress::kDone : Progress::kMoreOutput;
  }

  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    SABOT_CHECK(false);  // A source has no inputs.
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    SABOT_CHECK(decoder_->num_rows() == 0);
    ByteWriter bytes;
    bytes.U32(kStateVersion);
    bytes.I64(skipped_before_ + decoder_->skipped_records());
    bytes.U32(static_cast<uint32_t>(splits_.size()));
    for (size_t i = 0; i < splits_.size(); ++i) {
      (i == 0 && reader_ != nullptr ? reader_->split() : splits_[i]).Write(bytes);
    }
    to.Put("splits", bytes.Take());
    return arrow::Status::OK();
  }

  // What all old subtasks had left, dealt out anew.
  arrow::Status Restore(const SnapshotReader& from) override {
    std::vector<FileSplit> left;
    int64_t skipped = 0;
    for (const std::string_view part : from.All("splits")) {
      ByteReader bytes(part);
      if (bytes.U32() != kStateVersion)
        return arrow::Status::Invalid("file_source: a snapshot of another version");
      skipped += bytes.I64();
      for (uint32_t count = bytes.U32(); count > 0; --count) left.push_back(FileSplit::Read(bytes));
      if (!bytes.ok() || !bytes.done())
        return arrow::Status::Invalid("file_source: a damaged snapshot");
    }
    std::sort(left.begin(), left.end(), [](const FileSplit& a, const FileSplit& b) {
      return std::tie(a.path, a.first_stripe) < std::tie(b.path, b.first_stripe);
    });
    reader_.reset();
    splits_.clear();
    skipped_before_ = context_.subtask == 0 ? skipped : 0;
    const size_t parallelism = static_cast<size_t>(context_.parallelism);
    for (size_t i = static_cast<size_t>(context_.subtask); i < left.size(); i += parallelism) {
      splits_.push_back(std::move(left[i]));
    }
    return arrow::Status::OK();
  }

 private:
  arrow::Result<std::shared_ptr<const std::vector<FileInfo>>> List() const {
    return NodeShared::GetOrMake<std::vector<FileInfo>>(
        context_.shared, [this] { return ListInputFiles(files_, plan_.path, plan_.path_pattern); });
  }

  arrow::Status AnnounceSplits(Collector& out) {
    if (announced_) return arrow::Status::OK();
    announced_ = true;
    int32_t number = split_number_;
    for (const FileSplit& split : splits_) {
      ARROW_RETURN_NOT_OK(
          out.Emit(StreamStatus{.idle = false,
                                .split = number++,
                                .waiting = true,
                                .name = std::make_shared<const std::string>(split.path)}));
    }
    return arrow::Status::OK();
  }

  // A decoder may give more rows than were asked for: those of one record, or of a block.
  static arrow::Status EmitInPieces(Batch batch, int64_t rows_max, Collector& out) {
    if (batch.num_rows() < 2 * rows_max) return out.Emit(std::move(batch));
    for (int64_t at = 0; at < batch.num_rows(); at += rows_max) {
      ARROW_RETURN_NOT_OK(out.Emit(batch.Slice(at, std::min(rows_max, batch.num_rows() - at))));
    }
    return arrow::Status::OK();
  }

  // Records must end where lines do, changes of a row must stay in order, and compressed files have
  // no beginnings inside.
  arrow::Result<bool> IsDivisible(const FileInfo& file) const {
    ARROW_ASSIGN_OR_RAISE(const Compression compression, CompressionOf(file.path));
    return compression == Compression::kNone && EndsRecordsWithNewlines(plan_.format) &&
           !plan_.changes;
  }

  arrow::Result<RecordBatchPtr> AddMetadata(const RecordBatchPtr& rows,
                                            const FileSplit& split) const {
    if (plan_.metadata.empty()) return rows;
    std::vector<ArrayPtr> columns = rows->columns();
    for (const MetadataColumn& column : plan_.metadata) {
      std::shared_ptr<arrow::Scalar> value;
      switch (column.key) {
        case MetadataKey::kPath:
          value = arrow::MakeScalar(split.path);
          break;
        case MetadataKey::kName:
          value = arrow::MakeScalar(split.path.substr(split.path.rfind('/') + 1));
          break;
        case MetadataKey::kSize:
          value = arrow::MakeScalar(split.size);
          break;
        case MetadataKey::kModificationTime:
          value = std::make_shared<arrow::TimestampScalar>(
              split.modified_ms, arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"));
          break;
      }
      if (!value->type->Equals(*column.type)) {
        ARROW_ASSIGN_OR_RAISE(value, value->CastTo(column.type));
      }
      ARROW_ASSIGN_OR_RAISE(auto array, arrow::MakeArrayFromScalar(*value, rows->num_rows()));
      columns.push_back(std::move(array));
    }
    return arrow::RecordBatch::Make(plan_.schema, rows->num_rows(), std::move(columns));
  }

  const FileSourcePlan plan_;
  const std::unique_ptr<DeadLetterWriter> letters_;
  BadLines bad_lines_;
  const std::unique_ptr<Decoder> decoder_;
  OperatorContext& context_;
  FileSystem& files_;
  std::deque<FileSplit> splits_;         // The first one is reader_'s, which knows its position.
  std::unique_ptr<SplitReader> reader_;  // Rebuilt on restore.
  int64_t skipped_before_ = 0;
  // Splits are numbered anew after a restore: event time starts again from the watermark
  // downstream.
  bool announced_ = false;
  int32_t split_number_ = 0;  // Of the first split.
};

arrow::Result<MetadataColumn> ReadMetadata(const nlohmann::json& json, const PlanNode& node) {
  if (!json.is_object() || !json.contains("key") || !json.contains("type")) {
    return node.Error("a metadata column needs name, type and key");
  }
  ARROW_ASSIGN_OR_RAISE(const Type type, DecodeType(json["type"]));
  const std::string key = json["key"].is_string() ? json["key"].get<std::string>() : "";
  MetadataColumn column{MetadataKey::kPath, ToArrow(type)};
  if (key == "file.path") {
    column.key = MetadataKey::kPath;
  } else if (key == "file.name") {
    column.key = MetadataKey::kName;
  } else if (key == "file.size") {
    column.key = MetadataKey::kSize;
  } else if (key == "file.modification-time") {
    column.key = MetadataKey::kModificationTime;
  } else {
    return UserError("unknown-metadata", key,
                     "there is no metadata column '" + key +
                         "'; known: file.path, file.name, file.size, file.modification-time");
  }
  return column;
}

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  FileSourcePlan plan;
  ARROW_ASSIGN_OR_RAISE(plan.path, node.String("path"));
  plan.path = LocalPath(plan.path);
  ARROW_ASSIGN_OR_RAISE(plan.path_pattern, node.String("pathPattern", ""));
  ARROW_ASSIGN_OR_RAISE(plan.format, node.String("format"));
  ARROW_ASSIGN_OR_RAISE(plan.changes, node.Bool("changes", false));
  ARROW_ASSIGN_OR_RAISE(plan.columns, node.Fields("columns"));
  ARROW_ASSIGN_OR_RAISE(plan.stripe_bytes, node.Int("stripeBytes", kStripeBytes));
  if (const nlohmann::json* metadata = node.Member("metadata"); metadata != nullptr) {
    for (const auto& each : *metadata) {
      ARROW_ASSIGN_OR_RAISE(auto column, ReadMetadata(each, node));
      plan.metadata.push_back(std::move(column));
    }
  }
  if (node.schema.size() != plan.columns.size() + plan.metadata.size()) {
    return node.Error("its schema is not its columns and metadata");
  }
  plan.schema = ToArrow(node.schema);
  ARROW_ASSIGN_OR_RAISE(auto decoder, MakeDecoder(plan.format, plan.columns, node));
  ARROW_ASSIGN_OR_RAISE(auto letters, DeadLetterWriter::Make(node, context));
  if (letters->wanted() && plan.format != "csv" && !EndsRecordsWithNewlines(plan.format)) {
    return node.Error("files in format '" + plan.format +
                      "' have no records that could be left out: its onError must be 'fail'");
  }
  return std::make_unique<FileSource>(std::move(plan), std::move(decoder), std::move(letters),
                                      context);
}

}  // namespace

extern const OperatorSpec kFileSource{
    .name = "file_source", .num_inputs = 0, .stateful = true, .make = &Make};

}  // namespace sabot
