// Masks of arguments.
#include "aggregates/argument.h"

#include <arrow/util/bit_util.h>

namespace sabot {

const uint8_t* MaskNulls(const AggregateRows& rows, size_t num_args,
                         std::vector<uint8_t>& scratch) {
  const uint8_t* mask = rows.selected;
  const auto length = static_cast<size_t>(rows.length());
  for (size_t arg = 0; arg < num_args; ++arg) {
    const arrow::Array& array = *rows.args[arg];
    if (array.null_count() == 0) continue;
    if (mask == nullptr) {
      scratch.assign(length, 1);
    } else if (mask != scratch.data()) {
      scratch.assign(mask, mask + length);
    }
    mask = scratch.data();
    const uint8_t* const bits = array.null_bitmap_data();
    if (bits == nullptr) {  // A NULL-typed array.
      scratch.assign(length, 0);
      continue;
    }
    for (size_t row = 0; row < length; ++row) {
      const bool valid = arrow::bit_util::GetBit(bits, array.offset() + static_cast<int64_t>(row));
      scratch[row] &= static_cast<uint8_t>(valid ? 1 : 0);
    }
  }
  return mask;
}

arrow::Status UnsupportedArgument(const AggregateCall& call) {
  std::string types;
  for (const Type& type : call.arg_types) types += (types.empty() ? "" : ", ") + ToString(type);
  return arrow::Status::NotImplemented("Aggregate function ", call.function, "(", types,
                                       ") with result ", ToString(call.type), " is not supported.");
}

}  // namespace sabot
