// Encodes key columns: column at a time into one buffer, then hashes row by row.
//
//   fixed widths, no NULL:  every row has the same stride, no sizes are counted
//   anything else:          sizes per row, prefix sums, then values at each row's cursor
#include "batch/key_encoding.h"

#include <arrow/array.h>
#include <arrow/util/decimal.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>

#include "base/check.h"
#include "base/hash.h"
#include "batch/key_values.h"

namespace sabot {
namespace {

constexpr char kNullMark = 0;
constexpr char kValueMark = 1;

// One key column, whatever its type.
class KeyColumn {
 public:
  virtual ~KeyColumn() = default;
  // Bytes a row where the width is fixed and no value is NULL (mark included), else 0.
  virtual size_t stride() const { return 0; }
  virtual void PutStrided(int64_t length, char* out, size_t stride) const = 0;
  // Adds each row's size to sizes[row].
  virtual arrow::Status AddSizes(int64_t length, size_t* sizes) = 0;
  // Writes each row's value at base + cursors[row] and advances the cursor.
  virtual void Put(int64_t length, char* base, size_t* cursors) const = 0;
  virtual arrow::Status Append(int64_t row, std::string& out) const = 0;
};

template <typename Values>
class FlatColumn final : public KeyColumn {
 public:
  explicit FlatColumn(const arrow::Array& array)
      : array_(array), values_(array), has_nulls_(array.null_count() != 0) {}

  size_t stride() const override {
    return Values::kWidth == 0 || has_nulls_ ? 0 : Values::kWidth + 1;
  }

  void PutStrided(int64_t length, char* out, size_t stride) const override {
    for (int64_t row = 0; row < length; ++row, out += stride) {
      *out = kValueMark;
      values_.Put(row, out + 1);
    }
  }

  arrow::Status AddSizes(int64_t length, size_t* sizes) override {
    if (!has_nulls_) {
      for (int64_t row = 0; row < length; ++row) sizes[row] += 1 + values_.Size(row);
    } else {
      for (int64_t row = 0; row < length; ++row)
        sizes[row] += array_.IsNull(row) ? 1 : 1 + values_.Size(row);
    }
    return arrow::Status::OK();
  }

  void Put(int64_t length, char* base, size_t* cursors) const override {
    for (int64_t row = 0; row < length; ++row) {
      char* const out = base + cursors[row];
      if (has_nulls_ && array_.IsNull(row)) {
        *out = kNullMark;
        ++cursors[row];
        continue;
      }
      *out = kValueMark;
      cursors[row] = static_cast<size_t>(values_.Put(row, out + 1) - base);
    }
  }

  arrow::Status Append(int64_t row, std::string& out) const override {
    if (has_nulls_ && array_.IsNull(row)) {
      out += kNullMark;
      return arrow::Status::OK();
    }
    out += kValueMark;
    const size_t at = out.size();
    out.resize(at + values_.Size(row));
    values_.Put(row, out.data() + at);
    return arrow::Status::OK();
  }

 private:
  const arrow::Array& array_;
  Values values_;
  bool has_nulls_;
};

arrow::Result<std::unique_ptr<KeyColumn>> MakeKeyColumn(const arrow::Array& array);

// Rows, lists and maps: encoded value by value into a text of their own while sizes are counted.
class NestedColumn final : public KeyColumn {
 public:
  static arrow::Result<std::unique_ptr<KeyColumn>> Make(const arrow::Array& array) {
    auto column = std::make_unique<NestedColumn>(array);
    if (array.type_id() == arrow::Type::STRUCT) {
      const auto& rows = static_cast<const arrow::StructArray&>(array);
      for (int i = 0; i < rows.num_fields(); ++i)
        ARROW_RETURN_NOT_OK(column->AddPart(rows.field(i)));
    } else if (array.type_id() == arrow::Type::MAP) {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      ARROW_RETURN_NOT_OK(column->AddPart(map.keys()));
      ARROW_RETURN_NOT_OK(column->AddPart(map.items()));
    } else {
      ARROW_RETURN_NOT_OK(column->AddPart(static_cast<const arrow::ListArray&>(array).values()));
    }
    return column;
  }

  explicit NestedColumn(const arrow::Array& array) : array_(array) {}

  void PutStrided(int64_t, char*, size_t) const override { SABOT_CHECK(false); }

  arrow::Status AddSizes(int64_t length, size_t* sizes) override {
    text_.clear();
    ends_.clear();
    for (int64_t row = 0; row < length; ++row) {
      const size_t before = text_.size();
      ARROW_RETURN_NOT_OK(Append(row, text_));
      ends_.push_back(text_.size());
      sizes[row] += text_.size() - before;
    }
    return arrow::Status::OK();
  }

  void Put(int64_t length, char* base, size_t* cursors) const override {
    size_t from = 0;
    for (int64_t row = 0; row < length; ++row) {
      const size_t to = ends_[static_cast<size_t>(row)];
      std::memcpy(base + cursors[row], text_.data() + from, to - from);
      cursors[row] += to - from;
      from = to;
    }
  }

  arrow::Status Append(int64_t row, std::string& out) const override {
    if (array_.IsNull(row)) {
      out += kNullMark;
      return arrow::Status::OK();
    }
    out += kValueMark;
    if (array_.type_id() == arrow::Type::STRUCT) {
      for (const auto& part : parts_) ARROW_RETURN_NOT_OK(part->Append(row, out));
      return arrow::Status::OK();
    }
    const auto& list = static_cast<const arrow::ListArray&>(array_);  // A MapArray is one, too.
    const int64_t first = list.value_offset(row);
    const int64_t last = list.value_offset(row + 1);
    if (parts_.size() == 1) {
      for (int64_t i = first; i < last; ++i) {
        out += kValueMark;
        ARROW_RETURN_NOT_OK(parts_[0]->Append(i, out));
      }
    } else {
      std::vector<std::string> entries(static_cast<size_t>(last - first));
      for (int64_t i = first; i < last; ++i) {
        std::string& entry = entries[static_cast<size_t>(i - first)];
        ARROW_RETURN_NOT_OK(parts_[0]->Append(i, entry));
        ARROW_RETURN_NOT_OK(parts_[1]->Append(i, entry));
      }
      std::sort(entries.begin(), entries.end());
      for (const std::string& entry : entries) {
        out += kValueMark;
        out += entry;
      }
    }
    out += kNullMark;
    return arrow::Status::OK();
  }

 private:
  arrow::Status AddPart(ArrayPtr part) {
    ARROW_ASSIGN_OR_RAISE(auto column, MakeKeyColumn(*part));
    arrays_.push_back(std::move(part));
    parts_.push_back(std::move(column));
    return arrow::Status::OK();
  }

  const arrow::Array& array_;
  std::vector<ArrayPtr> arrays_;  // Kept alive for parts_.
  std::vector<std::unique_ptr<KeyColumn>> parts_;
  std::string text_;
  std::vector<size_t> ends_;
};

class NullColumn final : public KeyColumn {
 public:
  size_t stride() const override { return 1; }
  void PutStrided(int64_t length, char* out, size_t stride) const override {
    for (int64_t row = 0; row < length; ++row, out += stride) *out = kNullMark;
  }
  arrow::Status AddSizes(int64_t length, size_t* sizes) override {
    for (int64_t row = 0; row < length; ++row) ++sizes[row];
    return arrow::Status::OK();
  }
  void Put(int64_t length, char* base, size_t* cursors) const override {
    for (int64_t row = 0; row < length; ++row) base[cursors[row]++] = kNullMark;
  }
  arrow::Status Append(int64_t, std::string& out) const override {
    out += kNullMark;
    return arrow::Status::OK();
  }
};

arrow::Result<std::unique_ptr<KeyColumn>> MakeKeyColumn(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::NA:
      return std::make_unique<NullColumn>();
    case arrow::Type::BOOL:
      return std::make_unique<FlatColumn<BooleanValues>>(array);
    case arrow::Type::INT8:
      return std::make_unique<FlatColumn<IntegerValues<int8_t>>>(array);
    case arrow::Type::INT16:
      return std::make_unique<FlatColumn<IntegerValues<int16_t>>>(array);
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::TIME32:
    case arrow::Type::INTERVAL_MONTHS:
      return std::make_unique<FlatColumn<IntegerValues<int32_t>>>(array);
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
      return std::make_unique<FlatColumn<IntegerValues<int64_t>>>(array);
    case arrow::Type::FLOAT:
      return std::make_unique<FlatColumn<FloatValues<float, uint32_t>>>(array);
    case arrow::Type::DOUBLE:
      return std::make_unique<FlatColumn<FloatValues<double, uint64_t>>>(array);
    case arrow::Type::DECIMAL128:
      return std::make_unique<FlatColumn<DecimalValues>>(array);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::make_unique<FlatColumn<StringValues>>(array);
    case arrow::Type::STRUCT:
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return NestedColumn::Make(array);
    default:
      return arrow::Status::NotImplemented("a key of type ", array.type()->ToString());
  }
}

// The common strides are constants, so that the hash is inlined for them.
void HashStrided(const char* bytes, size_t stride, size_t length, uint64_t* hashes) {
  switch (stride) {
    case 5:
      for (size_t row = 0; row < length; ++row) hashes[row] = HashBytes(bytes + row * 5, 5);
      return;
    case 9:
      for (size_t row = 0; row < length; ++row) hashes[row] = HashBytes(bytes + row * 9, 9);
      return;
    case 18:
      for (size_t row = 0; row < length; ++row) hashes[row] = HashBytes(bytes + row * 18, 18);
      return;
    default:
      for (size_t row = 0; row < length; ++row)
        hashes[row] = HashBytes(bytes + row * stride, stride);
  }
}

}  // namespace

void EncodedKeys::SetStride(size_t stride, size_t length) {
  const size_t filled = stride_ == stride ? offsets_.size() : 0;
  if (filled < length + 1) {
    offsets_.resize(length + 1);
    for (size_t row = filled; row <= length; ++row) offsets_[row] = row * stride;
    stride_ = stride;
  }
  if (bytes_.size() < stride * length) bytes_.resize(stride * length);
  hashes_.resize(length);
}

arrow::Status EncodedKeys::Encode(std::span<const ArrayPtr> columns, int64_t num_rows) {
  const auto length = static_cast<size_t>(num_rows);
  std::vector<std::unique_ptr<KeyColumn>> key_columns;
  key_columns.reserve(columns.size());
  size_t stride = 0;
  bool strided = true;
  for (const ArrayPtr& column : columns) {
    SABOT_CHECK(column->length() >= num_rows);
    ARROW_ASSIGN_OR_RAISE(auto key_column, MakeKeyColumn(*column));
    strided = strided && key_column->stride() != 0;
    stride += key_column->stride();
    key_columns.push_back(std::move(key_column));
  }
  if (strided) {
    if (stride == 0) {  // No columns: a stride of 0 stands for variable width below.
      stride_ = 0;
      offsets_.assign(length + 1, 0);
      hashes_.assign(length, HashBytes("", 0));
      return arrow::Status::OK();
    }
    SetStride(stride, length);
    char* out = bytes_.data();
    for (const auto& column : key_columns) {
      column->PutStrided(num_rows, out, stride);
      out += column->stride();
    }
    HashStrided(bytes_.data(), stride, length, hashes_.data());
    return arrow::Status::OK();
  }
  stride_ = 0;
  offsets_.assign(length + 1, 0);
  for (const auto& column : key_columns)
    ARROW_RETURN_NOT_OK(column->AddSizes(num_rows, offsets_.data() + 1));
  for (size_t row = 0; row < length; ++row) offsets_[row + 1] += offsets_[row];
  if (bytes_.size() < offsets_[length]) bytes_.resize(offsets_[length]);
  cursors_.assign(offsets_.begin(), offsets_.end() - 1);
  for (const auto& column : key_columns) column->Put(num_rows, bytes_.data(), cursors_.data());
  hashes_.resize(length);
  for (size_t row = 0; row < length; ++row) {
    SABOT_CHECK(cursors_[row] == offsets_[row + 1]);
    hashes_[row] = HashBytes(bytes_.data() + offsets_[row], offsets_[row + 1] - offsets_[row]);
  }
  return arrow::Status::OK();
}

arrow::Status EncodeValue(const arrow::Array& column, int64_t row, std::string& out) {
  ARROW_ASSIGN_OR_RAISE(const auto key_column, MakeKeyColumn(column));
  return key_column->Append(row, out);
}

}  // namespace sabot
