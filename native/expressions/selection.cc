// Selections, three-valued truth and merging.
#include "expressions/selection.h"

#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/type.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/check.h"
#include "expressions/column_access.h"

namespace sabot {
namespace {

// Bit i: row start + i of a BOOLEAN vector is TRUE / FALSE.
struct TruthWords {
  uint64_t is_true;
  uint64_t is_false;
};

class TruthReader {
 public:
  explicit TruthReader(const Vector& vector) {
    const arrow::ArrayData& data = *vector.array->data();
    if (vector.constant || data.type->id() == arrow::Type::NA) {
      constant_ = true;
      if (data.length > 0 && data.type->id() != arrow::Type::NA && vector.array->IsValid(0)) {
        (Reader<bool>(vector)[0] ? all_.is_true : all_.is_false) = ~uint64_t{0};
      }
      return;
    }
    values_ = data.buffers[1]->data();
    nulls_ = data.MayHaveNulls() ? data.buffers[0]->data() : nullptr;
    offset_ = data.offset;
  }
  TruthWords Read(int64_t start, int64_t size) const {
    const uint64_t rows = size < 64 ? (uint64_t{1} << size) - 1 : ~uint64_t{0};
    if (constant_) return {all_.is_true & rows, all_.is_false & rows};
    const uint64_t values = BitWord(values_, start + offset_, size);
    const uint64_t valid = nulls_ == nullptr ? rows : BitWord(nulls_, start + offset_, size);
    return {values & valid, ~values & valid};
  }

 private:
  bool constant_ = false;
  TruthWords all_{0, 0};
  const uint8_t* values_ = nullptr;
  const uint8_t* nulls_ = nullptr;
  int64_t offset_ = 0;
};

int32_t* AppendBits(uint64_t word, int64_t start, int32_t* to) {
  if (word == ~uint64_t{0}) {
    for (int i = 0; i < 64; ++i) *to++ = static_cast<int32_t>(start + i);
    return to;
  }
  for (; word != 0; word &= word - 1) *to++ = static_cast<int32_t>(start + std::countr_zero(word));
  return to;
}

}  // namespace

// --- Rows ---

Rows Rows::All(int64_t length) {
  Rows rows;
  rows.all_ = true;
  rows.size_ = length;
  return rows;
}

// words(start, size): bit i tells whether row start + i of the condition is taken.
template <typename Words>
void Rows::SplitBy(bool dense, const Words& words, Rows* taken) {
  const auto size = static_cast<size_t>(size_);
  taken->indices_.resize(size);
  int32_t* to_taken = taken->indices_.data();
  const bool was_all = all_;
  if (was_all) indices_.resize(size);
  int32_t* to_rest = indices_.data();
  const auto put = [&](int32_t row, uint64_t is_taken) {
    *to_taken = row;
    *to_rest = row;  // Not ahead of the reading position, so it overwrites nothing unread.
    to_taken += is_taken;
    to_rest += 1 - is_taken;
  };
  if (was_all || dense) {
    for (int64_t start = 0; start < size_; start += 64) {
      const int64_t count = std::min<int64_t>(64, size_ - start);
      uint64_t word = words(start, count);
      for (int64_t i = start; i < start + count; ++i, word >>= 1) {
        put(was_all ? static_cast<int32_t>(i) : indices_[static_cast<size_t>(i)], word & 1);
      }
    }
  } else {
    for (size_t i = 0; i < size; ++i) put(indices_[i], words(indices_[i], 1));
  }
  taken->size_ = to_taken - taken->indices_.data();
  taken->indices_.resize(static_cast<size_t>(taken->size_));
  size_ = to_rest - indices_.data();
  indices_.resize(static_cast<size_t>(size_));
  taken->all_ = was_all && size_ == 0;
  all_ = was_all && taken->size_ == 0;
}

void Rows::Split(const Vector& condition, bool dense, Rows* taken) {
  const TruthReader truth(condition);
  SplitBy(
      dense, [&](int64_t start, int64_t size) { return truth.Read(start, size).is_true; }, taken);
}

void Rows::SplitNotNull(const Vector& values, bool dense, Rows* taken) {
  const NullBits nulls(values);
  if (nulls.all_valid()) {
    *taken = std::move(*this);
    *this = Rows();
    return;
  }
  SplitBy(dense, [&](int64_t start, int64_t size) { return nulls.Word(start, size); }, taken);
}

void TrueRows(const Vector& condition, int64_t length, std::vector<int32_t>* rows) {
  const TruthReader truth(condition);
  rows->resize(static_cast<size_t>(length));
  int32_t* end = rows->data();
  for (int64_t start = 0; start < length; start += 64) {
    end = AppendBits(truth.Read(start, std::min<int64_t>(64, length - start)).is_true, start, end);
  }
  rows->resize(static_cast<size_t>(end - rows->data()));
}

// --- Truth ---

arrow::Result<Truth> Truth::Make(bool initial, int64_t length) {
  Truth truth;
  truth.length_ = length;
  const int64_t size = truth.words() * 8;
  ARROW_ASSIGN_OR_RAISE(truth.true_, arrow::AllocateBuffer(size));
  ARROW_ASSIGN_OR_RAISE(truth.false_, arrow::AllocateBuffer(size));
  if (size > 0) {
    std::memset(truth.is(initial), 0xFF, static_cast<size_t>(size));
    std::memset(truth.is(!initial), 0, static_cast<size_t>(size));
  }
  return truth;
}

uint64_t* Truth::is(bool value) const {
  return reinterpret_cast<uint64_t*>((value ? true_ : false_)->mutable_data());
}

void Truth::Combine(bool dominant, const Vector& values) {
  const TruthReader truth(values);
  uint64_t* const decided = is(dominant);
  uint64_t* const undecided = is(!dominant);
  for (int64_t word = 0; word < words(); ++word) {
    const auto read = truth.Read(word * 64, std::min<int64_t>(64, length_ - word * 64));
    decided[word] |= dominant ? read.is_true : read.is_false;
    undecided[word] &= dominant ? read.is_false : read.is_true;
  }
}

void Truth::CombineAt(bool dominant, const Vector& values, std::span<const int32_t> rows) {
  const TruthReader truth(values);
  auto* const decided = reinterpret_cast<uint8_t*>(is(dominant));
  auto* const undecided = reinterpret_cast<uint8_t*>(is(!dominant));
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto read = truth.Read(static_cast<int64_t>(i), 1);
    if ((dominant ? read.is_true : read.is_false) != 0) arrow::bit_util::SetBit(decided, rows[i]);
    if ((dominant ? read.is_false : read.is_true) == 0)
      arrow::bit_util::ClearBit(undecided, rows[i]);
  }
}

void Truth::SelectUndecided(bool dominant, std::vector<int32_t>* rows) const {
  rows->resize(static_cast<size_t>(length_));
  int32_t* end = rows->data();
  const uint64_t* const decided = is(dominant);
  for (int64_t word = 0; word < words(); ++word) {
    const int64_t size = length_ - word * 64;
    const uint64_t mask = size < 64 ? (uint64_t{1} << size) - 1 : ~uint64_t{0};
    end = AppendBits(~decided[word] & mask, word * 64, end);
  }
  rows->resize(static_cast<size_t>(end - rows->data()));
}

ArrayPtr Truth::Finish() {
  // FALSE becomes "not NULL": TRUE or FALSE. The value bit of a NULL row is free.
  uint64_t* const valid = is(false);
  const uint64_t* const values = is(true);
  bool has_nulls = false;
  for (int64_t word = 0; word < words(); ++word) {
    valid[word] |= values[word];
    const int64_t size = length_ - word * 64;
    const uint64_t mask = size < 64 ? (uint64_t{1} << size) - 1 : ~uint64_t{0};
    has_nulls = has_nulls || (~valid[word] & mask) != 0;
  }
  const int64_t nulls = has_nulls ? arrow::kUnknownNullCount : 0;
  return arrow::MakeArray(
      arrow::ArrayData::Make(arrow::boolean(), length_,
                             {has_nulls ? std::move(false_) : nullptr, std::move(true_)}, nulls));
}

// --- Merge ---

struct Merge::Part {
  Vector values;
  bool dense;
  Rows rows;

  // f(row of the result, row of values) for each row of this part.
  template <typename F>
  void ForEach(F&& f) const {
    if (rows.all()) {
      for (int64_t row = 0; row < rows.size(); ++row) f(row, values.at(row));
      return;
    }
    const auto indices = rows.indices();
    for (size_t i = 0; i < indices.size(); ++i) {
      f(int64_t{indices[i]}, values.at(dense ? static_cast<int64_t>(i) : int64_t{indices[i]}));
    }
  }
};

Merge::Merge(std::shared_ptr<arrow::DataType> type, int64_t length)
    : type_(std::move(type)), length_(length) {}
Merge::~Merge() = default;

void Merge::Add(Vector values, bool dense, Rows rows) {
  if (rows.empty()) return;
  parts_.push_back(Part{std::move(values), dense, std::move(rows)});
}

arrow::Result<std::shared_ptr<arrow::Buffer>> Merge::MergeNulls() const {
  std::shared_ptr<arrow::Buffer> bits;
  for (const Part& part : parts_) {
    const NullBits nulls(part.values);
    if (nulls.all_valid()) continue;
    if (bits == nullptr) {
      ARROW_ASSIGN_OR_RAISE(bits, arrow::AllocateBuffer(arrow::bit_util::BytesForBits(length_)));
      std::memset(bits->mutable_data(), 0xFF, static_cast<size_t>(bits->size()));
    }
    uint8_t* const to = bits->mutable_data();
    part.ForEach(
        [&](int64_t row, int64_t from) { arrow::bit_util::SetBitTo(to, row, nulls.valid(from)); });
  }
  return bits;
}

template <typename T>
arrow::Result<ArrayPtr> Merge::MergeFixed() const {
  ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<T>::Make(length_));
  // The largest whole column is copied as it is; then only the rows of the others are put in their
  // places.
  const Part* whole = nullptr;
  if constexpr (!std::is_same_v<T, bool>) {
    for (const Part& part : parts_) {
      const bool copies =
          !part.dense && !part.values.constant && part.values.array->type_id() != arrow::Type::NA;
      if (copies && (whole == nullptr || part.rows.size() > whole->rows.size())) whole = &part;
    }
    if (whole != nullptr) {
      const arrow::ArrayData& data = *whole->values.array->data();
      const auto width = static_cast<int64_t>(sizeof(T));
      std::memcpy(writer.data(), data.buffers[1]->data() + data.offset * width,
                  static_cast<size_t>(length_ * width));
    }
  }
  for (const Part& part : parts_) {
    if (&part == whole || part.values.array->type_id() == arrow::Type::NA) continue;
    const Reader<T> values(part.values);
    part.ForEach([&](int64_t row, int64_t from) { writer.Set(row, values.Load(from)); });
  }
  ARROW_ASSIGN_OR_RAISE(auto nulls, MergeNulls());
  return writer.Finish(type_, std::move(nulls));
}

arrow::Result<ArrayPtr> Merge::MergeText() const {
  std::vector<std::string_view> texts(static_cast<size_t>(length_));
  int64_t bytes = 0;
  for (const Part& part : parts_) {
    const NullBits valid(part.values);
    const Reader<std::string_view> values(part.values);
    part.ForEach([&](int64_t row, int64_t from) {
      if (!valid.valid(from)) return;
      const std::string_view text = values.Load(from);
      texts[static_cast<size_t>(row)] = text;
      bytes += static_cast<int64_t>(text.size());
    });
  }
  ARROW_ASSIGN_OR_RAISE(auto writer, TextWriter::Make(length_, bytes));
  for (const std::string_view text : texts) {
    writer.Append(text);
    writer.EndRow();
  }
  ARROW_ASSIGN_OR_RAISE(auto nulls, MergeNulls());
  return writer.Finish(type_, std::move(nulls));
}

arrow::Result<ArrayPtr> Merge::MergeNested() const {
  arrow::ArrayVector arrays;
  std::vector<int32_t> indices(static_cast<size_t>(length_));
  int64_t base = 0;
  for (const Part& part : parts_) {
    part.ForEach([&](int64_t row, int64_t from) {
      indices[static_cast<size_t>(row)] = static_cast<int32_t>(base + from);
    });
    // Branches may differ in nullability of fields: the result's type stands for all.
    ARROW_ASSIGN_OR_RAISE(auto array, part.values.array->type()->Equals(*type_)
                                          ? arrow::Result<ArrayPtr>(part.values.array)
                                          : part.values.array->View(type_));
    base += array->length();
    arrays.push_back(std::move(array));
  }
  ARROW_ASSIGN_OR_RAISE(auto all, arrow::Concatenate(arrays));
  return Take(all, indices);
}

arrow::Result<Vector> Merge::Finish() {
  if (length_ == 0) {
    ARROW_ASSIGN_OR_RAISE(auto empty, arrow::MakeArrayOfNull(type_, 0));
    return Vector{std::move(empty), false};
  }
  SABOT_CHECK(!parts_.empty());
  if (parts_.size() == 1 && parts_[0].rows.all() &&
      parts_[0].values.array->type()->Equals(*type_)) {
    return std::move(parts_[0].values);
  }
  const auto merged = [&]() -> arrow::Result<ArrayPtr> {
    switch (type_->id()) {
      case arrow::Type::NA:
        return arrow::MakeArrayOfNull(type_, length_);
      case arrow::Type::BOOL:
        return MergeFixed<bool>();
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        return MergeText();
      case arrow::Type::DECIMAL128:
        return MergeFixed<Int128>();
      case arrow::Type::LIST:
      case arrow::Type::MAP:
      case arrow::Type::STRUCT:
        return MergeNested();
      default:
        switch (type_->bit_width()) {
          case 8:
            return MergeFixed<int8_t>();
          case 16:
            return MergeFixed<int16_t>();
          case 32:
            return MergeFixed<int32_t>();
          default:
            return MergeFixed<int64_t>();
        }
    }
  };
  ARROW_ASSIGN_OR_RAISE(auto array, merged());
  return Vector{std::move(array), false};
}

}  // namespace sabot
