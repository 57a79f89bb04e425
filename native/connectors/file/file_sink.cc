// file_sink: rows into the files of a folder, visible only when they are complete.
//
//   (1, 'a') (2, 'b')   ->   /out/.part-ID-0-0-0.inprogress   --commit-->   /out/part-ID-0-0-0
//
// A part is closed at a barrier and when it is large or old enough; it gets its name when a
// checkpoint that knows it is committed, or at the end of the input of a job that takes none.
// Readers skip names that begin with a dot. State: the parts that are closed but not named yet: a
// restored sink names them (their checkpoint counts) and removes what its predecessors wrote later.
// Names hold the attempt, so a predecessor that still runs cannot write into its successor's parts.
#include <algorithm>
#include <cstdio>
#include <set>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/planted_bug.h"
#include "connectors/file/file_listing.h"
#include "connectors/writable_rows.h"
#include "formats/format.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int64_t kPartBytesMax = 128LL << 20;  // Flink's sink.rolling-policy.file-size.
constexpr int64_t kRolloverMillis = 30 * 60'000;
constexpr int64_t kBufferBytes = 1 << 20;
constexpr std::string_view kInProgress = ".inprogress";
constexpr int64_t kNoEpoch = INT64_MAX;

class FileSink final : public Operator {
 public:
  FileSink(std::string folder, std::string uid, std::unique_ptr<Encoder> encoder,
           std::unique_ptr<FailedRows> failed, int64_t part_bytes_max, int64_t rollover_ms,
           OperatorContext& context)
      : folder_(std::move(folder)),
        uid_(std::move(uid)),
        encoder_(std::move(encoder)),
        failed_(std::move(failed)),
        part_bytes_max_(part_bytes_max),
        rollover_ms_(rollover_ms),
        context_(context),
        files_(*context.file_system) {}

  arrow::Status Open() override { return files_.CreateFolder(folder_); }

  arrow::Result<Progress> Process(int, const Batch& batch, Collector& out) override {
    ARROW_RETURN_NOT_OK(broken_);
    ARROW_RETURN_NOT_OK(BeginAttempt());
    if (!batch.insert_only() && !encoder_->takes_changes()) {
      for (int64_t row = 0; row < batch.num_rows(); ++row) {
        if (batch.kind(row) != RowKind::kInsert) {
          return UserError("unsupported-change", folder_,
                           "a folder of files takes new rows only, not updates or deletions");
        }
      }
    }
    if (failed_->letters().wanted()) {
      ARROW_RETURN_NOT_OK(EncodeWritable(batch, out));
    } else {
      ARROW_RETURN_NOT_OK(encoder_->Encode(batch, &buffer_));
    }
    if (static_cast<int64_t>(buffer_.size()) >= kBufferBytes) ARROW_RETURN_NOT_OK(WriteBuffer());
    if (part_bytes_ >= part_bytes_max_) ARROW_RETURN_NOT_OK(ClosePart());
    return Progress::kDone;
  }

  int64_t NextTimer() const override {
    return part_ == nullptr ? INT64_MAX : part_opened_ms_ + rollover_ms_;
  }
  arrow::Result<Progress> OnTimer(int64_t, Collector&) override {
    ARROW_RETURN_NOT_OK(ClosePart());
    return Progress::kDone;
  }

  arrow::Result<Progress> OnEndOfInput(int, Collector&) override {
    ARROW_RETURN_NOT_OK(ClosePart());
    if (!context_.takes_checkpoints) ARROW_RETURN_NOT_OK(PublishUpTo(kNoEpoch));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    ARROW_RETURN_NOT_OK(BeginAttempt());
    ARROW_RETURN_NOT_OK(ClosePart());
    ByteWriter bytes;
    bytes.Bytes(id_);
    bytes.U32(static_cast<uint32_t>(closed_parts_.size()));
    for (ClosedPart& part : closed_parts_) {
      part.epoch = std::min(part.epoch, to.epoch());
      bytes.Bytes(part.name);
    }
    to.Put("parts", bytes.Take());
    return arrow::Status::OK();
  }

  bool has_uncommitted_output() const override { return !closed_parts_.empty(); }
  arrow::Status OnCommitted(int64_t epoch) override { return PublishUpTo(epoch); }

  arrow::Status Restore(const SnapshotReader& from) override {
    std::vector<std::string> all;
    std::set<std::string> ids;  // Another one than ours if the checkpoint is from another folder.
    for (const std::string_view part : from.All("parts")) {
      ByteReader bytes(part);
      ids.emplace(bytes.Bytes());
      for (uint32_t count = bytes.U32(); count > 0; --count) all.emplace_back(bytes.Bytes());
      if (!bytes.ok() || !bytes.done())
        return arrow::Status::Invalid("file_sink: a damaged snapshot");
    }
    // One subtask for all: there may be fewer of us than there were.
    if (context_.subtask != 0) return arrow::Status::OK();
    for (const std::string& name : all) ARROW_RETURN_NOT_OK(Publish(name));
    ARROW_RETURN_NOT_OK(BeginAttempt());
    return RemovePartsOfEarlierAttempts(ids);
  }

 private:
  // An encoder may hold rows back, so all of them are tried first.
  arrow::Status EncodeWritable(const Batch& batch, Collector& out) {
    const auto encode = [this](const Batch& rows) {
      tried_.Clear();
      return encoder_->EncodeMessages(rows, &tried_);
    };
    if (encode(batch).ok()) return encoder_->Encode(batch, &buffer_);
    ARROW_ASSIGN_OR_RAISE(const Batch writable, WritableRows(batch, *failed_, encode));
    ARROW_RETURN_NOT_OK(encoder_->Encode(writable, &buffer_));
    return failed_->letters().Flush(out);
  }

  // Once the job has its checkpoint folder.
  arrow::Status BeginAttempt() {
    if (!id_.empty()) return arrow::Status::OK();
    // Two jobs that write into one folder must not take each other's names.
    const std::string job = context_.checkpoints_id.empty()
                                ? std::to_string(context_.clock->NowMillis())
                                : context_.checkpoints_id;
    char id[17];
    std::snprintf(id, sizeof(id), "%016llx",
                  static_cast<unsigned long long>(HashBytes(uid_ + "@" + job)));
    // Also those of attempts that died before their first checkpoint.
    if (!context_.checkpoints_id.empty() && context_.subtask == 0)
      ARROW_RETURN_NOT_OK(RemovePartsOfEarlierAttempts({id}));
    id_ = id;
    return arrow::Status::OK();
  }

  std::string TemporaryPath(const std::string& name) const {
    return folder_ + "/." + name + std::string(kInProgress);
  }

  arrow::Status Write() {
    if (buffer_.empty()) return arrow::Status::OK();
    if (part_ == nullptr) {
      part_name_ = "part-" + id_ + "-" + std::to_string(context_.attempt) + "-" +
                   std::to_string(context_.subtask) + "-" + std::to_string(next_part_++);
      ARROW_ASSIGN_OR_RAISE(part_, files_.Create(TemporaryPath(part_name_)));
      part_opened_ms_ = context_.clock->NowMillis();
      part_bytes_ = 0;
    }
    ARROW_RETURN_NOT_OK(part_->Append(buffer_));
    part_bytes_ += static_cast<int64_t>(buffer_.size());
    buffer_.clear();
    return arrow::Status::OK();
  }

  // What a part holds after a failure nobody knows: the attempt ends, though the checkpoint that
  // met with it may be one that may fail.
  arrow::Status WriteBuffer() {
    if (broken_.ok()) broken_ = Write();
    return broken_;
  }
  arrow::Status ClosePart() {
    if (broken_.ok()) broken_ = Close();
    return broken_;
  }

  arrow::Status Close() {
    ARROW_RETURN_NOT_OK(encoder_->FinishFile(&buffer_));
    ARROW_RETURN_NOT_OK(Write());
    if (part_ == nullptr) return arrow::Status::OK();
    if (!IsPlanted(PlantedBug::kNoSync)) ARROW_RETURN_NOT_OK(part_->Sync());
    ARROW_RETURN_NOT_OK(part_->Close());
    part_.reset();
    part_bytes_ = 0;
    closed_parts_.push_back({part_name_});
    return arrow::Status::OK();
  }

  arrow::Status PublishUpTo(int64_t epoch) {
    size_t published = 0;
    for (; published < closed_parts_.size(); ++published) {
      if (closed_parts_[published].epoch > epoch) break;
      ARROW_RETURN_NOT_OK(Publish(closed_parts_[published].name));
    }
    closed_parts_.erase(closed_parts_.begin(),
                        closed_parts_.begin() + static_cast<ptrdiff_t>(published));
    return arrow::Status::OK();
  }

  // A part that is not there was named before, and may have been taken away by a reader since.
  arrow::Status Publish(const std::string& name) {
    if (!files_.Exists(TemporaryPath(name))) return arrow::Status::OK();
    return files_.Rename(TemporaryPath(name), folder_ + "/" + name);
  }

  // What they wrote after the checkpoint.
  arrow::Status RemovePartsOfEarlierAttempts(const std::set<std::string>& ids) {
    ARROW_ASSIGN_OR_RAISE(const auto found, files_.List(folder_));
    for (const FileInfo& file : found) {
      if (!file.name().ends_with(kInProgress)) continue;
      const bool theirs = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
        const std::string all = ".part-" + id + "-";
        const std::string own = all + std::to_string(context_.attempt) + "-";
        return file.name().starts_with(all) && !file.name().starts_with(own);
      });
      if (theirs) ARROW_RETURN_NOT_OK(files_.Remove(file.path));
    }
    return arrow::Status::OK();
  }

  const std::string folder_;
  const std::string uid_;
  const std::unique_ptr<Encoder> encoder_;
  const std::unique_ptr<FailedRows> failed_;
  EncodedMessages tried_;
  const int64_t part_bytes_max_;
  const int64_t rollover_ms_;
  OperatorContext& context_;
  FileSystem& files_;
  std::string id_;
  int64_t next_part_ = 0;
  struct ClosedPart {
    std::string name;
    int64_t epoch = kNoEpoch;  // Of the first snapshot that knows it.
  };
  std::vector<ClosedPart> closed_parts_;
  // The part at hand: closed before every snapshot.
  std::unique_ptr<WritableFile> part_;
  std::string part_name_;
  std::string buffer_;
  int64_t part_bytes_ = 0;
  int64_t part_opened_ms_ = 0;
  arrow::Status broken_;  // What a part could not be written for.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string path, node.String("path"));
  ARROW_ASSIGN_OR_RAISE(const std::string format, node.String("format"));
  ARROW_ASSIGN_OR_RAISE(const int64_t part_bytes_max, node.Int("fileSizeMax", kPartBytesMax));
  ARROW_ASSIGN_OR_RAISE(const int64_t rollover_ms, node.Int("rolloverIntervalMs", kRolloverMillis));
  ARROW_ASSIGN_OR_RAISE(auto encoder, MakeEncoder(format, node.input_schemas[0], node));
  ARROW_ASSIGN_OR_RAISE(auto failed, FailedRows::Make(node, context, 0));
  return std::make_unique<FileSink>(LocalPath(path), node.uid, std::move(encoder),
                                    std::move(failed), part_bytes_max, rollover_ms, context);
}

}  // namespace

extern const OperatorSpec kFileSink{
    .name = "file_sink", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
