// Batches of one column as records that are one value: lines of a file, or messages.
//
//   s: ["hello", "world"]   ->   hello\nworld\n
//
// No state.
#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "formats/decoders.h"
#include "formats/raw_value.h"

namespace sabot {
namespace {

class RawEncoder final : public Encoder {
 public:
  RawEncoder(const Schema& schema, RawOptions options)
      : name_(schema[0].name),
        options_(options),
        width_(RawWidth(schema[0].type)),
        is_text_(schema[0].type.is_string()) {}

  arrow::Status Encode(const Batch& batch, std::string* out) override {
    const arrow::Array& column = *batch.column(0);
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (column.IsNull(row)) {
        return UserError("null-value", name_,
                         "format 'raw' has no bytes for NULL in a file: column '" + name_ +
                             "'; filter such rows out, or give them a value");
      }
      Append(column, row, out);
      out->push_back('\n');
    }
    return arrow::Status::OK();
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    const arrow::Array& column = *batch.column(0);
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      const bool null = column.IsNull(row);
      if (!null) Append(column, row, &out->bytes);
      out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
      if (null) out->nulls.resize(out->ends.size() - 1, 0);
      if (null || !out->nulls.empty()) out->nulls.push_back(null ? 1 : 0);
    }
    return arrow::Status::OK();
  }

 private:
  void Append(const arrow::Array& column, int64_t row, std::string* out) const {
    if (width_ == 0) {
      const auto bytes = static_cast<const arrow::BinaryArray&>(column).GetView(row);
      if (is_text_) {
        AppendInCharset(bytes, options_.charset, out);
      } else {
        out->append(bytes);
      }
      return;
    }
    if (column.type_id() == arrow::Type::BOOL) {
      out->push_back(static_cast<const arrow::BooleanArray&>(column).Value(row) ? '\1' : '\0');
      return;
    }
    const int64_t at = (column.offset() + row) * width_;
    const char* value = reinterpret_cast<const char*>(column.data()->buffers[1]->data()) + at;
    for (int i = 0; i < width_; ++i) {
      out->push_back(value[options_.little_endian ? i : width_ - 1 - i]);
    }
  }

  const std::string name_;
  const RawOptions options_;
  const int width_;
  const bool is_text_;
};

}  // namespace

arrow::Result<std::unique_ptr<Encoder>> MakeRawEncoder(const Schema& schema, const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const RawOptions options, ReadRawOptions(schema, node));
  return std::make_unique<RawEncoder>(schema, options);
}

}  // namespace sabot
