// Rows into the map, and the map to its mirror.
#include "operators/mirrored_map.h"

#include <arrow/array/array_primitive.h>
#include <arrow/type.h>

#include <utility>

#include "operators/state_rows.h"

namespace sabot {
namespace {

constexpr size_t kPieceRows = 4096;

std::shared_ptr<arrow::Schema> ChangeSchema(const Schema& rows) {
  arrow::FieldVector fields = ToArrow(rows)->fields();
  fields.insert(fields.begin(), arrow::field("removed", arrow::int8(), false));
  return arrow::schema(std::move(fields));
}

}  // namespace

arrow::Result<std::unique_ptr<MirroredMap>> MirroredMap::Make(const PlanNode& node, int input,
                                                              OperatorContext& context) {
  const Schema& schema = node.input_schemas[static_cast<size_t>(input)];
  ARROW_ASSIGN_OR_RAISE(auto keys, node.Columns("broadcastKeys", input));
  if (keys.empty()) return node.Error("needs a key of its broadcast rows");
  int removes = -1;
  if (node.Has("removes")) {
    ARROW_ASSIGN_OR_RAISE(removes, node.Column("removes", input));
    if (schema[static_cast<size_t>(removes)].type.kind != TypeKind::kBoolean)
      return node.Error("config 'removes' must be a BOOLEAN column");
  }
  return std::unique_ptr<MirroredMap>(new MirroredMap(schema, std::move(keys), removes, context));
}

MirroredMap::MirroredMap(const Schema& schema, std::vector<int> keys, int removes,
                         OperatorContext& context)
    : removes_(removes),
      change_schema_(ChangeSchema(schema)),
      state_("broadcast", schema, std::move(keys), context.subtask, context.tiers) {}

arrow::Result<RecordBatchPtr> MirroredMap::Apply(const Batch& in) {
  std::vector<uint8_t> removed = Removed(in);
  ARROW_RETURN_NOT_OK(state_.Apply(in, removed));
  return ToChanges(*in.rows, std::move(removed));
}

arrow::Result<MirroredMap::Piece> MirroredMap::NextPiece() {
  const RowStore& store = state_.rows().store();
  const bool first = next_mirrored_ == 0;
  const std::vector<RowId> ids = store.LiveRows(&next_mirrored_, store.next_sequence(), kPieceRows);
  mirrored_ = next_mirrored_ >= store.next_sequence();
  ARROW_ASSIGN_OR_RAISE(const auto rows, store.Gather(ids));
  return Piece{ToChanges(*rows, std::vector<uint8_t>(ids.size(), 0)), first};
}

StateCursor MirroredMap::Read(std::optional<StateKey> only) {
  if (state_.is_first()) return ReadRows(state_.rows(), std::move(only));
  return [](size_t) -> arrow::Result<StatePiece> { return StatePiece{{}, true}; };
}

std::vector<uint8_t> MirroredMap::Removed(const Batch& in) const {
  std::vector<uint8_t> removed(static_cast<size_t>(in.num_rows()), 0);
  const ArrayPtr column = removes_ < 0 ? nullptr : in.column(removes_);
  const auto* const removes = static_cast<const arrow::BooleanArray*>(column.get());
  for (int64_t row = 0; row < in.num_rows(); ++row) {
    const bool asked = removes != nullptr && removes->IsValid(row) && removes->Value(row);
    if (asked || IsRetract(in.kind(row))) removed[static_cast<size_t>(row)] = 1;
  }
  return removed;
}

RecordBatchPtr MirroredMap::ToChanges(const arrow::RecordBatch& rows,
                                      std::vector<uint8_t> removed) const {
  std::vector<ArrayPtr> columns = rows.columns();
  columns.insert(columns.begin(),
                 std::make_shared<arrow::Int8Array>(rows.num_rows(),
                                                    arrow::Buffer::FromVector(std::move(removed))));
  return arrow::RecordBatch::Make(change_schema_, rows.num_rows(), std::move(columns));
}

}  // namespace sabot
