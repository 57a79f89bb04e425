// Columns of rows that lie in several batches.
#include <arrow/array/array_binary.h>
#include <arrow/array/builder_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/checked_cast.h>

#include <array>
#include <cstring>

#include "state/row_store.h"

namespace sabot {
namespace {

// Validity of the referenced rows; nullptr where all are valid.
arrow::Result<std::shared_ptr<arrow::Buffer>> GatherValidity(std::span<const RowRef> rows,
                                                             int column, int64_t* null_count) {
  *null_count = 0;
  ARROW_ASSIGN_OR_RAISE(auto bitmap, arrow::AllocateEmptyBitmap(static_cast<int64_t>(rows.size())));
  uint8_t* bits = bitmap->mutable_data();
  const arrow::RecordBatch* batch = nullptr;
  const arrow::Array* array = nullptr;
  ArrayPtr owner;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].batch != batch) {
      batch = rows[i].batch;
      owner = batch == nullptr ? nullptr : batch->column(column);
      array = owner.get();
    }
    if (batch != nullptr && array->IsValid(rows[i].row)) {
      arrow::bit_util::SetBit(bits, static_cast<int64_t>(i));
    } else {
      ++*null_count;
    }
  }
  if (*null_count == 0) return nullptr;
  return bitmap;
}

template <typename T>
arrow::Result<ArrayPtr> GatherFixed(std::span<const RowRef> rows, int column,
                                    const std::shared_ptr<arrow::DataType>& type) {
  const auto length = static_cast<int64_t>(rows.size());
  ARROW_ASSIGN_OR_RAISE(auto values,
                        arrow::AllocateBuffer(length * static_cast<int64_t>(sizeof(T))));
  auto* to = reinterpret_cast<T*>(values->mutable_data());
  const arrow::RecordBatch* batch = nullptr;
  const T* from = nullptr;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].batch == nullptr) {
      to[i] = T{};
      continue;
    }
    if (rows[i].batch != batch) {
      batch = rows[i].batch;
      from = batch->column_data(column)->GetValues<T>(1);
    }
    to[i] = from[rows[i].row];
  }
  int64_t null_count = 0;
  ARROW_ASSIGN_OR_RAISE(auto validity, GatherValidity(rows, column, &null_count));
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, length, {std::move(validity), std::shared_ptr<arrow::Buffer>(std::move(values))},
      null_count));
}

arrow::Result<ArrayPtr> GatherBinary(std::span<const RowRef> rows, int column,
                                     const std::shared_ptr<arrow::DataType>& type) {
  const auto length = static_cast<int64_t>(rows.size());
  ARROW_ASSIGN_OR_RAISE(auto offsets, arrow::AllocateBuffer((length + 1) * 4));
  auto* offset = reinterpret_cast<int32_t*>(offsets->mutable_data());
  std::vector<std::string_view> views(rows.size());
  const arrow::RecordBatch* batch = nullptr;
  ArrayPtr owner;
  int64_t total = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    offset[i] = static_cast<int32_t>(total);
    if (rows[i].batch == nullptr) continue;
    if (rows[i].batch != batch) {
      batch = rows[i].batch;
      owner = batch->column(column);
    }
    const auto& array = arrow::internal::checked_cast<const arrow::BinaryArray&>(*owner);
    if (array.IsNull(rows[i].row)) continue;
    views[i] = array.GetView(rows[i].row);
    total += static_cast<int64_t>(views[i].size());
    if (total > INT32_MAX) return arrow::Status::CapacityError("a gathered column exceeds 2 GiB");
  }
  offset[length] = static_cast<int32_t>(total);
  ARROW_ASSIGN_OR_RAISE(auto bytes, arrow::AllocateBuffer(total));
  uint8_t* to = bytes->mutable_data();
  for (const std::string_view view : views) {
    if (view.empty()) continue;
    std::memcpy(to, view.data(), view.size());
    to += view.size();
  }
  int64_t null_count = 0;
  ARROW_ASSIGN_OR_RAISE(auto validity, GatherValidity(rows, column, &null_count));
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, length,
      {std::move(validity), std::shared_ptr<arrow::Buffer>(std::move(offsets)),
       std::shared_ptr<arrow::Buffer>(std::move(bytes))},
      null_count));
}

// Booleans and nested types: through a builder.
arrow::Result<ArrayPtr> GatherByBuilder(std::span<const RowRef> rows, int column,
                                        const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(type));
  ARROW_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(rows.size())));
  for (const RowRef& ref : rows) {
    if (ref.batch == nullptr) {
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(builder->AppendArraySlice(*ref.batch->column_data(column), ref.row, 1));
    }
  }
  return builder->Finish();
}

}  // namespace

arrow::Result<ArrayPtr> GatherColumn(std::span<const RowRef> rows, int column,
                                     const std::shared_ptr<arrow::DataType>& type) {
  if (arrow::is_binary_like(type->id())) return GatherBinary(rows, column, type);
  if (type->id() == arrow::Type::DECIMAL128) {
    return GatherFixed<std::array<uint64_t, 2>>(rows, column, type);
  }
  if (arrow::is_primitive(type->id()) && type->id() != arrow::Type::BOOL) {
    switch (type->bit_width()) {
      case 8:
        return GatherFixed<uint8_t>(rows, column, type);
      case 16:
        return GatherFixed<uint16_t>(rows, column, type);
      case 32:
        return GatherFixed<uint32_t>(rows, column, type);
      case 64:
        return GatherFixed<uint64_t>(rows, column, type);
      default:
        break;
    }
  }
  return GatherByBuilder(rows, column, type);
}

}  // namespace sabot
