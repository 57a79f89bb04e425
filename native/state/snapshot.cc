// Sections of an operator's snapshot, and their reading after rescaling.
#include "state/snapshot.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include <algorithm>

#include "base/check.h"

namespace sabot {

void SnapshotWriter::Put(std::string_view section, std::string bytes, int key_group) {
  const bool added =
      sections_.emplace(std::pair(std::string(section), key_group), std::move(bytes)).second;
  SABOT_CHECK(added);  // A section is written once.
}

void SnapshotWriter::PutInt64(std::string_view section, int64_t value) {
  ByteWriter bytes;
  bytes.I64(value);
  Put(section, bytes.Take());
}

SnapshotReader::SnapshotReader(std::vector<const Sections*> parts, int first_key_group,
                               int last_key_group)
    : parts_(std::move(parts)), first_key_group_(first_key_group), last_key_group_(last_key_group) {
  SABOT_CHECK(first_key_group >= 0);
}

std::vector<std::string_view> SnapshotReader::KeyGroups(std::string_view section) const {
  std::vector<std::string_view> values;
  for (const Sections* part : parts_) {
    for (auto at = part->lower_bound({std::string(section), first_key_group_}); at != part->end();
         ++at) {
      if (at->first.first != section || at->first.second > last_key_group_) break;
      values.push_back(at->second);
    }
  }
  return values;
}

std::vector<std::string_view> SnapshotReader::All(std::string_view section) const {
  std::vector<std::string_view> values;
  for (const Sections* part : parts_) {
    const auto at = part->find({std::string(section), kOperatorScope});
    if (at != part->end()) values.push_back(at->second);
  }
  return values;
}

arrow::Result<int64_t> SnapshotReader::GetInt64(std::string_view section) const {
  const std::vector<std::string_view> values = All(section);
  if (values.empty()) return arrow::Status::KeyError("The snapshot has no value '", section, "'.");
  int64_t least = INT64_MAX;
  for (const std::string_view value : values) {
    ByteReader bytes(value);
    least = std::min(least, bytes.I64());
    if (!bytes.ok() || !bytes.done())
      return arrow::Status::Invalid("Snapshot value '", section, "' is damaged.");
  }
  return least;
}

bool SnapshotReader::Has(std::string_view section) const {
  return !All(section).empty() || !KeyGroups(section).empty();
}

std::string_view ByteReader::Take(size_t size) {
  if (size > bytes_.size()) {
    ok_ = false;
    bytes_ = {};
    return {};
  }
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

arrow::Result<std::string> SerializeBatch(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(sink, batch->schema()));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto buffer, sink->Finish());
  return buffer->ToString();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> DeserializeBatch(std::string_view bytes) {
  // The batch refers to the buffer, so it needs one of its own.
  auto source =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::string(bytes)));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(source));
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
  if (batch == nullptr) return arrow::Status::Invalid("A saved batch is empty or damaged.");
  return batch;
}

}  // namespace sabot
