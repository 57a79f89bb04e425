// Casts to CHAR and VARCHAR.
//
//   1.0E7   TRUE   -9.9999   2024-01-02 03:04:05.600   [1, NULL]   {k=1}   (1, (x))
//
// CHAR(n) is filled with blanks, and both are cut, by code points. A value is written by a Text*
// below; nested values are written by printers made of them.
#include <arrow/array.h>

#include <charconv>

#include "base/number_text.h"
#include "expressions/cast.h"
#include "expressions/decimal.h"
#include "expressions/temporal.h"
#include "expressions/time_zone.h"
#include "expressions/utf8.h"

namespace sabot {
namespace {

// --- one value ---

struct TextOfBoolean {
  void operator()(bool value, TextWriter& to) {
    to.Append(value ? std::string_view("TRUE") : "FALSE");
  }
};

struct TextOfInteger {
  void operator()(int64_t value, TextWriter& to) {
    char text[24];
    to.Append({text, std::to_chars(text, text + sizeof(text), value).ptr});
  }
};

struct TextOfFloating {
  void operator()(float value, TextWriter& to) {
    char text[kNumberTextMax];
    to.Append({text, FormatFloat(value, text)});
  }
  void operator()(double value, TextWriter& to) {
    char text[kNumberTextMax];
    to.Append({text, FormatDouble(value, text)});
  }
};

struct TextOfDecimal {
  int32_t scale;
  void operator()(Int128 value, TextWriter& to) {
    char text[kNumberTextMax];
    to.Append({text, FormatDecimal(value, scale, text)});
  }
};

struct TextOfText {
  void operator()(std::string_view value, TextWriter& to) { to.Append(value); }
};

// Bytes read as UTF-8; what is not becomes U+FFFD, one for each longest part of a character, as in
// Java.
struct TextOfBytes {
  void operator()(std::string_view bytes, TextWriter& to) {
    if (IsAscii(bytes)) {
      to.Append(bytes);
      return;
    }
    for (size_t at = 0; at < bytes.size();) {
      const size_t good = ValidPrefix(bytes.substr(at));
      if (good > 0) {
        to.Append(bytes.substr(at, good));
        at += good;
      } else {
        to.Append(std::string_view("\xEF\xBF\xBD"));
        at += MalformedPrefix(bytes.substr(at));
      }
    }
  }

 private:
  static unsigned Byte(std::string_view bytes, size_t at) {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
  }
  // What the second byte may be after a lead byte: not overlong, no surrogate, not past U+10FFFF.
  static bool SecondFits(unsigned lead, unsigned second) {
    if (lead == 0xE0) return second >= 0xA0 && second <= 0xBF;
    if (lead == 0xED) return second >= 0x80 && second <= 0x9F;
    if (lead == 0xF0) return second >= 0x90 && second <= 0xBF;
    if (lead == 0xF4) return second >= 0x80 && second <= 0x8F;
    return second >= 0x80 && second <= 0xBF;
  }
  static size_t Expected(unsigned lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  }
  // How many bytes of a character fit, up to its whole length.
  static size_t Fitting(std::string_view bytes) {
    const unsigned lead = Byte(bytes, 0);
    const size_t expected = Expected(lead);
    if (expected < 2 || !SecondFits(lead, Byte(bytes, 1))) return 1;
    size_t size = 2;
    while (size < expected && (Byte(bytes, size) & 0xC0) == 0x80) ++size;
    return size;
  }
  static size_t ValidPrefix(std::string_view bytes) {
    const size_t expected = Expected(Byte(bytes, 0));
    return expected > 0 && Fitting(bytes) == expected ? expected : 0;
  }
  static size_t MalformedPrefix(std::string_view bytes) {
    // A surrogate as three bytes is one mistake.
    const bool surrogate = Byte(bytes, 0) == 0xED && Byte(bytes, 1) >= 0xA0 &&
                           Byte(bytes, 1) <= 0xBF && (Byte(bytes, 2) & 0xC0) == 0x80;
    return surrogate ? 3 : Fitting(bytes);
  }
};

template <auto format>
struct TextOfTemporal {
  int32_t precision;
  ZoneCursor zone;
  void operator()(int64_t value, TextWriter& to) {
    char text[kTemporalTextMax];
    to.Append({text, format(*this, value, text)});
  }
};

using TextOfDate =
    TextOfTemporal<[](auto&, int64_t days, char* to) { return FormatDate(days, to); }>;
using TextOfTime = TextOfTemporal<[](auto& by, int64_t millis, char* to) {
  return FormatTime(millis, by.precision, to);
}>;
using TextOfTimestamp = TextOfTemporal<[](auto& by, int64_t ticks, char* to) {
  return FormatTimestamp(by.zone.ToLocalTicks(ticks, TicksPerSecond(by.precision)), by.precision,
                         to);
}>;
using TextOfMonths = TextOfTemporal<[](auto&, int64_t months, char* to) {
  return FormatIntervalYearMonth(static_cast<int32_t>(months), to);
}>;
using TextOfMillis = TextOfTemporal<[](auto&, int64_t millis, char* to) {
  return FormatIntervalDayTime(millis, to);
}>;

// f.operator()<T>(text) with the C++ type of a scalar SQL type and what writes it.
template <typename R, typename F>
arrow::Result<R> WithText(const Type& type, const SessionContext& session, F&& f) {
  ARROW_ASSIGN_OR_RAISE(
      const TimeZone* zone,
      TimeZone::Find(type.kind == TypeKind::kTimestampLtz ? session.time_zone : "UTC"));
  const ZoneCursor cursor(zone);
  switch (type.kind) {
    case TypeKind::kBoolean:
      return f.template operator()<bool>(TextOfBoolean{});
    case TypeKind::kTinyint:
      return f.template operator()<int8_t>(TextOfInteger{});
    case TypeKind::kSmallint:
      return f.template operator()<int16_t>(TextOfInteger{});
    case TypeKind::kInteger:
      return f.template operator()<int32_t>(TextOfInteger{});
    case TypeKind::kBigint:
      return f.template operator()<int64_t>(TextOfInteger{});
    case TypeKind::kFloat:
      return f.template operator()<float>(TextOfFloating{});
    case TypeKind::kDouble:
      return f.template operator()<double>(TextOfFloating{});
    case TypeKind::kDecimal:
      return f.template operator()<Int128>(TextOfDecimal{type.scale});
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return f.template operator()<std::string_view>(TextOfText{});
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return f.template operator()<std::string_view>(TextOfBytes{});
    case TypeKind::kDate:
      return f.template operator()<int32_t>(TextOfDate{0, cursor});
    case TypeKind::kTime:
      return f.template operator()<int32_t>(TextOfTime{type.precision, cursor});
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return f.template operator()<int64_t>(TextOfTimestamp{type.precision, cursor});
    case TypeKind::kIntervalYearMonth:
      return f.template operator()<int32_t>(TextOfMonths{0, cursor});
    case TypeKind::kIntervalDayTime:
      return f.template operator()<int64_t>(TextOfMillis{0, cursor});
    default:
      return arrow::Status::Invalid("The plan is malformed: no text of ", ToString(type), ".");
  }
}

// --- the length of the target ---

struct Fit {
  int64_t length;
  bool pad;

  explicit Fit(const Type& to)
      : length(to.length), pad(to.kind == TypeKind::kChar && to.length != kLengthMax) {}
  bool any() const { return length != kLengthMax; }
  void operator()(TextWriter& to) const {
    const auto bytes = static_cast<int64_t>(to.row().size());
    if (bytes <= length && !pad) return;
    const int64_t count = NumCodePoints(to.row());
    if (count > length) to.CutRow(CodePointOffset(to.row(), length));
    if (count < length && pad) to.Append(static_cast<size_t>(length - count), ' ');
  }
};

// --- nested values ---

class Printer {
 public:
  virtual ~Printer() = default;
  virtual void Open(const Vector& values) = 0;  // Before the rows of a batch are printed.
  virtual void Print(int64_t row, TextWriter& to) = 0;
};

using PrinterPtr = std::unique_ptr<Printer>;

template <typename T, typename Text>
class ScalarPrinter final : public Printer {
 public:
  explicit ScalarPrinter(Text text) : text_(std::move(text)) {}
  void Open(const Vector& values) override {
    nulls_.emplace(values);
    values_.emplace(values);
  }
  void Print(int64_t row, TextWriter& to) override {
    if (nulls_->valid(row)) {
      text_((*values_)[row], to);
    } else {
      to.Append(std::string_view("NULL"));
    }
  }

 private:
  Text text_;
  std::optional<NullBits> nulls_;
  std::optional<Reader<T>> values_;
};

// ARRAY "[a, b]"; with a second part MAP and MULTISET "{k=v, k=v}".
class ListPrinter final : public Printer {
 public:
  ListPrinter(PrinterPtr element, PrinterPtr value)
      : element_(std::move(element)), value_(std::move(value)) {}
  void Open(const Vector& values) override {
    nulls_.emplace(values);
    values_.emplace(values);
    if (value_ == nullptr) {
      element_->Open(Vector{static_cast<const arrow::ListArray&>(*values.array).values(), false});
      return;
    }
    const auto& map = static_cast<const arrow::MapArray&>(*values.array);
    element_->Open(Vector{map.keys(), false});
    value_->Open(Vector{map.items(), false});
  }
  void Print(int64_t row, TextWriter& to) override {
    if (!nulls_->valid(row)) {
      to.Append(std::string_view("NULL"));
      return;
    }
    const ListSlice slice = (*values_)[row];
    to.Append(value_ == nullptr ? '[' : '{');
    for (int64_t i = slice.begin; i < slice.end; ++i) {
      if (i > slice.begin) to.Append(std::string_view(", "));
      element_->Print(i, to);
      if (value_ == nullptr) continue;
      to.Append('=');
      value_->Print(i, to);
    }
    to.Append(value_ == nullptr ? ']' : '}');
  }

 private:
  PrinterPtr element_;
  PrinterPtr value_;  // Of maps, else nullptr.
  std::optional<NullBits> nulls_;
  std::optional<Reader<ListSlice>> values_;
};

class RowPrinter final : public Printer {
 public:
  explicit RowPrinter(std::vector<PrinterPtr> fields) : fields_(std::move(fields)) {}
  void Open(const Vector& values) override {
    nulls_.emplace(values);
    const auto& rows = static_cast<const arrow::StructArray&>(*values.array);
    for (size_t i = 0; i < fields_.size(); ++i) {
      fields_[i]->Open(Vector{rows.field(static_cast<int>(i)), values.constant});
    }
  }
  void Print(int64_t row, TextWriter& to) override {
    if (!nulls_->valid(row)) {
      to.Append(std::string_view("NULL"));
      return;
    }
    to.Append('(');
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (i > 0) to.Append(std::string_view(", "));
      fields_[i]->Print(row, to);
    }
    to.Append(')');
  }

 private:
  std::vector<PrinterPtr> fields_;
  std::optional<NullBits> nulls_;
};

arrow::Result<PrinterPtr> MakePrinter(const Type& type, const SessionContext& session) {
  std::vector<PrinterPtr> parts;
  for (const Type& child : type.children) {
    ARROW_ASSIGN_OR_RAISE(auto part, MakePrinter(child, session));
    parts.push_back(std::move(part));
  }
  switch (type.kind) {
    case TypeKind::kArray:
      return std::make_unique<ListPrinter>(std::move(parts[0]), nullptr);
    case TypeKind::kMap:
      return std::make_unique<ListPrinter>(std::move(parts[0]), std::move(parts[1]));
    case TypeKind::kMultiset:
      return std::make_unique<ListPrinter>(
          std::move(parts[0]),
          std::make_unique<ScalarPrinter<int32_t, TextOfInteger>>(TextOfInteger{}));
    case TypeKind::kRow:
      return std::make_unique<RowPrinter>(std::move(parts));
    case TypeKind::kNull:  // Every row is NULL; the C++ type does not matter.
      return std::make_unique<ScalarPrinter<int32_t, TextOfInteger>>(TextOfInteger{});
    default:
      return WithText<PrinterPtr>(
          type, session, []<typename T, typename Text>(Text text) -> PrinterPtr {
            return std::make_unique<ScalarPrinter<T, Text>>(std::move(text));
          });
  }
}

}  // namespace

KernelResult BindCastToText(const Cast& cast) {
  const Fit fit(cast.to);
  if (!cast.from.children.empty()) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<Printer> printer, MakePrinter(cast.from, cast.session));
    return LiftBatch([printer, fit, type = ToArrow(cast.to)](
                         std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
      ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, {}, rows));
      if (validity.none) return arrow::MakeArrayOfNull(type, rows);
      ARROW_ASSIGN_OR_RAISE(auto sink,
                            lift::Sink<std::string_view>::Make(std::move(validity), rows));
      printer->Open(args[0]);
      ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) {
        printer->Print(row, sink.writer());
        fit(sink.writer());
      }));
      return sink.Finish(type);
    });
  }
  return WithText<KernelPtr>(
      cast.from, cast.session, [&]<typename T, typename Text>(Text text) -> KernelPtr {
        return Lift<std::string_view, T>(cast.call, [text, fit](T value, TextWriter& to) mutable {
          text(value, to);
          if (fit.any()) fit(to);
        });
      });
}

}  // namespace sabot
