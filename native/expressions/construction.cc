// Rows, arrays and maps made and taken apart: row, array, map, field, item.
//
//   ROW(1, 'a')   ARRAY[1, 2]   MAP['k', 1]      r.f   a[2]   m['k']
//
// An index past the end, zero or negative, and an absent key give NULL. Of equal keys in MAP[...]
// the last counts.
#include <arrow/array.h>
#include <arrow/array/concatenate.h>

#include <span>

#include "expressions/evaluator.h"
#include "expressions/lift.h"
#include "expressions/list_writer.h"
#include "expressions/value_equality.h"

namespace sabot {
namespace {

// --- making ---

arrow::Result<ArrayPtr> AsType(const ArrayPtr& array,
                               const std::shared_ptr<arrow::DataType>& type) {
  if (array->type()->Equals(*type)) return array;
  if (array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, array->length());
  return array->View(type);
}

KernelResult BindRow(const Expression& call, const SessionContext&) {
  if (call.args.size() != call.type.children.size()) return NoSuchCall(call);
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    arrow::ArrayVector fields;
    for (size_t i = 0; i < args.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(const auto values, Materialize(args[i], rows));
      ARROW_ASSIGN_OR_RAISE(auto field, AsType(values, type->field(static_cast<int>(i))->type()));
      fields.push_back(std::move(field));
    }
    return std::make_shared<arrow::StructArray>(type, rows, std::move(fields));
  });
}

// The arguments `first`, `first + step`, ... of every row, row after row.
arrow::Result<ArrayPtr> Interleave(std::span<const Vector> args, size_t first, size_t step,
                                   int64_t rows, const std::shared_ptr<arrow::DataType>& type) {
  arrow::ArrayVector arrays;
  std::vector<int64_t> bases;
  int64_t total = 0;
  for (size_t i = first; i < args.size(); i += step) {
    ARROW_ASSIGN_OR_RAISE(auto array, AsType(args[i].array, type));
    bases.push_back(total);
    total += array->length();
    arrays.push_back(std::move(array));
  }
  if (arrays.empty()) return arrow::MakeArrayOfNull(type, 0);
  std::vector<int32_t> indices;
  indices.reserve(bases.size() * static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    for (size_t i = 0; i < bases.size(); ++i) {
      indices.push_back(static_cast<int32_t>(bases[i] + args[first + i * step].at(row)));
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto all, arrow::Concatenate(arrays));
  return Take(all, indices);
}

// 0, size, 2 * size, ...
arrow::Result<std::shared_ptr<arrow::Buffer>> EvenOffsets(int64_t rows, int64_t size) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> offsets,
                        arrow::AllocateBuffer((rows + 1) * static_cast<int64_t>(sizeof(int32_t))));
  auto* const to = reinterpret_cast<int32_t*>(offsets->mutable_data());
  for (int64_t row = 0; row <= rows; ++row) to[row] = static_cast<int32_t>(row * size);
  return offsets;
}

KernelResult BindArray(const Expression& call, const SessionContext&) {
  if (call.type.kind != TypeKind::kArray) return NoSuchCall(call);
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto values, Interleave(args, 0, 1, rows, type->field(0)->type()));
    ARROW_ASSIGN_OR_RAISE(auto offsets, EvenOffsets(rows, static_cast<int64_t>(args.size())));
    return std::make_shared<arrow::ListArray>(type, rows, std::move(offsets), std::move(values));
  });
}

KernelResult BindMap(const Expression& call, const SessionContext&) {
  if (call.type.kind != TypeKind::kMap || call.args.size() % 2 != 0) return NoSuchCall(call);
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    const auto& map_type = static_cast<const arrow::MapType&>(*type);
    ARROW_ASSIGN_OR_RAISE(auto keys, Interleave(args, 0, 2, rows, map_type.key_type()));
    ARROW_ASSIGN_OR_RAISE(auto values, Interleave(args, 1, 2, rows, map_type.item_type()));
    const auto size = static_cast<int64_t>(args.size()) / 2;
    // Entry i counts unless a later one has its key; the entry stays where the key came first.
    std::vector<int32_t> key_rows;
    std::vector<int32_t> value_rows;
    ARROW_ASSIGN_OR_RAISE(auto offsets, EvenOffsets(rows, size));
    auto* const ends = reinterpret_cast<int32_t*>(offsets->mutable_data());
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t i = row * size; i < (row + 1) * size; ++i) {
        bool repeated = false;
        for (auto j = static_cast<size_t>(ends[row]); j < key_rows.size() && !repeated; ++j) {
          if (!ValuesEqual(*keys, key_rows[j], *keys, i)) continue;
          value_rows[j] = static_cast<int32_t>(i);
          repeated = true;
        }
        if (repeated) continue;
        key_rows.push_back(static_cast<int32_t>(i));
        value_rows.push_back(static_cast<int32_t>(i));
      }
      ends[row + 1] = static_cast<int32_t>(key_rows.size());
    }
    if (static_cast<int64_t>(key_rows.size()) < keys->length()) {
      ARROW_ASSIGN_OR_RAISE(keys, Take(keys, key_rows));
      ARROW_ASSIGN_OR_RAISE(values, Take(values, value_rows));
    }
    ARROW_RETURN_NOT_OK(CheckMapKeys(*keys));
    return std::make_shared<arrow::MapArray>(type, rows, std::move(offsets), std::move(keys),
                                             std::move(values));
  });
}

// --- taking apart ---

KernelResult BindField(const Expression& call, const SessionContext&) {
  const int64_t index = call.IntOption("index", -1);
  if (call.args.size() != 1 || call.args[0].type.kind != TypeKind::kRow || index < 0 ||
      index >= static_cast<int64_t>(call.args[0].type.children.size())) {
    return NoSuchCall(call);
  }
  return LiftBatch([index = static_cast<int>(index)](std::span<const Vector> args,
                                                     int64_t) -> arrow::Result<ArrayPtr> {
    // A field of a NULL row is NULL.
    return static_cast<const arrow::StructArray&>(*args[0].array).GetFlattenedField(index);
  });
}

// The elements at `positions` (kNoPosition: NULL) of an array of elements.
constexpr int64_t kNoPosition = -1;

arrow::Result<ArrayPtr> TakeOrNull(const ArrayPtr& elements, std::span<const int64_t> positions) {
  // A NULL after the last element stands for all of them.
  ARROW_ASSIGN_OR_RAISE(const auto null, arrow::MakeArrayOfNull(elements->type(), 1));
  ARROW_ASSIGN_OR_RAISE(const auto with_null, arrow::Concatenate({elements, null}));
  std::vector<int32_t> indices(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) {
    indices[i] =
        static_cast<int32_t>(positions[i] == kNoPosition ? elements->length() : positions[i]);
  }
  return Take(with_null, indices);
}

template <typename T>
void FindElements(std::span<const Vector> args, int64_t rows, std::vector<int64_t>* positions) {
  const Reader<ListSlice> lists(args[0]);
  const Reader<T> indices(args[1]);
  const NullBits list_nulls(args[0]);
  const NullBits index_nulls(args[1]);
  for (int64_t row = 0; row < rows; ++row) {
    if (!list_nulls.valid(row) || !index_nulls.valid(row)) continue;
    const ListSlice list = lists[row];
    const int64_t index = indices[row];
    if (index >= 1 && index <= list.size())
      (*positions)[static_cast<size_t>(row)] = list.begin + index - 1;
  }
}

KernelResult BindArrayItem(const Expression& call) {
  return WithInteger(call, call.args[1].type.kind, [&]<typename T>() -> KernelResult {
    return LiftBatch([](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
      std::vector<int64_t> positions(static_cast<size_t>(rows), kNoPosition);
      FindElements<T>(args, rows, &positions);
      return TakeOrNull(static_cast<const arrow::ListArray&>(*args[0].array).values(), positions);
    });
  });
}

KernelPtr LiftMapItem() {
  return LiftBatch([](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    const auto& map = static_cast<const arrow::MapArray&>(*args[0].array);
    const Reader<ListSlice> entries(args[0]);
    const NullBits nulls(args[0]);
    std::vector<int64_t> positions(static_cast<size_t>(rows), kNoPosition);
    for (int64_t row = 0; row < rows; ++row) {
      if (!nulls.valid(row)) continue;
      const ListSlice slice = entries[row];
      for (int64_t i = slice.begin; i < slice.end; ++i) {
        if (!ValuesEqual(*map.keys(), i, *args[1].array, args[1].at(row))) continue;
        positions[static_cast<size_t>(row)] = i;
        break;
      }
    }
    return TakeOrNull(map.items(), positions);
  });
}

KernelResult BindItem(const Expression& call, const SessionContext&) {
  if (call.args.size() != 2) return NoSuchCall(call);
  if (call.args[0].type.kind == TypeKind::kArray) return BindArrayItem(call);
  if (call.args[0].type.kind == TypeKind::kMap) return LiftMapItem();
  return NoSuchCall(call);
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "row", .bind = &BindRow},   {.name = "array", .bind = &BindArray},
    {.name = "map", .bind = &BindMap},   {.name = "field", .bind = &BindField},
    {.name = "item", .bind = &BindItem},
};

}  // namespace

std::span<const FunctionSpec> ConstructionFunctions() { return kFunctions; }

}  // namespace sabot
