// Values that move to wider types: arrays, and keys as if they had been encoded from the wider
// array.
#include "state/widening.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "arrays.h"
#include "batch/key_encoding.h"

namespace sabot {
namespace {

struct Step {
  std::shared_ptr<arrow::DataType> from;
  std::shared_ptr<arrow::DataType> to;
  const char* values;
};

std::vector<Step> Integers() {
  return {
      {arrow::int8(), arrow::int16(), "[0, 1, -1, null, 127, -128]"},
      {arrow::int8(), arrow::int32(), "[0, 1, -1, null, 127, -128]"},
      {arrow::int8(), arrow::int64(), "[0, 1, -1, null, 127, -128]"},
      {arrow::int16(), arrow::int32(), "[0, 1, -1, null, 32767, -32768]"},
      {arrow::int16(), arrow::int64(), "[0, 1, -1, null, 32767, -32768]"},
      {arrow::int32(), arrow::int64(), "[0, 1, -1, null, 2147483647, -2147483648, 65536]"},
  };
}

TEST(Widening, ArraysHoldTheSameValues) {
  std::vector<Step> steps = Integers();
  steps.push_back({arrow::float32(), arrow::float64(), "[0.5, -1.25, null]"});
  steps.push_back(
      {arrow::decimal128(5, 2), arrow::decimal128(9, 2), R"(["1.50", "-999.99", null])"});
  steps.push_back({arrow::utf8(), arrow::utf8(), R"(["a", null])"});
  for (const Step& step : steps) {
    SCOPED_TRACE(step.from->ToString() + " to " + step.to->ToString());
    ASSERT_TRUE(Widens(*step.from, *step.to));
    const ArrayPtr narrow = Array(step.from, step.values);
    const ArrayPtr wide = Array(step.to, step.values);
    const auto widened = Widen(narrow, step.to);
    ASSERT_TRUE(widened.ok()) << widened.status();
    EXPECT_TRUE((*widened)->Equals(*wide)) << (*widened)->ToString();
    const auto slice = Widen(narrow->Slice(1), step.to);
    ASSERT_TRUE(slice.ok() && (*slice)->ValidateFull().ok());
    EXPECT_TRUE((*slice)->Equals(*wide->Slice(1))) << (*slice)->ToString();
  }
}

TEST(Widening, WhatLosesValuesIsNone) {
  EXPECT_FALSE(Widens(*arrow::int64(), *arrow::int32()));
  EXPECT_FALSE(Widens(*arrow::int32(), *arrow::float64()));
  EXPECT_FALSE(Widens(*arrow::float64(), *arrow::float32()));
  EXPECT_FALSE(Widens(*arrow::decimal128(9, 2), *arrow::decimal128(5, 2)));
  EXPECT_FALSE(Widens(*arrow::decimal128(5, 2), *arrow::decimal128(9, 3)));
  EXPECT_FALSE(Widens(*arrow::utf8(), *arrow::binary()));
}

// The key columns of rows, encoded.
EncodedKeys Encode(const std::vector<ArrayPtr>& columns) {
  EncodedKeys keys;
  EXPECT_TRUE(keys.Encode(columns, columns[0]->length()).ok());
  return keys;
}

TEST(Widening, KeysAreAsIfEncodedFromTheWiderType) {
  // Values of every kind around the integer, which must be passed over.
  const std::vector<ArrayPtr> around = {
      Array(arrow::utf8(), R"(["", "a\u0000b", "\u0000", null, "zz", "k", "m"])"),
      Array(arrow::boolean(), "[true, false, null, true, true, false, true]"),
      Array(arrow::float64(), "[0.5, null, -1, 2, 3, 4, 5]"),
      Array(arrow::decimal128(5, 2), R"(["1.00", null, "-3.50", "0.00", "1.00", "2.00", "3.00"])"),
      Array(arrow::timestamp(arrow::TimeUnit::MILLI), "[1, null, -5, 7, 9, 11, 13]"),
      Array(arrow::list(arrow::int32()), "[[], [1], [1, null], null, [2], [3], [4]]"),
      Array(arrow::map(arrow::utf8(), arrow::int8()),
            R"([[], [["a", 1]], [["a", 1], ["b", null]], null, [], [], []])"),
      Array(arrow::struct_({arrow::field("x", arrow::int8()), arrow::field("y", arrow::utf8())}),
            R"([[1, "a"], [null, null], null, [2, "b"], [3, "c"], [4, ""], [5, "e"]])"),
  };
  for (const Step& step : Integers()) {
    SCOPED_TRACE(step.from->ToString() + " to " + step.to->ToString());
    const ArrayPtr narrow = Array(step.from, step.values);
    const ArrayPtr wide = Array(step.to, step.values);
    const int64_t length = narrow->length();
    for (const ArrayPtr& other : around) {
      const ArrayPtr beside = other->Slice(0, length);
      const EncodedKeys before = Encode({beside, narrow, beside, narrow});
      const EncodedKeys after = Encode({beside, wide, beside, wide});
      const auto widening =
          EncodedWidening::Make({EncodedTypeText(*beside->type()), EncodedTypeText(*step.from),
                                 EncodedTypeText(*beside->type()), EncodedTypeText(*step.from)},
                                {beside->type(), step.to, beside->type(), step.to});
      ASSERT_TRUE(widening && widening->changes());
      for (int64_t row = 0; row < length; ++row) {
        std::string to;
        ASSERT_TRUE(widening->Apply(std::string(before.key(row)) + "rest", &to));
        EXPECT_EQ(to, std::string(after.key(row)) + "rest") << other->type()->ToString();
        // Cut short anywhere within the values: seen, not read over.
        for (size_t size = 0; size < before.key(row).size(); ++size)
          EXPECT_FALSE(widening->Apply(before.key(row).substr(0, size), &to));
      }
    }
  }
}

TEST(Widening, OfEncodedValuesOnlyIntegersChange) {
  const auto make = [](const std::shared_ptr<arrow::DataType>& from,
                       const std::shared_ptr<arrow::DataType>& to) {
    return EncodedWidening::Make({EncodedTypeText(*from)}, {to});
  };
  const auto digits = make(arrow::decimal128(5, 2), arrow::decimal128(9, 2));
  ASSERT_TRUE(digits);
  EXPECT_FALSE(digits->changes());
  EXPECT_FALSE(make(arrow::float32(), arrow::float64()));
  EXPECT_FALSE(make(arrow::int64(), arrow::int32()));
  EXPECT_FALSE(make(arrow::int32(), arrow::utf8()));
  EXPECT_FALSE(EncodedWidening::Make({"int32"}, {arrow::int32(), arrow::int32()}));
}

}  // namespace
}  // namespace sabot
