// Writes lists of text, and maps from text to text, row by row.
//
//   Append("a"); Append(nullopt); EndRow(); EndNull();   ->  ["a", NULL], NULL
#pragma once

#include <arrow/array/array_nested.h>
#include <arrow/array/builder_binary.h>
#include <arrow/buffer_builder.h>
#include <arrow/type.h>

#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "batch/batch.h"

namespace sabot {

// Arrow's maps have no NULL keys (Flink's may).
inline arrow::Status CheckMapKeys(const arrow::Array& keys) {
  if (keys.null_count() == 0) return arrow::Status::OK();
  return UserError("null-map-key", "NULL", "A key of a MAP is NULL; filter such keys out.");
}

// Offsets and validity of a column of lists or maps.
class ListOffsets {
 public:
  arrow::Status End(int64_t elements, bool valid) {
    if (length_ == 0) ARROW_RETURN_NOT_OK(offsets_.Append(0));
    ++length_;
    nulls_ += valid ? 0 : 1;
    ARROW_RETURN_NOT_OK(validity_.Append(valid));
    return offsets_.Append(static_cast<int32_t>(elements));
  }
  // A list (child: the elements) or a map (child: the struct of key and value) of `type`.
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type,
                                 const ArrayPtr& child) {
    if (length_ == 0) ARROW_RETURN_NOT_OK(offsets_.Append(0));
    ARROW_ASSIGN_OR_RAISE(auto offsets, offsets_.Finish());
    std::shared_ptr<arrow::Buffer> validity;
    if (nulls_ > 0) {
      ARROW_ASSIGN_OR_RAISE(validity, validity_.Finish());
    }
    return arrow::MakeArray(arrow::ArrayData::Make(
        type, length_, {std::move(validity), std::move(offsets)}, {child->data()}, nulls_));
  }

 private:
  arrow::TypedBufferBuilder<int32_t> offsets_;
  arrow::TypedBufferBuilder<bool> validity_;
  int64_t length_ = 0;
  int64_t nulls_ = 0;
};

class TextListWriter {
 public:
  arrow::Status Append(std::optional<std::string_view> element) {
    return element.has_value() ? elements_.Append(*element) : elements_.AppendNull();
  }
  arrow::Status EndRow() { return offsets_.End(elements_.length(), true); }
  arrow::Status EndNull() { return offsets_.End(elements_.length(), false); }
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type) {
    ArrayPtr elements;
    ARROW_RETURN_NOT_OK(elements_.Finish(&elements));
    return offsets_.Finish(type, elements);
  }

 private:
  arrow::StringBuilder elements_;
  ListOffsets offsets_;
};

class TextMapWriter {
 public:
  arrow::Status Append(std::string_view key, std::optional<std::string_view> value) {
    ARROW_RETURN_NOT_OK(keys_.Append(key));
    return value.has_value() ? values_.Append(*value) : values_.AppendNull();
  }
  arrow::Status EndRow() { return offsets_.End(keys_.length(), true); }
  arrow::Status EndNull() { return offsets_.End(keys_.length(), false); }
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type) {
    ArrayPtr keys;
    ArrayPtr values;
    ARROW_RETURN_NOT_OK(keys_.Finish(&keys));
    ARROW_RETURN_NOT_OK(values_.Finish(&values));
    const auto& map = static_cast<const arrow::MapType&>(*type);
    return offsets_.Finish(type,
                           std::make_shared<arrow::StructArray>(map.value_type(), keys->length(),
                                                                arrow::ArrayVector{keys, values}));
  }

 private:
  arrow::StringBuilder keys_;
  arrow::StringBuilder values_;
  ListOffsets offsets_;
};

}  // namespace sabot
