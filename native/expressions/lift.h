// Turns a lambda over values into a Kernel over columns. This is how most functions are written:
//
//   // CHAR_LENGTH
//   return Lift<int32_t, std::string_view>(call, [](std::string_view s) { return CodePoints(s); });
//
// Lift<Out, In...>(call, f). Out and In are the C++ types of column_access.h. A NULL argument makes
// the result NULL and f is not asked, unless that In is std::optional<T>: then f sees it as
// nullopt. An In of Bound stands for an argument that bind has consumed (a literal pattern): f gets
// an empty Bound in its place.
//
// f returns, for an Out of fixed width:
//   Out                                 always a value. If all Ins are of fixed width f is also
//   called for rows
//                                       whose result is NULL, with any bits: it must not trap (then
//                                       loops vectorise).
//   std::optional<Out>                  nullopt is NULL
//   arrow::Result<Out or optional<Out>> an error ends the batch; declare the function `selective`
// and for an Out of std::string_view (strings, bytes), either the same three, or f takes a
// TextWriter& as its last parameter, appends to it, and returns void, bool (false is NULL),
// arrow::Status or arrow::Result<bool>.
//
// LiftAll<Out, In>(call, f) is for any number of arguments of one type: f takes a std::span<const
// In>. LiftBatch(f) is for all the rest: f(args, length) -> arrow::Result<ArrayPtr> over whole
// columns. f may be mutable and own scratch space: a kernel belongs to one task.
#pragma once

#include <arrow/array/util.h>
#include <arrow/scalar.h>
#include <arrow/status.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "expressions/column_access.h"

namespace sabot {

struct Bound {};

using KernelPtr = std::unique_ptr<Kernel>;
using KernelResult = arrow::Result<KernelPtr>;

namespace lift {

template <typename T>
struct OptionalOf : std::false_type {
  using Value = T;
};
template <typename T>
struct OptionalOf<std::optional<T>> : std::true_type {
  using Value = T;
};
template <typename T>
struct ResultOf : std::false_type {};
template <typename T>
struct ResultOf<arrow::Result<T>> : std::true_type {};

template <typename In>
inline constexpr bool kStrict = !OptionalOf<In>::value;

// What f gets for argument In at a row.
template <typename In>
class Argument {
 public:
  explicit Argument(const Vector& vector) : values_(vector) {}
  In operator[](int64_t row) const { return values_[row]; }
  const Reader<In>& values() const { return values_; }

 private:
  Reader<In> values_;
};

template <typename T>
class Argument<std::optional<T>> {
 public:
  explicit Argument(const Vector& vector) : values_(vector), nulls_(vector) {}
  std::optional<T> operator[](int64_t row) const {
    return nulls_.valid(row) ? std::optional<T>(values_[row]) : std::nullopt;
  }

 private:
  Reader<T> values_;
  NullBits nulls_;
};

template <>
class Argument<Bound> {
 public:
  explicit Argument(const Vector&) {}
  Bound operator[](int64_t) const { return {}; }
};

// Takes the results of f, row by row.
template <typename Out>
class Sink {
 public:
  static arrow::Result<Sink> Make(Validity validity, int64_t length) {
    ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<Out>::Make(length));
    return Sink(std::move(writer), ResultNulls(std::move(validity), length));
  }
  template <typename F>  // f(row) for each row whose result is not already NULL.
  arrow::Status Fill(int64_t length, F&& f) {
    arrow::Status status;
    const auto bits = nulls_.bits();
    const auto keep = validity_;  // The bits are iterated while ResultNulls copies them.
    ForEachValid(bits, length, [&](int64_t row) {
      if constexpr (ResultOf<std::invoke_result_t<F&, int64_t>>::value) {
        auto result = f(row);
        status = result.ok() ? Put(row, *result) : result.status();
        return status.ok();
      } else {
        status = Put(row, f(row));
        return status.ok();
      }
    });
    return status;
  }
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type) {
    return writer_.Finish(type, nulls_.Finish());
  }

 private:
  Sink(FixedWriter<Out> writer, ResultNulls nulls)
      : writer_(std::move(writer)), nulls_(std::move(nulls)), validity_(nulls_.buffer()) {}
  arrow::Status Put(int64_t row, Out value) {
    writer_.Set(row, value);
    return arrow::Status::OK();
  }
  arrow::Status Put(int64_t row, const std::optional<Out>& value) {
    if (!value.has_value()) return nulls_.SetNull(row);
    writer_.Set(row, *value);
    return arrow::Status::OK();
  }

  FixedWriter<Out> writer_;
  ResultNulls nulls_;
  std::shared_ptr<arrow::Buffer> validity_;
};

template <>
class Sink<std::string_view> {
 public:
  static arrow::Result<Sink> Make(Validity validity, int64_t length) {
    ARROW_ASSIGN_OR_RAISE(auto writer, TextWriter::Make(length, length * 8));
    return Sink(std::move(writer), ResultNulls(std::move(validity), length));
  }
  TextWriter& writer() { return writer_; }
  template <typename F>
  arrow::Status Fill(int64_t length, F&& f) {
    for (int64_t row = 0; row < length; ++row) {
      if (nulls_.valid(row)) ARROW_RETURN_NOT_OK(Row(row, f));
      writer_.EndRow();
    }
    return arrow::Status::OK();
  }
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type) {
    return writer_.Finish(type, nulls_.Finish());
  }

 private:
  Sink(TextWriter writer, ResultNulls nulls)
      : writer_(std::move(writer)), nulls_(std::move(nulls)) {}
  template <typename F>
  arrow::Status Row(int64_t row, F&& f) {
    using R = std::invoke_result_t<F&, int64_t>;
    if constexpr (std::is_void_v<R>) {
      f(row);
      return arrow::Status::OK();
    } else if constexpr (std::is_same_v<R, arrow::Status>) {
      return f(row);
    } else if constexpr (ResultOf<R>::value) {
      ARROW_ASSIGN_OR_RAISE(auto value, f(row));
      return Put(row, value);
    } else {
      return Put(row, f(row));
    }
  }
  arrow::Status Put(int64_t row, bool valid) {
    if (valid) return arrow::Status::OK();
    writer_.CutRow(0);
    return nulls_.SetNull(row);
  }
  arrow::Status Put(int64_t, std::string_view text) {
    writer_.Append(text);
    return arrow::Status::OK();
  }
  arrow::Status Put(int64_t row, const std::optional<std::string_view>& text) {
    if (!text.has_value()) return nulls_.SetNull(row);
    writer_.Append(*text);
    return arrow::Status::OK();
  }

  TextWriter writer_;
  ResultNulls nulls_;
};

// f(args...) of a total f over fixed width, for every row: a plain loop.
inline constexpr int64_t kBlock = 1024;

template <typename Out, typename F>
void FillDense(FixedWriter<Out>& writer, int64_t length, F&& f) {
  if constexpr (std::is_same_v<Out, bool>) {
    alignas(64) std::array<uint8_t, kBlock> bytes;
    for (int64_t start = 0; start < length; start += kBlock) {
      const int64_t size = std::min(kBlock, length - start);
      for (int64_t i = 0; i < size; ++i) {
        bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(f(start + i));
      }
      PackBits(bytes.data(), size, writer.data() + start / 8);
    }
  } else {
    Out* __restrict const out = reinterpret_cast<Out*>(writer.data());
    for (int64_t row = 0; row < length; ++row) out[row] = f(row);
  }
}

template <typename Out, typename F, typename... In>
class LiftKernel final : public Kernel {
 public:
  LiftKernel(std::shared_ptr<arrow::DataType> type, F f)
      : type_(std::move(type)), f_(std::move(f)) {}

  arrow::Result<Vector> Run(std::span<const Vector> args, int64_t length) override {
    SABOT_CHECK(args.size() == sizeof...(In));
    bool constant = sizeof...(In) > 0 && length > 0;
    for (const Vector& arg : args) constant = constant && arg.constant;
    const int64_t rows = constant ? 1 : length;
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, kStrictness, rows));
    if (validity.none) {
      ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(type_, rows));
      return Vector{std::move(nulls), constant};
    }
    ARROW_ASSIGN_OR_RAISE(
        auto array, Compute(args, std::move(validity), rows, std::index_sequence_for<In...>{}));
    return Vector{std::move(array), constant};
  }

 private:
  static constexpr std::array<bool, sizeof...(In)> kStrictness{kStrict<In>...};
  static constexpr bool kToWriter = std::is_invocable_v<F&, In..., TextWriter&>;
  static constexpr bool kDense = [] {
    if constexpr (kToWriter || !FixedWidth<Out>) {
      return false;
    } else {
      return (FixedWidth<In> && ...) && std::is_same_v<std::invoke_result_t<F&, In...>, Out>;
    }
  }();

  template <size_t... I>
  arrow::Result<ArrayPtr> Compute([[maybe_unused]] std::span<const Vector> args, Validity validity,
                                  int64_t rows, std::index_sequence<I...>) {
    const std::tuple<Argument<In>...> in{Argument<In>(args[I])...};
    if constexpr (kDense) {
      ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<Out>::Make(rows));
      if constexpr (sizeof...(In) == 2) {
        const auto left = std::get<0>(in).values();
        const auto right = std::get<1>(in).values();
        if (left.constant()) {
          const auto value = left[0];
          FillDense(writer, rows, [&](int64_t row) { return f_(value, right.Load(row)); });
        } else if (right.constant()) {
          const auto value = right[0];
          FillDense(writer, rows, [&](int64_t row) { return f_(left.Load(row), value); });
        } else {
          FillDense(writer, rows, [&](int64_t row) { return f_(left.Load(row), right.Load(row)); });
        }
      } else if constexpr (sizeof...(In) == 1) {
        const auto value = std::get<0>(in).values();
        FillDense(writer, rows, [&](int64_t row) { return f_(value.Load(row)); });
      } else {
        FillDense(writer, rows,
                  [&]([[maybe_unused]] int64_t row) { return f_(std::get<I>(in)[row]...); });
      }
      return writer.Finish(type_, std::move(validity.bits));
    } else {
      ARROW_ASSIGN_OR_RAISE(auto sink, Sink<Out>::Make(std::move(validity), rows));
      ARROW_RETURN_NOT_OK(sink.Fill(rows, [&]([[maybe_unused]] int64_t row) {
        if constexpr (kToWriter) {
          return f_(std::get<I>(in)[row]..., sink.writer());
        } else {
          return f_(std::get<I>(in)[row]...);
        }
      }));
      return sink.Finish(type_);
    }
  }

  std::shared_ptr<arrow::DataType> type_;
  F f_;
};

template <typename F>
class BatchKernel final : public Kernel {
 public:
  explicit BatchKernel(F f) : f_(std::move(f)) {}

  arrow::Result<Vector> Run(std::span<const Vector> args, int64_t length) override {
    bool constant = !args.empty() && length > 0;
    for (const Vector& arg : args) constant = constant && arg.constant;
    ARROW_ASSIGN_OR_RAISE(ArrayPtr array, f_(args, constant ? 1 : length));
    return Vector{std::move(array), constant};
  }

 private:
  F f_;
};

}  // namespace lift

template <typename Out, typename... In, typename F>
KernelPtr Lift(const Expression& call, F f) {
  return std::make_unique<lift::LiftKernel<Out, F, In...>>(ToArrow(call.type), std::move(f));
}

template <typename F>
KernelPtr LiftBatch(F f) {
  return std::make_unique<lift::BatchKernel<F>>(std::move(f));
}

template <typename Out, typename In, typename F>
KernelPtr LiftAll(const Expression& call, F f) {
  constexpr bool kToWriter = std::is_invocable_v<F&, std::span<const In>, TextWriter&>;
  return LiftBatch(
      [type = ToArrow(call.type), f = std::move(f)](
          std::span<const Vector> args, int64_t rows) mutable -> arrow::Result<ArrayPtr> {
        Validity validity;
        if constexpr (lift::kStrict<In>) {
          ARROW_ASSIGN_OR_RAISE(validity, IntersectValidity(args, {}, rows));
          if (validity.none) return arrow::MakeArrayOfNull(type, rows);
        }
        const std::vector<lift::Argument<In>> in(args.begin(), args.end());
        const auto values = std::make_unique<In[]>(args.size());
        const auto gather = [&](int64_t row) -> std::span<const In> {
          for (size_t i = 0; i < in.size(); ++i) values[i] = in[i][row];
          return {values.get(), in.size()};
        };
        ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<Out>::Make(std::move(validity), rows));
        ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) {
          if constexpr (kToWriter) {
            return f(gather(row), sink.writer());
          } else {
            return f(gather(row));
          }
        }));
        return sink.Finish(type);
      });
}

// --- binding ---

// The plan asks for something that this function does not take: "No function like(INT, STRING)."
arrow::Status NoSuchCall(const Expression& call);

// Literal arguments, as bind sees them (constant subtrees are folded before). nullopt: not a
// literal, or NULL.
bool IsNullLiteral(const Expression& arg);
std::optional<std::string> TextLiteral(const Expression& arg);  // CHAR, VARCHAR, BINARY, VARBINARY
std::optional<int64_t> IntegerLiteral(
    const Expression& arg);  // TINYINT to BIGINT, temporals, intervals
std::optional<bool> BooleanLiteral(const Expression& arg);

// f.template operator()<T>() with the C++ type of a TINYINT, SMALLINT, INTEGER or BIGINT.
template <typename F>
KernelResult WithInteger(const Expression& call, TypeKind kind, F&& f) {
  switch (kind) {
    case TypeKind::kTinyint:
      return f.template operator()<int8_t>();
    case TypeKind::kSmallint:
      return f.template operator()<int16_t>();
    case TypeKind::kInteger:
      return f.template operator()<int32_t>();
    case TypeKind::kBigint:
      return f.template operator()<int64_t>();
    default:
      return NoSuchCall(call);
  }
}

// As WithInteger, and FLOAT and DOUBLE.
template <typename F>
KernelResult WithNumber(const Expression& call, TypeKind kind, F&& f) {
  if (kind == TypeKind::kFloat) return f.template operator()<float>();
  if (kind == TypeKind::kDouble) return f.template operator()<double>();
  return WithInteger(call, kind, std::forward<F>(f));
}

// With the C++ type of any type that is not nested: also bool, Int128 and std::string_view.
template <typename F>
KernelResult WithScalar(const Expression& call, TypeKind kind, F&& f) {
  switch (kind) {
    case TypeKind::kBoolean:
      return f.template operator()<bool>();
    case TypeKind::kDecimal:
      return f.template operator()<Int128>();
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return f.template operator()<std::string_view>();
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      return f.template operator()<int32_t>();
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kIntervalDayTime:
      return f.template operator()<int64_t>();
    default:
      return WithNumber(call, kind, std::forward<F>(f));
  }
}

}  // namespace sabot
