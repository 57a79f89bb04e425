// ARRAY functions. Elements are compared by their encoded keys (batch/key_encoding.h): NULL equals
// NULL, nested values compare whole, and the order of the bytes is the order of the values.
#include <algorithm>
#include <functional>
#include <unordered_set>

#include "batch/key_encoding.h"
#include "expressions/any_integer.h"
#include "expressions/lift.h"
#include "expressions/list_gather.h"

namespace sabot {
namespace {

using Text = std::string_view;
using Key = std::string_view;

// A column of arrays with the keys of its elements.
class ListColumn {
 public:
  static arrow::Result<ListColumn> Make(const Vector& vector, bool keys) {
    ListColumn column(vector);
    column.values_ = vector.array->type_id() == arrow::Type::NA
                         ? std::make_shared<arrow::NullArray>(0)
                         : static_cast<const arrow::ListArray&>(*vector.array).values();
    if (keys) {
      column.keys_ = std::make_shared<EncodedKeys>();
      const ArrayPtr& values = column.values_;
      ARROW_RETURN_NOT_OK(column.keys_->Encode({&values, 1}, values->length()));
    }
    return column;
  }
  bool valid(int64_t row) const { return nulls_.valid(row); }
  ListSlice operator[](int64_t row) const { return lists_[row]; }
  Key key(int64_t element) const { return keys_->key(element); }
  bool null(int64_t element) const { return values_->IsNull(element); }
  const ArrayPtr& values() const { return values_; }

 private:
  explicit ListColumn(const Vector& vector) : nulls_(vector), lists_(vector) {}
  NullBits nulls_;
  Reader<ListSlice> lists_;
  ArrayPtr values_;
  std::shared_ptr<EncodedKeys> keys_;
};

// A column of single elements with their keys.
class ElementColumn {
 public:
  static arrow::Result<ElementColumn> Make(const Vector& vector) {
    ElementColumn column(vector);
    ARROW_RETURN_NOT_OK(column.keys_->Encode({&vector.array, 1}, vector.array->length()));
    return column;
  }
  int64_t at(int64_t row) const { return vector_.at(row); }
  Key key(int64_t row) const { return keys_->key(vector_.at(row)); }
  bool null(int64_t row) const { return vector_.array->IsNull(vector_.at(row)); }

 private:
  explicit ElementColumn(const Vector& vector)
      : vector_(vector), keys_(std::make_shared<EncodedKeys>()) {}
  Vector vector_;
  std::shared_ptr<EncodedKeys> keys_;
};

using KeySet = std::unordered_set<Key>;

// Calls f(row, lists) for each row in which no array is NULL; the other rows are NULL. f appends to
// the gather, whose source i is the i-th array's elements.
using AppendRow = std::function<arrow::Status(int64_t, std::span<const ListColumn>, ListGather&)>;
KernelPtr LiftLists(const Expression& call, size_t num_lists, bool keys, AppendRow f) {
  return LiftBatch([type = ToArrow(call.type), num_lists, keys, f = std::move(f)](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    std::vector<ListColumn> lists;
    ListGather out;
    for (size_t i = 0; i < num_lists; ++i) {
      if (args[i].array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, rows);
      ARROW_ASSIGN_OR_RAISE(auto column, ListColumn::Make(args[i], keys));
      out.AddSource(column.values());
      lists.push_back(std::move(column));
    }
    for (int64_t row = 0; row < rows; ++row) {
      const bool valid = std::all_of(lists.begin(), lists.end(),
                                     [row](const ListColumn& c) { return c.valid(row); });
      if (valid) ARROW_RETURN_NOT_OK(f(row, lists, out));
      ARROW_RETURN_NOT_OK(valid ? out.EndRow() : out.EndNull());
    }
    return out.Finish(type);
  });
}
void AppendAll(std::span<const ListColumn> lists, size_t list, int64_t row, ListGather& out) {
  const ListSlice slice = lists[list][row];
  for (int64_t i = slice.begin; i < slice.end; ++i) out.Append(list, i);
}

// --- joining and picking
// -----------------------------------------------------------------------------------------

// ARRAY_APPEND(a, e), ARRAY_PREPEND(a, e).
template <bool kFront>
KernelResult BindExtend(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    if (args[0].array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], false));
    ListGather out;
    const size_t old = out.AddSource(list.values());
    const bool typed = args[1].array->type_id() != arrow::Type::NA;
    const size_t added = typed ? out.AddSource(args[1].array) : 0;
    for (int64_t row = 0; row < rows; ++row) {
      if (!list.valid(row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      const auto add = [&] { typed ? out.Append(added, args[1].at(row)) : out.AppendNull(); };
      if (kFront) add();
      const ListSlice slice = list[row];
      for (int64_t i = slice.begin; i < slice.end; ++i) out.Append(old, i);
      if (!kFront) add();
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}
KernelResult BindArrayReverse(const Expression& call, const SessionContext&) {
  return LiftLists(call, 1, false,
                   [](int64_t row, std::span<const ListColumn> lists, ListGather& out) {
                     const ListSlice slice = lists[0][row];
                     for (int64_t i = slice.end; i-- > slice.begin;) out.Append(0, i);
                     return arrow::Status::OK();
                   });
}
// ARRAY_SLICE(a, start[, end]): 1-based and inclusive, from the end if negative.
KernelResult BindArraySlice(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(const Validity validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], false));
    const Reader<AnyInteger> starts(args[1]);
    const Reader<AnyInteger> ends(args[args.size() - 1]);
    ListGather out;
    out.AddSource(list.values());
    for (int64_t row = 0; row < rows; ++row) {
      if (validity.bits != nullptr && !arrow::bit_util::GetBit(validity.data(), row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      const ListSlice slice = list[row];
      const int64_t size = slice.size();
      int64_t start = starts[row].value;
      int64_t end = args.size() > 2 ? ends[row].value : size;
      start = std::max<int64_t>(start + (start < 0 ? size + 1 : 0), 1);
      end += end < 0 ? size + 1 : 0;
      end = end == 0 ? std::min<int64_t>(1, size) : std::min(end, size);
      for (int64_t i = start; i <= end; ++i) out.Append(0, slice.begin + i - 1);
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}

// --- sets
// --------------------------------------------------------------------------------------------------------

// Appends the elements of a list that `keep` accepts and that are not in `seen` yet.
template <typename F>
void AppendDistinct(std::span<const ListColumn> lists, size_t list, int64_t row, KeySet& seen,
                    ListGather& out, F&& keep) {
  const ListSlice slice = lists[list][row];
  for (int64_t i = slice.begin; i < slice.end; ++i) {
    const Key key = lists[list].key(i);
    if (keep(key) && seen.insert(key).second) out.Append(list, i);
  }
}
KernelResult BindArrayDistinct(const Expression& call, const SessionContext&) {
  return LiftLists(
      call, 1, true,
      [seen = KeySet()](int64_t row, std::span<const ListColumn> lists, ListGather& out) mutable {
        seen.clear();
        AppendDistinct(lists, 0, row, seen, out, [](Key) { return true; });
        return arrow::Status::OK();
      });
}
KernelResult BindArrayUnion(const Expression& call, const SessionContext&) {
  return LiftLists(
      call, 2, true,
      [seen = KeySet()](int64_t row, std::span<const ListColumn> lists, ListGather& out) mutable {
        seen.clear();
        for (size_t list = 0; list < 2; ++list)
          AppendDistinct(lists, list, row, seen, out, [](Key) { return true; });
        return arrow::Status::OK();
      });
}
// ARRAY_EXCEPT and ARRAY_INTERSECT: distinct elements of the first that are not, or are, in the
// second.
template <bool kIn>
KernelResult BindArrayFilter(const Expression& call, const SessionContext&) {
  return LiftLists(call, 2, true,
                   [seen = KeySet(), other = KeySet()](
                       int64_t row, std::span<const ListColumn> lists, ListGather& out) mutable {
                     seen.clear();
                     other.clear();
                     const ListSlice slice = lists[1][row];
                     for (int64_t i = slice.begin; i < slice.end; ++i)
                       other.insert(lists[1].key(i));
                     AppendDistinct(lists, 0, row, seen, out,
                                    [&](Key key) { return other.contains(key) == kIn; });
                     return arrow::Status::OK();
                   });
}

// --- searching
// ---------------------------------------------------------------------------------------------------

// f(list, slice, elements, row) for the rows with an array.
template <typename T, typename F>
KernelPtr LiftSearch(const Expression& call, F f) {
  return LiftBatch([type = ToArrow(call.type), f](std::span<const Vector> args,
                                                  int64_t rows) -> arrow::Result<ArrayPtr> {
    if (args[0].array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], true));
    ARROW_ASSIGN_OR_RAISE(const ElementColumn elements, ElementColumn::Make(args[1]));
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<T>::Make({}, rows));
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> std::optional<T> {
      return list.valid(row) ? f(list, list[row], elements, row) : std::nullopt;
    }));
    return sink.Finish(type);
  });
}
int64_t Find(const ListColumn& list, const ListSlice& slice, Key key) {
  for (int64_t i = slice.begin; i < slice.end; ++i) {
    if (list.key(i) == key) return i - slice.begin;
  }
  return -1;
}
KernelResult BindArrayContains(const Expression& call, const SessionContext&) {
  return LiftSearch<bool>(
      call, [](const ListColumn& list, const ListSlice& slice, const ElementColumn& e,
               int64_t row) { return std::optional(Find(list, slice, e.key(row)) >= 0); });
}
// 1-based, 0 if it is not there.
KernelResult BindArrayPosition(const Expression& call, const SessionContext&) {
  return LiftSearch<int32_t>(call, [](const ListColumn& list, const ListSlice& slice,
                                      const ElementColumn& e, int64_t row) {
    return e.null(row) ? std::nullopt
                       : std::optional(static_cast<int32_t>(Find(list, slice, e.key(row)) + 1));
  });
}
KernelResult BindArrayRemove(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    if (args[0].array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], true));
    ARROW_ASSIGN_OR_RAISE(const ElementColumn elements, ElementColumn::Make(args[1]));
    ListGather out;
    out.AddSource(list.values());
    for (int64_t row = 0; row < rows; ++row) {
      if (!list.valid(row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      const ListSlice slice = list[row];
      for (int64_t i = slice.begin; i < slice.end; ++i) {
        if (list.key(i) != elements.key(row)) out.Append(0, i);
      }
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}

// --- order
// -------------------------------------------------------------------------------------------------------

// ARRAY_SORT(a[, ascending[, nulls first]]): NULLs first when ascending, last when descending, by
// default.
KernelResult BindArraySort(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(const Validity validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], true));
    ListGather out;
    out.AddSource(list.values());
    std::vector<int64_t> order;
    for (int64_t row = 0; row < rows; ++row) {
      if (validity.bits != nullptr && !arrow::bit_util::GetBit(validity.data(), row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      const bool ascending = args.size() < 2 || Reader<bool>(args[1])[row];
      const bool nulls_first = args.size() < 3 ? ascending : Reader<bool>(args[2])[row];
      const ListSlice slice = list[row];
      order.clear();
      for (int64_t i = slice.begin; i < slice.end; ++i) order.push_back(i);
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        const bool null_a = list.null(a);
        const bool null_b = list.null(b);
        if (null_a || null_b) return null_a != null_b && null_a == nulls_first;
        return ascending ? list.key(a) < list.key(b) : list.key(b) < list.key(a);
      });
      for (const int64_t i : order) out.Append(0, i);
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}
// ARRAY_MAX, ARRAY_MIN: NULLs do not count.
template <bool kMax>
KernelResult BindArrayExtreme(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    if (args[0].array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], true));
    ListGather out;
    out.AddSource(list.values());
    for (int64_t row = 0; row < rows; ++row) {
      int64_t best = -1;
      const ListSlice slice = list.valid(row) ? list[row] : ListSlice{nullptr, 0, 0};
      for (int64_t i = slice.begin; i < slice.end; ++i) {
        if (list.null(i)) continue;
        if (best < 0 || (kMax ? list.key(best) < list.key(i) : list.key(i) < list.key(best)))
          best = i;
      }
      best < 0 ? out.AppendNull() : out.Append(0, best);
    }
    return out.Take();
  });
}

// --- text, size
// --------------------------------------------------------------------------------------------------

// ARRAY_JOIN(a, delimiter[, text for NULL]); without the third NULLs are left out.
KernelResult BindArrayJoin(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(Validity validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], false));
    const Reader<Text> elements(Vector{list.values(), false});
    const Reader<Text> delimiters(args[1]);
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<Text>::Make(std::move(validity), rows));
    TextWriter& out = sink.writer();
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) {
      bool first = true;
      const ListSlice slice = list[row];
      for (int64_t i = slice.begin; i < slice.end; ++i) {
        const bool null = list.null(i);
        if (null && args.size() < 3) continue;
        if (!first) out.Append(delimiters[row]);
        out.Append(null ? Reader<Text>(args[2])[row] : elements[i]);
        first = false;
      }
    }));
    return sink.Finish(type);
  });
}
KernelResult BindCardinality(const Expression& call, const SessionContext&) {
  return Lift<int32_t, ListSlice>(call,
                                  [](ListSlice list) { return static_cast<int32_t>(list.size()); });
}
// ELEMENT(a): the one element; NULL of an empty array.
KernelResult BindElement(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    if (args[0].array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(const ListColumn list, ListColumn::Make(args[0], false));
    ListGather out;
    out.AddSource(list.values());
    for (int64_t row = 0; row < rows; ++row) {
      const ListSlice slice = list.valid(row) ? list[row] : ListSlice{nullptr, 0, 0};
      if (slice.size() > 1)
        return arrow::Status::Invalid("ELEMENT: the array has more than one element");
      slice.size() == 1 ? out.Append(0, slice.begin) : out.AppendNull();
    }
    return out.Take();
  });
}

}  // namespace

KernelResult BindArrayConcat(const Expression& call, const SessionContext&) {
  return LiftLists(call, call.args.size(), false,
                   [](int64_t row, std::span<const ListColumn> lists, ListGather& out) {
                     for (size_t i = 0; i < lists.size(); ++i) AppendAll(lists, i, row, out);
                     return arrow::Status::OK();
                   });
}
namespace {

constexpr FunctionSpec kFunctions[] = {
    {.name = "array_append", .bind = BindExtend<false>},
    {.name = "array_prepend", .bind = BindExtend<true>},
    {.name = "array_concat", .bind = BindArrayConcat},
    {.name = "array_reverse", .bind = BindArrayReverse},
    {.name = "array_slice", .bind = BindArraySlice},
    {.name = "array_distinct", .bind = BindArrayDistinct},
    {.name = "array_union", .bind = BindArrayUnion},
    {.name = "array_except", .bind = BindArrayFilter<false>},
    {.name = "array_intersect", .bind = BindArrayFilter<true>},
    {.name = "array_contains", .bind = BindArrayContains},
    {.name = "array_position", .bind = BindArrayPosition},
    {.name = "array_remove", .bind = BindArrayRemove},
    {.name = "array_sort", .bind = BindArraySort},
    {.name = "array_max", .bind = BindArrayExtreme<true>},
    {.name = "array_min", .bind = BindArrayExtreme<false>},
    {.name = "array_join", .bind = BindArrayJoin},
    {.name = "cardinality", .bind = BindCardinality},
    {.name = "element", .selective = true, .bind = BindElement},
};

}  // namespace

std::span<const FunctionSpec> ArrayFunctions() { return kFunctions; }

}  // namespace sabot
