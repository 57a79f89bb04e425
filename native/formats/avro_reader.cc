// Walking over Avro's bytes.
#include "formats/avro_reader.h"

#include <simdjson.h>

#include <array>
#include <cstring>
#include <unordered_map>

#include "base/check.h"
#include "base/hash_map_order.h"
#include "base/number_text.h"
#include "formats/charset.h"

namespace sabot {
namespace {

constexpr int kDepthMax = 200;
// Elements without bytes (an array of nulls) in one record: what a few bytes could ask for else.
constexpr int64_t kEmptyElementsMax = 1 << 20;

constexpr std::array<Int128, 39> PowersOfTen() {
  std::array<Int128, 39> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<Int128, 39> kPowersOfTen = PowersOfTen();

std::string_view View(const uint8_t* p, int64_t size) {
  return {reinterpret_cast<const char*>(p), static_cast<size_t>(size)};
}

template <typename T>
T Load(const uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

int64_t FloorDivide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

}  // namespace

const uint8_t* AvroReader::Read(const uint8_t* p, const uint8_t* end, AvroFault* fault) {
  end_ = end;
  fault_ = fault;
  empty_elements_ = 0;
  images_.clear();
  tag_ = {};
  return ReadNode(*root_, p, 0);
}

const uint8_t* AvroReader::Fail(const uint8_t* at, std::string reason) {
  *fault_ = {at, std::move(reason)};
  return nullptr;
}

const uint8_t* AvroReader::FailIn(const std::string& field) {
  fault_->field.insert(0, fault_->field.empty() ? field : field + ".");
  return nullptr;
}

// At most ten bytes: those behind the end are readable.
const uint8_t* AvroReader::ReadVarint(const uint8_t* p, bool is_int, int64_t* value) {
  const uint8_t* const begin = p;
  uint64_t bits = *p & 0x7F;
  for (int shift = 7; (*p & 0x80) != 0; shift += 7) {
    if (shift > 63) return Fail(begin, "a number has more than ten bytes");
    ++p;
    bits |= static_cast<uint64_t>(*p & 0x7F) << shift;
  }
  ++p;
  if (p > end_) return Fail(begin, "the record ends inside a number");
  *value = static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
  if (is_int && *value != static_cast<int32_t>(*value))
    return Fail(begin, "an int has more than 32 bits");
  return p;
}

// A size of bytes that are there.
const uint8_t* AvroReader::ReadSize(const uint8_t* p, int64_t* size) {
  const uint8_t* const begin = p;
  p = ReadVarint(p, false, size);
  if (p == nullptr) return nullptr;
  if (*size < 0 || *size > end_ - p)
    return Fail(begin, "there are not as many bytes as a text or bytes value says");
  return p;
}

const uint8_t* AvroReader::ReadNode(const Node& node, const uint8_t* p, int depth) {
  switch (node.op) {
    case Op::kRecord:
      if (depth > kDepthMax) return Fail(p, "values are nested deeper than 200 levels");
      for (size_t i = 0; i < node.children.size(); ++i) {
        p = ReadNode(*node.children[i], p, depth + 1);
        if (p == nullptr) return FailIn(node.type->fields[i].name);
      }
      for (ColumnBuffer* column : node.missing) column->AppendNull();
      if (node.column != nullptr) node.column->AppendRow();
      return p;
    case Op::kArray:
      if (depth > kDepthMax) return Fail(p, "values are nested deeper than 200 levels");
      return ReadArray(node, p, depth);
    case Op::kMap:
      if (depth > kDepthMax) return Fail(p, "values are nested deeper than 200 levels");
      return ReadMap(node, p, depth);
    case Op::kImage:
      p = ReadNode(*node.children[0], p, depth);
      if (p != nullptr) images_.push_back(static_cast<size_t>(node.size));
      return p;
    case Op::kUnion: {
      int64_t branch = 0;
      const uint8_t* next = ReadVarint(p, true, &branch);
      if (next == nullptr) return nullptr;
      if (branch < 0 || branch >= static_cast<int64_t>(node.children.size()))
        return Fail(p, "a union has no branch " + std::to_string(branch));
      return ReadNode(*node.children[static_cast<size_t>(branch)], next, depth);
    }
    default:
      return ReadScalar(node, p);
  }
}

const uint8_t* AvroReader::ReadScalar(const Node& node, const uint8_t* p) {
  const uint8_t* const begin = p;
  ColumnBuffer* column = node.column;
  int64_t value = 0;
  const auto fixed = [&](int64_t size) { return end_ - p >= size; };
  constexpr const char* kShort = "the record ends inside a value";
  switch (node.op) {
    case Op::kSkipNone:
      return p;
    case Op::kSkipVarint:
      return ReadVarint(p, false, &value);
    case Op::kSkipFixed:
      return fixed(node.size) ? p + node.size : Fail(p, kShort);
    case Op::kSkipBytes:
      p = ReadSize(p, &value);
      return p == nullptr ? nullptr : p + value;
    case Op::kTag:
      p = ReadSize(p, &value);
      if (p == nullptr) return nullptr;
      tag_ = View(p, value);
      return p + value;
    case Op::kNull:
      column->AppendNull();
      return p;
    case Op::kRefuseNull:
      return Fail(p, "a NULL for a column that is NOT NULL");
    case Op::kNoRecord:
      return Fail(p, "Avro's " + ToString(*node.type) + " instead of a record");
    case Op::kMismatch:
      return Fail(p, "a value of Avro's " + ToString(*node.type) + " for a column of type " +
                         ToString(column->type()));
    case Op::kBoolean:
      if (!fixed(1)) return Fail(p, kShort);
      if (*p > 1) return Fail(p, "a boolean is 0 or 1");
      column->AppendBool(*p != 0);
      return p + 1;
    case Op::kFloat:
      if (!fixed(4)) return Fail(p, kShort);
      column->AppendFixed(Load<float>(p));
      return p + 4;
    case Op::kFloatToDouble:
      if (!fixed(4)) return Fail(p, kShort);
      column->AppendFixed(static_cast<double>(Load<float>(p)));
      return p + 4;
    case Op::kDouble:
      if (!fixed(8)) return Fail(p, kShort);
      column->AppendFixed(Load<double>(p));
      return p + 8;
    case Op::kText:
      p = ReadSize(p, &value);
      if (p == nullptr) return nullptr;
      AppendText(View(p, value), *column);
      return p + value;
    case Op::kBytes:
      p = ReadSize(p, &value);
      if (p == nullptr) return nullptr;
      column->AppendBytes(View(p, value));
      return p + value;
    case Op::kFixed:
      if (!fixed(node.size)) return Fail(p, kShort);
      column->AppendBytes(View(p, node.size));
      return p + node.size;
    case Op::kDecimalBytes:
      p = ReadSize(p, &value);
      if (p == nullptr) return nullptr;
      AppendDecimal(node, p, value);
      return p + value;
    case Op::kDecimalFixed:
      if (!fixed(node.size)) return Fail(p, kShort);
      AppendDecimal(node, p, node.size);
      return p + node.size;
    case Op::kEnum: {
      p = ReadVarint(p, true, &value);
      if (p == nullptr) return nullptr;
      const auto& symbols = node.type->symbols;
      if (value < 0 || value >= static_cast<int64_t>(symbols.size()))
        return Fail(begin, "an enum has no symbol " + std::to_string(value));
      column->AppendBytes(symbols[static_cast<size_t>(value)]);
      return p;
    }
    default:
      break;
  }
  p = ReadVarint(p, node.is_int, &value);
  if (p == nullptr) return nullptr;
  switch (node.op) {
    case Op::kVarintToInt8:
      column->AppendFixed(static_cast<int8_t>(value));
      break;
    case Op::kVarintToInt16:
      column->AppendFixed(static_cast<int16_t>(value));
      break;
    case Op::kVarintToInt32:
      column->AppendFixed(static_cast<int32_t>(value));
      break;
    case Op::kVarintToInt64:
      column->AppendFixed(value);
      break;
    case Op::kVarintToFloat:
      column->AppendFixed(static_cast<float>(value));
      break;
    case Op::kVarintToDouble:
      column->AppendFixed(static_cast<double>(value));
      break;
    case Op::kTimeMicros:
      column->AppendFixed(static_cast<int32_t>(FloorDivide(value, 1'000)));
      break;
    case Op::kTimestamp: {
      int64_t ticks = 0;
      if (__builtin_mul_overflow(FloorDivide(value, node.divisor), node.multiplier, &ticks))
        return Fail(begin, "a timestamp beyond what the column's type holds");
      column->AppendFixed(ticks);
      break;
    }
    default:
      SABOT_CHECK(false);
  }
  return p;
}

// Calls each(place), which returns the place behind an element, for the elements of all blocks;
// where none is wanted, blocks that say their size are passed over.
template <typename Each>
const uint8_t* AvroReader::ReadBlocks(const uint8_t* p, bool skips, Each&& each) {
  for (;;) {
    const uint8_t* const begin = p;
    int64_t count = 0;
    p = ReadVarint(p, false, &count);
    if (p == nullptr) return nullptr;
    if (count == 0) return p;
    if (count < 0) {
      if (count == INT64_MIN) return Fail(begin, "a block has no such number of elements");
      count = -count;
      int64_t size = 0;
      p = ReadSize(p, &size);
      if (p == nullptr) return nullptr;
      if (skips) {
        p += size;
        continue;
      }
    }
    for (; count > 0; --count) {
      const uint8_t* next = each(p);
      if (next == nullptr) return nullptr;
      if (next == p && ++empty_elements_ > kEmptyElementsMax)
        return Fail(begin, "a record has more than 1,048,576 elements without bytes");
      p = next;
    }
  }
}

const uint8_t* AvroReader::ReadArray(const Node& node, const uint8_t* p, int depth) {
  const Node& items = *node.children[0];
  p = ReadBlocks(p, node.column == nullptr,
                 [&](const uint8_t* at) { return ReadNode(items, at, depth + 1); });
  if (p != nullptr && node.column != nullptr) node.column->AppendList();
  return p;
}

// Of equal keys the last one's value counts; entries come in the order of the hash map that Flink
// reads them into. So keys are looked at first.
const uint8_t* AvroReader::ReadMap(const Node& node, const uint8_t* p, int depth) {
  const Node& skipped = *node.children.back();
  if (node.column == nullptr) {
    return ReadBlocks(p, true, [&](const uint8_t* at) {
      int64_t size = 0;
      at = ReadSize(at, &size);
      return at == nullptr ? nullptr : ReadNode(skipped, at + size, depth + 1);
    });
  }
  std::unordered_map<std::string_view, size_t> known;
  std::vector<std::string_view> keys;
  std::vector<const uint8_t*> values;
  std::vector<uint32_t> hashes;
  p = ReadBlocks(p, false, [&](const uint8_t* at) -> const uint8_t* {
    int64_t size = 0;
    at = ReadSize(at, &size);
    if (at == nullptr) return nullptr;
    const std::string_view key = View(at, size);
    const auto [place, is_new] = known.emplace(key, keys.size());
    if (is_new) {
      keys.push_back(key);
      values.push_back(at + size);
      hashes.push_back(BinaryStringHash(key));
    } else {
      values[place->second] = at + size;
    }
    return ReadNode(skipped, at + size, depth + 1);
  });
  if (p == nullptr) return nullptr;
  for (const size_t i : HashMapOrder(hashes)) {
    AppendText(keys[i], node.column->child(0));
    if (ReadNode(*node.children[0], values[i], depth + 1) == nullptr) return nullptr;
  }
  node.column->AppendList();
  return p;
}

void AvroReader::AppendText(std::string_view text, ColumnBuffer& column) {
  if (simdjson::validate_utf8(text.data(), text.size())) {
    column.AppendPadded(text.data(), static_cast<int64_t>(text.size()));
    return;
  }
  text_.clear();
  AppendAsUtf8(text, Charset::kUtf8, &text_);
  column.AppendBytes(text_);
}

// Big-endian two's complement of any length. What does not fit is NULL, as in Flink.
void AvroReader::AppendDecimal(const Node& node, const uint8_t* bytes, int64_t size) {
  ColumnBuffer& column = *node.column;
  const Type& type = column.type();
  const bool negative = size > 0 && (bytes[0] & 0x80) != 0;
  const uint8_t sign = negative ? 0xFF : 0;
  while (size > 16 && *bytes == sign) {
    ++bytes;
    --size;
  }
  if (size > 16 || (size == 16 && ((bytes[0] & 0x80) != 0) != negative)) {
    return column.AppendNull();
  }
  unsigned __int128 bits = negative ? ~static_cast<unsigned __int128>(0) : 0;
  for (int64_t i = 0; i < size; ++i) bits = bits << 8 | bytes[i];
  Int128 value = static_cast<Int128>(bits);
  const Int128 largest = kPowersOfTen.back();
  if (value >= largest || value <= -largest) return column.AppendNull();
  if (node.scale != type.scale) {
    // By way of its digits, which round as everywhere else.
    if (node.scale < 0 || node.scale >= static_cast<int32_t>(kPowersOfTen.size()))
      return column.AppendNull();
    text_.clear();
    sabot::AppendDecimal(value, node.scale, &text_);
    if (ParseDecimal(text_, type.precision, type.scale, &value) != DecimalParse::kOk)
      return column.AppendNull();
  }
  const Int128 limit = kPowersOfTen[static_cast<size_t>(type.precision)];
  if (value >= limit || value <= -limit) return column.AppendNull();
  column.AppendFixed(value);
}

}  // namespace sabot
