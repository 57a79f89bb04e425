// Keys as bytes: exact bytes (a disk format), order, and the way back.
#include "batch/key_encoding.h"

#include <arrow/array.h>
#include <arrow/compute/api.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "arrays.h"
#include "base/hash.h"

namespace sabot {
namespace {

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<uint8_t>(byte) >> 4];
    text += "0123456789abcdef"[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

std::vector<std::string_view> Views(const EncodedKeys& keys) {
  std::vector<std::string_view> views;
  for (int64_t i = 0; i < keys.length(); ++i) views.push_back(keys.key(i));
  return views;
}

TEST(KeyEncoding, BytesNeverChange) {
  const std::vector<ArrayPtr> columns{Array(arrow::int64(), "[5, -1]"),
                                      Array(arrow::utf8(), R"(["ab", "x\u0000y"])"),
                                      Array(arrow::int32(), "[null, 1]")};
  EncodedKeys keys;
  ASSERT_TRUE(keys.Encode(columns, 2).ok());
  EXPECT_EQ(Hex(keys.key(0)),
            "018000000000000005"
            "0161620001"
            "00");
  EXPECT_EQ(Hex(keys.key(1)),
            "017fffffffffffffff"
            "017800ff790001"
            "0180000001");
  EXPECT_EQ(keys.hash(1), HashBytes(keys.key(1)));
}

TEST(KeyEncoding, FixedWidthsTakeOneStrideAndMeanTheSame) {
  EncodedKeys keys;
  const std::vector<ArrayPtr> wide{Array(arrow::int64(), "[1, 2, 3]"),
                                   Array(arrow::int64(), "[4, 5, 6]")};
  ASSERT_TRUE(keys.Encode(wide, 3).ok());
  EXPECT_EQ(Hex(keys.key(2)),
            "018000000000000003"
            "018000000000000006");
  EXPECT_EQ(keys.hash(2), HashBytes(keys.key(2)));
  // Another width after it, then more rows of the same, then fewer.
  for (const char* json : {"[7]", "[7, 8, 9, 10]", "[1, 2]"}) {
    const std::vector<ArrayPtr> narrow{Array(arrow::int16(), json)};
    ASSERT_TRUE(keys.Encode(narrow, narrow[0]->length()).ok());
    EXPECT_EQ(keys.length(), narrow[0]->length());
    for (int64_t i = 0; i < keys.length(); ++i) {
      EXPECT_EQ(keys.key(i).size(), 3u);
      EXPECT_EQ(keys.hash(i), HashBytes(keys.key(i)));
    }
  }
  ASSERT_TRUE(keys.Encode({}, 2).ok());
  EXPECT_EQ(keys.key(1), "");
}

TEST(KeyEncoding, SlicesAreEncodedFromTheirOffset) {
  const std::vector<ArrayPtr> whole{Array(arrow::int64(), "[1, 2, 3]"),
                                    Array(arrow::utf8(), R"(["a", null, "c"])"),
                                    Array(arrow::boolean(), "[true, false, true]")};
  std::vector<ArrayPtr> slices;
  for (const ArrayPtr& column : whole) slices.push_back(column->Slice(1));
  EncodedKeys all;
  EncodedKeys sliced;
  ASSERT_TRUE(all.Encode(whole, 3).ok());
  ASSERT_TRUE(sliced.Encode(slices, 2).ok());
  EXPECT_EQ(sliced.key(0), all.key(1));
  EXPECT_EQ(sliced.key(1), all.key(2));
}

// Values in ascending order: NULL first, then as SQL compares them.
struct OrderCase {
  std::shared_ptr<arrow::DataType> type;
  const char* ascending;
};

TEST(KeyEncoding, ByteOrderIsValueOrderAndDecodingGivesTheValuesBack) {
  const std::vector<OrderCase> cases{
      {arrow::boolean(), "[null, false, true]"},
      {arrow::int8(), "[null, -128, -1, 0, 1, 127]"},
      {arrow::int16(), "[null, -32768, -1, 0, 1, 32767]"},
      {arrow::int32(), "[null, -2147483648, -1, 0, 255, 256, 2147483647]"},
      {arrow::int64(), "[null, -9223372036854775808, -1, 0, 1, 9223372036854775807]"},
      {arrow::float32(), "[null, -Inf, -2.5, -1e-30, 0, 1e-30, 2.5, Inf, NaN]"},
      {arrow::float64(), "[null, -Inf, -2.5, -1e-300, 0, 1e-300, 2.5, Inf, NaN]"},
      {arrow::decimal128(38, 2),
       R"([null, "-999999999999999999999999999999999999.99", "-0.01", "0.00", "0.01", "5.00"])"},
      {arrow::utf8(),
       R"([null, "", "\u0000", "\u0000a", "a", "a\u0000", "a\u0000\u0000", "a\u0001", "ab", "b", "é"])"},
      {arrow::date32(), "[null, -1, 0, 1]"},
      {arrow::time32(arrow::TimeUnit::MILLI), "[null, 0, 1]"},
      {arrow::timestamp(arrow::TimeUnit::MILLI), "[null, -1, 0, 1]"},
      {arrow::duration(arrow::TimeUnit::MILLI), "[null, -1, 0, 1]"},
      {arrow::month_interval(), "[null, -1, 0, 1]"},
      {arrow::list(arrow::int32()), "[null, [], [null], [1], [1, 2], [2]]"},
      {arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())}),
       R"([null, {"a": null, "b": "x"}, {"a": 1, "b": null}, {"a": 1, "b": "x"}])"},
      {arrow::map(arrow::utf8(), arrow::int32()),
       R"([null, [], [["a", null]], [["a", 1]], [["a", 1], ["b", 2]]])"},
  };
  for (const OrderCase& c : cases) {
    const std::vector<ArrayPtr> columns{Array(c.type, c.ascending)};
    EncodedKeys keys;
    ASSERT_TRUE(keys.Encode(columns, columns[0]->length()).ok());
    for (int64_t i = 1; i < keys.length(); ++i) {
      EXPECT_LT(keys.key(i - 1), keys.key(i)) << c.type->ToString() << " at " << i;
    }
    const auto decoded = DecodeKeys(Views(keys), {c.type});
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE((*decoded)[0]->Equals(*columns[0], arrow::EqualOptions().nans_equal(true)))
        << (*decoded)[0]->ToString();
  }
}

TEST(KeyEncoding, ZeroesAndMapsHaveOneForm) {
  EncodedKeys keys;
  const std::vector<ArrayPtr> zeroes{Array(arrow::float64(), "[0.0, -0.0]")};
  ASSERT_TRUE(keys.Encode(zeroes, 2).ok());
  EXPECT_EQ(keys.key(0), keys.key(1));
  const std::vector<ArrayPtr> maps{Array(arrow::map(arrow::utf8(), arrow::int32()),
                                         R"([[["a", 1], ["b", 2]], [["b", 2], ["a", 1]]])")};
  ASSERT_TRUE(keys.Encode(maps, 2).ok());
  EXPECT_EQ(keys.key(0), keys.key(1));
}

TEST(KeyEncoding, DamagedBytesAreAnError) {
  const std::vector<std::string_view> cut{std::string_view("\x01\x80\x00", 3)};
  EXPECT_FALSE(DecodeKeys(cut, {arrow::int64()}).ok());
  const std::vector<std::string_view> unended{std::string_view("\x01xy", 3)};
  EXPECT_FALSE(DecodeKeys(unended, {arrow::utf8()}).ok());
  const std::vector<std::string_view> rest{std::string_view("\x00\x00", 2)};
  EXPECT_FALSE(DecodeKeys(rest, {arrow::utf8()}).ok());
}

TEST(KeyEncoding, EveryKeyGroupHasOneSubtask) {
  for (const int parallelism : {1, 2, 3, 5, 128}) {
    int last = 0;
    for (int group = 0; group < kMaxParallelism; ++group) {
      const int subtask = SubtaskOf(group, parallelism);
      EXPECT_GE(subtask, last);
      EXPECT_LT(subtask, parallelism);
      last = subtask;
    }
  }
}

}  // namespace
}  // namespace sabot
