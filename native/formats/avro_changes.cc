// Debezium's changes in Avro.
#include "formats/avro_changes.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sabot {
namespace {

enum Image : size_t { kOld, kNew };
const std::vector<std::string> kFields = {"before", "after"};
const std::string kOp = "op";

struct Change {
  std::string_view op;
  std::vector<size_t> images;  // In the order of its rows.
  std::vector<RowKind> kinds;
};

const Change* FindChange(std::string_view op) {
  static const Change kChanges[] = {
      {"c", {kNew}, {RowKind::kInsert}},
      {"r", {kNew}, {RowKind::kInsert}},
      {"u", {kOld, kNew}, {RowKind::kUpdateBefore, RowKind::kUpdateAfter}},
      {"d", {kOld}, {RowKind::kDelete}},
  };
  const auto* found = std::find_if(std::begin(kChanges), std::end(kChanges),
                                   [&](const Change& each) { return each.op == op; });
  return found == std::end(kChanges) ? nullptr : found;
}

}  // namespace

arrow::Result<std::unique_ptr<AvroChangeRows::Reader>> AvroChangeRows::MakeReader(
    std::shared_ptr<const AvroSchema> writer) {
  auto reader = std::make_unique<Reader>();
  ARROW_ASSIGN_OR_RAISE(reader->both,
                        AvroReader::MakeOfImages(writer, columns_, buffers_, kFields, kOp));
  for (const Image image : {kOld, kNew}) {
    ARROW_ASSIGN_OR_RAISE(reader->one[image], AvroReader::MakeOfImages(writer, columns_, buffers_,
                                                                       {kFields[image]}, kOp));
  }
  return reader;
}

int64_t AvroChangeRows::Read(Reader& reader, std::string_view data, AvroFault* fault) {
  const auto* begin = reinterpret_cast<const uint8_t*>(data.data());
  const uint8_t* const end = begin + data.size();
  const auto refuse = [&](std::string reason) {
    buffers_.DropUnfinished();
    if (!reason.empty()) *fault = {begin, std::move(reason)};
    return -1;
  };
  if (reader.both->Read(begin, end, fault) == nullptr) return refuse("");
  if (reader.both->tag().data() == nullptr)
    return refuse("the record does not say what change it is");
  const Change* change = FindChange(reader.both->tag());
  if (change == nullptr) return refuse("there is no such kind of change");
  const auto& images = reader.both->images();
  for (const size_t image : change->images) {
    if (std::find(images.begin(), images.end(), image) != images.end()) continue;
    return refuse(image == kNew ? "the change has no new row"
                                : "the change has no old row; of PostgreSQL: set REPLICA IDENTITY "
                                  "FULL for the table");
  }
  // Nearly always a change has the rows that it needs, in their order.
  if (images != change->images) {
    buffers_.DropUnfinished();
    for (const size_t image : change->images) {
      if (reader.one[image]->Read(begin, end, fault) == nullptr) return refuse("");
    }
  }
  for (const RowKind kind : change->kinds) {
    buffers_.FinishRow();
    kinds_.push_back(static_cast<int8_t>(kind));
  }
  return static_cast<int64_t>(change->kinds.size());
}

arrow::Result<Batch> AvroChangeRows::Take() {
  ARROW_ASSIGN_OR_RAISE(Batch batch, buffers_.Take());
  ARROW_ASSIGN_OR_RAISE(batch.kinds, MakeKinds(kinds_));
  kinds_.clear();
  return batch;
}

}  // namespace sabot
