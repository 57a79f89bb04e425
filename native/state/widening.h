// Values of state that move to a wider type without loss.
//
//   INT 5 -> BIGINT 5      FLOAT 0.5 -> DOUBLE 0.5      DECIMAL(5, 2) 1.50 -> DECIMAL(9, 2) 1.50
//   in a key:  (INT 5, 'ab')  01 80000005 01 61 62 00 01   ->   01 8000000000000005 01 61 62 00 01
//
// Of encoded values (batch/key_encoding.h) only integers change; text and decimals are encoded
// alike whatever their length. Floating point is not widened there: 0.1 as FLOAT is another number
// than 0.1 as DOUBLE.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"

namespace sabot {

using KeyTypes = std::vector<std::shared_ptr<arrow::DataType>>;

// What the encoding of a type's values depends on.
std::string EncodedTypeText(const arrow::DataType& type);

// Whether Widen takes an array of one to the other. Equal types are.
bool Widens(const arrow::DataType& from, const arrow::DataType& to);
arrow::Result<ArrayPtr> Widen(const ArrayPtr& array, const std::shared_ptr<arrow::DataType>& to);

// Takes encoded values, one after the other, to wider types. What follows them stays.
class EncodedWidening {
 public:
  // From types with these texts; nullopt: some value would not fit.
  static std::optional<EncodedWidening> Make(const std::vector<std::string>& from, KeyTypes to);

  bool changes() const { return changes_; }
  // False: these are no such values.
  bool Apply(std::string_view encoded, std::string* to) const;

 private:
  EncodedWidening() = default;
  KeyTypes types_;
  std::vector<size_t> widths_;  // Of integers that get wider, in bytes; else 0.
  bool changes_ = false;
};

}  // namespace sabot
