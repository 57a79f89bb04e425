// Rows as selections, three-valued truth as bitmaps, and columns put together from parts: what the
// evaluator's special forms are made of.
//
//   CASE WHEN c THEN a ELSE b:  c = T F N T  ->  rows {0 3} take a, rows {1 2} take b  ->  a b b a
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "expressions/kernel.h"

namespace sabot {

// Ascending rows of a batch. "All of them" needs no list.
class Rows {
 public:
  static Rows All(int64_t length);
  bool all() const { return all_; }
  bool empty() const { return size_ == 0; }
  int64_t size() const { return size_; }
  // Valid unless all().
  std::span<const int32_t> indices() const { return indices_; }

  // Moves the rows where `condition` is TRUE to `taken`. `dense`: row i of condition is row
  // indices()[i].
  void Split(const Vector& condition, bool dense, Rows* taken);
  // Moves the rows where `values` is not NULL to `taken`.
  void SplitNotNull(const Vector& values, bool dense, Rows* taken);

 private:
  template <typename Words>
  void SplitBy(bool dense, const Words& words, Rows* taken);

  bool all_ = false;
  int64_t size_ = 0;
  std::vector<int32_t> indices_;
};

// Replaces `rows` by the rows where a BOOLEAN is TRUE, ascending.
void TrueRows(const Vector& condition, int64_t length, std::vector<int32_t>* rows);

// A BOOLEAN per row while AND or OR is evaluated.
class Truth {
 public:
  static arrow::Result<Truth> Make(bool initial, int64_t length);
  // AND (dominant false) or OR (dominant true) with one more operand; CombineAt: row i of `values`
  // is rows[i].
  void Combine(bool dominant, const Vector& values);
  void CombineAt(bool dominant, const Vector& values, std::span<const int32_t> rows);
  // The rows whose value is not `dominant` yet.
  void SelectUndecided(bool dominant, std::vector<int32_t>* rows) const;
  ArrayPtr Finish();

 private:
  Truth() = default;
  int64_t words() const { return (length_ + 63) / 64; }
  uint64_t* is(bool value) const;

  // Two bitmaps of whole words; neither set is NULL.
  std::shared_ptr<arrow::Buffer> true_;
  std::shared_ptr<arrow::Buffer> false_;
  int64_t length_ = 0;
};

// A column whose rows come from several vectors.
class Merge {
 public:
  Merge(std::shared_ptr<arrow::DataType> type, int64_t length);
  ~Merge();
  // `rows` come from `values`; dense: row i of values is row rows.indices()[i]. Parts do not
  // overlap.
  void Add(Vector values, bool dense, Rows rows);
  // Parts must cover all rows.
  arrow::Result<Vector> Finish();

 private:
  struct Part;
  arrow::Result<std::shared_ptr<arrow::Buffer>> MergeNulls() const;
  template <typename T>
  arrow::Result<ArrayPtr> MergeFixed() const;
  arrow::Result<ArrayPtr> MergeText() const;
  arrow::Result<ArrayPtr> MergeNested() const;

  std::shared_ptr<arrow::DataType> type_;
  int64_t length_;
  std::vector<Part> parts_;
};

}  // namespace sabot
