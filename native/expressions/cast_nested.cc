// Casts of nested values to their own kind: the parts are cast, the structure stays. A row may lose
// trailing fields.
//
//   ARRAY<INT> [1, NULL] -> ARRAY<STRING> ["1", NULL]
#include <arrow/array.h>
#include <arrow/array/concatenate.h>

#include "expressions/cast.h"
#include "expressions/evaluator.h"
#include "expressions/list_writer.h"

namespace sabot {
namespace {

// Casts a whole column of parts.
class PartCast {
 public:
  static arrow::Result<PartCast> Make(const Type& from, const Type& to,
                                      const SessionContext& session) {
    PartCast part;
    part.type_ = ToArrow(to);
    ARROW_ASSIGN_OR_RAISE(part.kernel_, BindElementCast(from, to, session));
    return part;
  }
  arrow::Result<ArrayPtr> Run(const ArrayPtr& values) const {
    const Vector vector{values, false};
    ARROW_ASSIGN_OR_RAISE(auto cast, kernel_->Run({&vector, 1}, values->length()));
    return Materialize(cast, values->length());
  }

 private:
  std::shared_ptr<arrow::DataType> type_;
  std::shared_ptr<Kernel> kernel_;
};

using CastColumn = std::function<arrow::Result<ArrayPtr>(const ArrayPtr&)>;

// What lies before and after the visible part of a sliced list must not be cast: it may fail.
ArrayPtr Visible(const arrow::ListArray& list, const ArrayPtr& values) {
  const int64_t begin = list.value_offset(0);
  return values->Slice(begin, list.value_offset(list.length()) - begin);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> OffsetsFromZero(const arrow::ListArray& list) {
  ARROW_ASSIGN_OR_RAISE(
      std::shared_ptr<arrow::Buffer> offsets,
      arrow::AllocateBuffer((list.length() + 1) * static_cast<int64_t>(sizeof(int32_t))));
  auto* const to = reinterpret_cast<int32_t*>(offsets->mutable_data());
  for (int64_t i = 0; i <= list.length(); ++i) to[i] = list.value_offset(i) - list.value_offset(0);
  return offsets;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> NullsOf(const ArrayPtr& array) {
  const Vector vector{array, false};
  ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity({&vector, 1}, {}, array->length()));
  return validity.bits;
}

arrow::Result<CastColumn> CastArray(const Cast& cast) {
  ARROW_ASSIGN_OR_RAISE(const auto element,
                        PartCast::Make(cast.from.children[0], cast.to.children[0], cast.session));
  return [element, type = ToArrow(cast.to)](const ArrayPtr& array) -> arrow::Result<ArrayPtr> {
    const auto& list = static_cast<const arrow::ListArray&>(*array);
    ARROW_ASSIGN_OR_RAISE(auto values, element.Run(Visible(list, list.values())));
    ARROW_ASSIGN_OR_RAISE(auto offsets, OffsetsFromZero(list));
    ARROW_ASSIGN_OR_RAISE(auto nulls, NullsOf(array));
    return std::make_shared<arrow::ListArray>(type, list.length(), std::move(offsets),
                                              std::move(values), std::move(nulls));
  };
}

// MAP to MAP, and MULTISET to MULTISET, whose counts stay.
arrow::Result<CastColumn> CastMap(const Cast& cast) {
  Type count;
  count.kind = TypeKind::kInteger;
  count.nullable = false;
  const bool multiset = cast.from.kind == TypeKind::kMultiset;
  ARROW_ASSIGN_OR_RAISE(const auto key,
                        PartCast::Make(cast.from.children[0], cast.to.children[0], cast.session));
  ARROW_ASSIGN_OR_RAISE(const auto value,
                        PartCast::Make(multiset ? count : cast.from.children[1],
                                       multiset ? count : cast.to.children[1], cast.session));
  return [key, value, type = ToArrow(cast.to)](const ArrayPtr& array) -> arrow::Result<ArrayPtr> {
    const auto& map = static_cast<const arrow::MapArray&>(*array);
    ARROW_ASSIGN_OR_RAISE(auto keys, key.Run(Visible(map, map.keys())));
    ARROW_ASSIGN_OR_RAISE(auto values, value.Run(Visible(map, map.items())));
    ARROW_ASSIGN_OR_RAISE(auto offsets, OffsetsFromZero(map));
    ARROW_ASSIGN_OR_RAISE(auto nulls, NullsOf(array));
    ARROW_RETURN_NOT_OK(CheckMapKeys(*keys));
    return std::make_shared<arrow::MapArray>(type, map.length(), std::move(offsets),
                                             std::move(keys), std::move(values), std::move(nulls));
  };
}

arrow::Result<CastColumn> CastRow(const Cast& cast) {
  std::vector<PartCast> fields;
  for (size_t i = 0; i < cast.to.children.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto field,
                          PartCast::Make(cast.from.children[i], cast.to.children[i], cast.session));
    fields.push_back(std::move(field));
  }
  return [fields = std::move(fields),
          type = ToArrow(cast.to)](const ArrayPtr& array) -> arrow::Result<ArrayPtr> {
    const auto& rows = static_cast<const arrow::StructArray&>(*array);
    arrow::ArrayVector children;
    for (size_t i = 0; i < fields.size(); ++i) {
      // Flattened: a field of a NULL row may hold anything, and must not fail.
      ARROW_ASSIGN_OR_RAISE(const auto field, rows.GetFlattenedField(static_cast<int>(i)));
      ARROW_ASSIGN_OR_RAISE(auto child, fields[i].Run(field));
      children.push_back(std::move(child));
    }
    ARROW_ASSIGN_OR_RAISE(auto nulls, NullsOf(array));
    return std::make_shared<arrow::StructArray>(type, rows.length(), std::move(children),
                                                std::move(nulls));
  };
}

// TRY_CAST of a nested value is NULL as a whole if a part fails: then it is done row by row.
CastColumn Attempt(CastColumn cast, std::shared_ptr<arrow::DataType> type) {
  return [cast = std::move(cast),
          type = std::move(type)](const ArrayPtr& array) -> arrow::Result<ArrayPtr> {
    auto whole = cast(array);
    if (whole.ok()) return whole;
    arrow::ArrayVector rows;
    for (int64_t row = 0; row < array->length(); ++row) {
      auto one = cast(array->Slice(row, 1));
      if (!one.ok()) one = arrow::MakeArrayOfNull(type, 1);
      ARROW_RETURN_NOT_OK(one.status());
      rows.push_back(std::move(*one));
    }
    return arrow::Concatenate(rows);
  };
}

arrow::Result<CastColumn> CastOf(const Cast& cast) {
  if (cast.from.kind != cast.to.kind || cast.from.children.size() < cast.to.children.size())
    return NoSuchCall(cast.call);
  switch (cast.from.kind) {
    case TypeKind::kArray:
      return CastArray(cast);
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return CastMap(cast);
    default:
      return CastRow(cast);
  }
}

}  // namespace

KernelResult BindCastNested(const Cast& cast) {
  ARROW_ASSIGN_OR_RAISE(auto column, CastOf(cast));
  if (cast.attempt) column = Attempt(std::move(column), ToArrow(cast.to));
  return LiftBatch([column = std::move(column)](std::span<const Vector> args, int64_t) {
    return column(args[0].array);
  });
}

}  // namespace sabot
