// Sections of an operator's snapshot, and their reading after a restart.
#include "state/snapshot.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include <algorithm>

#include "base/check.h"

namespace sabot {
namespace {

constexpr size_t kPieceBytes = size_t{256} << 10;

}  // namespace

void SnapshotWriter::Put(std::string_view section, std::string bytes) {
  const bool added = values_.emplace(section, std::move(bytes)).second;
  SABOT_CHECK(added && !values_written_);  // A section is written once.
}

void SnapshotWriter::PutInt64(std::string_view section, int64_t value) {
  ByteWriter bytes;
  bytes.I64(value);
  Put(section, bytes.Take());
}

void SnapshotWriter::Freeze(std::string_view section, std::unique_ptr<FrozenState> state) {
  SABOT_CHECK(!values_written_ && state != nullptr);
  num_earlier_ = std::max(num_earlier_, state->num_earlier());
  frozen_.push_back({std::string(section), std::move(state)});
}

arrow::Result<bool> SnapshotWriter::WritePiece(SectionSink& to, size_t bytes_max) {
  if (!values_written_) {
    values_written_ = true;
    for (auto& [section, bytes] : values_) {
      ARROW_RETURN_NOT_OK(to.Write(section, SectionKind::kValue, std::move(bytes)));
    }
    values_.clear();
  } else if (next_ < frozen_.size()) {
    const Frozen& at = frozen_[next_];
    bool last = false;
    ByteWriter piece(to.Memory());
    ARROW_RETURN_NOT_OK(at.state->NextPiece(bytes_max, piece, &last));
    ARROW_RETURN_NOT_OK(to.Write(at.section, at.state->kind(), piece.Take()));
    if (last) ++next_;
  }
  if (next_ < frozen_.size()) return false;
  for (const Frozen& each : frozen_) each.state->Confirm();
  frozen_.clear();
  next_ = 0;
  return true;
}

arrow::Status SnapshotWriter::WriteAll(SectionSink& to) {
  for (bool done = false; !done;) {
    ARROW_ASSIGN_OR_RAISE(done, WritePiece(to, kPieceBytes));
  }
  return arrow::Status::OK();
}

arrow::Status MemorySnapshot::Write(std::string_view section, SectionKind kind, std::string piece) {
  SnapshotSection& to = sections_[std::string(section)];
  SABOT_CHECK(to.pieces.empty() || to.kind == kind);
  to.kind = kind;
  size_bytes_ += static_cast<int64_t>(piece.size());
  to.pieces.push_back(pieces_.emplace_back(std::move(piece)));
  return arrow::Status::OK();
}

SnapshotReader::SnapshotReader(std::vector<SnapshotChain> old_subtasks, KeyGroups own,
                               bool continues)
    : old_subtasks_(std::move(old_subtasks)), own_(own), continues_(continues) {
  for (const SnapshotChain& chain : old_subtasks_) SABOT_CHECK(!chain.snapshots.empty());
}

SnapshotReader::SnapshotReader(const SnapshotSections& snapshot)
    : SnapshotReader({{{&snapshot}, {}}}, {}) {}

std::vector<std::string_view> SnapshotReader::All(std::string_view section) const {
  std::vector<std::string_view> values;
  for (const SnapshotChain& chain : old_subtasks_) {
    const auto at = chain.snapshots.back()->find(section);
    if (at == chain.snapshots.back()->end() || at->second.kind != SectionKind::kValue) continue;
    for (const std::string_view value : at->second.pieces) values.push_back(value);
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
  return std::any_of(old_subtasks_.begin(), old_subtasks_.end(), [&](const SnapshotChain& chain) {
    return chain.snapshots.back()->contains(section);
  });
}

arrow::Result<std::vector<SnapshotReader::SectionChain>> SnapshotReader::Chains(
    std::string_view section) const {
  std::vector<SectionChain> chains;
  for (const SnapshotChain& old : old_subtasks_) {
    if (old.key_groups.last < own_.first || old.key_groups.first > own_.last) continue;
    SectionChain chain;
    bool whole = !old.snapshots.back()->contains(section);
    for (size_t i = old.snapshots.size(); i-- > 0 && !whole;) {
      const auto at = old.snapshots[i]->find(section);
      if (at == old.snapshots[i]->end() || at->second.kind == SectionKind::kValue) break;
      chain.push_back(&at->second);
      whole = at->second.kind == SectionKind::kBase;
    }
    if (!whole) {
      return arrow::Status::Invalid("State '", section,
                                    "' lacks a snapshot that later ones build on.");
    }
    std::reverse(chain.begin(), chain.end());
    if (!chain.empty()) chains.push_back(std::move(chain));
  }
  return chains;
}

void ByteWriter::Grow() {
  if (size_ > bytes_.capacity()) bytes_.reserve(std::max(size_, 2 * bytes_.capacity()));
  bytes_.resize(bytes_.capacity());
}

SnapshotReader SnapshotReader::Broadcast() const {
  std::vector<SnapshotChain> first;
  for (const SnapshotChain& old : old_subtasks_) {
    if (old.key_groups.first == 0) first.push_back({old.snapshots, {}});
  }
  return SnapshotReader(std::move(first), {}, continues_ && own_.first == 0);
}

uint64_t ByteReader::LongVarint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = U8();
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  ok_ = false;
  return 0;
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
