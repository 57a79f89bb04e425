// Writing batches, and mapping them again.
#include "state/row_spill.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include <array>
#include <utility>

#include "base/mapped_file.h"

namespace sabot {
namespace {

// Of messages and of the columns in them: so that columns can be used where they lie.
constexpr int32_t kAlignment = 64;

arrow::ipc::IpcWriteOptions WriteOptions() {
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
  options.alignment = kAlignment;
  return options;
}

}  // namespace

arrow::Result<std::vector<RecordBatchPtr>> RowSpill::Move(std::span<const RecordBatchPtr> batches) {
  if (next_file_ == 0) ARROW_RETURN_NOT_OK(files_.CreateFolder(folder_));
  const std::string path = folder_ + "/rows-" + std::to_string(next_file_++);
  const auto messages = Write(path, batches);
  auto mapped = messages.ok() ? files_.Map(path) : messages.status();
  const arrow::Status removed = files_.Exists(path) ? files_.Remove(path) : arrow::Status::OK();
  ARROW_RETURN_NOT_OK(mapped.status());
  ARROW_RETURN_NOT_OK(removed);
  std::erase_if(mapped_, [](const auto& each) { return each.expired(); });
  for (const auto& each : mapped_) {
    if (const auto buffer = each.lock()) LetPagesGo(*buffer);
  }
  mapped_.push_back(*mapped);
  std::vector<RecordBatchPtr> moved;
  const arrow::ipc::DictionaryMemo dictionaries;
  for (size_t i = 0; i < batches.size(); ++i) {
    const Message& message = (*messages)[i];
    arrow::io::BufferReader reader(arrow::SliceBuffer(*mapped, message.offset, message.size));
    ARROW_ASSIGN_OR_RAISE(
        auto batch, arrow::ipc::ReadRecordBatch(batches[i]->schema(), &dictionaries,
                                                arrow::ipc::IpcReadOptions::Defaults(), &reader));
    moved.push_back(std::move(batch));
  }
  return moved;
}

arrow::Result<std::vector<RowSpill::Message>> RowSpill::Write(
    const std::string& path, std::span<const RecordBatchPtr> batches) {
  static constexpr std::array<char, kAlignment> kPadding{};
  ARROW_ASSIGN_OR_RAISE(const auto file, files_.Create(path));
  std::vector<Message> messages;
  int64_t offset = 0;
  for (const RecordBatchPtr& batch : batches) {
    ARROW_ASSIGN_OR_RAISE(const auto bytes,
                          arrow::ipc::SerializeRecordBatch(*batch, WriteOptions()));
    messages.push_back({offset, bytes->size()});
    const int64_t padding = (kAlignment - bytes->size() % kAlignment) % kAlignment;
    ARROW_RETURN_NOT_OK(file->Append(std::string_view(*bytes)));
    ARROW_RETURN_NOT_OK(file->Append({kPadding.data(), static_cast<size_t>(padding)}));
    offset += bytes->size() + padding;
  }
  ARROW_RETURN_NOT_OK(file->Close());
  return messages;
}

}  // namespace sabot
