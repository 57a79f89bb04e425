// Evaluates expressions for tests.
#include "expressions/evaluate.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "arrays.h"
#include "base/check.h"

namespace sabot::test {
namespace {

// --- types ---

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Type Parse() {
    const std::string name = Word();
    Type type;
    type.kind = Kind(name);
    const auto numbers = Numbers();
    if (name == "STRING" || name == "BYTES") {
      type.length = kLengthMax;
    } else if (type.is_string() || type.is_bytes()) {
      type.length = numbers.empty() ? (name.starts_with("VAR") ? kLengthMax : 1) : numbers[0];
    } else if (type.kind == TypeKind::kDecimal) {
      type.precision = numbers.at(0);
      type.scale = numbers.at(1);
    } else if (type.is_timestamp()) {
      type.precision = numbers.empty() ? 6 : numbers[0];
    } else if (!numbers.empty()) {
      type.precision = numbers[0];
    }
    if (Skip('<')) {
      do {
        if (type.kind == TypeKind::kRow) type.names.push_back(Word());
        type.children.push_back(Parse());
      } while (Skip(','));
      SABOT_CHECK(Skip('>'));
    }
    if (SkipWord("NOT NULL")) type.nullable = false;
    return type;
  }

 private:
  static TypeKind Kind(const std::string& name) {
    static const std::vector<std::pair<std::string, TypeKind>> kinds = {
        {"BOOLEAN", TypeKind::kBoolean},
        {"TINYINT", TypeKind::kTinyint},
        {"SMALLINT", TypeKind::kSmallint},
        {"INT", TypeKind::kInteger},
        {"BIGINT", TypeKind::kBigint},
        {"FLOAT", TypeKind::kFloat},
        {"DOUBLE", TypeKind::kDouble},
        {"DECIMAL", TypeKind::kDecimal},
        {"CHAR", TypeKind::kChar},
        {"VARCHAR", TypeKind::kVarchar},
        {"STRING", TypeKind::kVarchar},
        {"BINARY", TypeKind::kBinary},
        {"VARBINARY", TypeKind::kVarbinary},
        {"BYTES", TypeKind::kVarbinary},
        {"DATE", TypeKind::kDate},
        {"TIME", TypeKind::kTime},
        {"TIMESTAMP", TypeKind::kTimestamp},
        {"TIMESTAMP_LTZ", TypeKind::kTimestampLtz},
        {"INTERVAL_YEAR_MONTH", TypeKind::kIntervalYearMonth},
        {"INTERVAL_DAY_TIME", TypeKind::kIntervalDayTime},
        {"ARRAY", TypeKind::kArray},
        {"MAP", TypeKind::kMap},
        {"MULTISET", TypeKind::kMultiset},
        {"ROW", TypeKind::kRow},
        {"NULL", TypeKind::kNull},
    };
    for (const auto& [word, kind] : kinds) {
      if (word == name) return kind;
    }
    SABOT_CHECK(!"a type name");
    return TypeKind::kNull;
  }
  void SkipBlanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool Skip(char c) {
    SkipBlanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool SkipWord(std::string_view word) {
    SkipBlanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  std::string Word() {
    SkipBlanks();
    const size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '_' || text_[at_] == '$'))
      ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  std::vector<int32_t> Numbers() {
    std::vector<int32_t> numbers;
    if (!Skip('(')) return numbers;
    do {
      numbers.push_back(std::stoi(Word()));
    } while (Skip(','));
    SABOT_CHECK(Skip(')'));
    return numbers;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// --- printing ---

template <typename T>
std::string PrintFloat(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  return {buffer, end};
}

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string PrintRange(const arrow::Array& array, int64_t begin, int64_t end);

std::string Print(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return "null";
  switch (array.type_id()) {
    case arrow::Type::FLOAT:
      return PrintFloat(static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE:
      return PrintFloat(static_cast<const arrow::DoubleArray&>(array).Value(row));
    case arrow::Type::STRING:
      return nlohmann::json(static_cast<const arrow::StringArray&>(array).GetString(row)).dump();
    case arrow::Type::BINARY:
      return Hex(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case arrow::Type::DECIMAL128:
      return static_cast<const arrow::Decimal128Array&>(array).FormatValue(row);
    case arrow::Type::DURATION:
      return std::to_string(static_cast<const arrow::DurationArray&>(array).Value(row));
    case arrow::Type::INTERVAL_MONTHS:
      return std::to_string(static_cast<const arrow::MonthIntervalArray&>(array).Value(row));
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      return PrintRange(*list.values(), list.value_offset(row), list.value_offset(row + 1));
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      std::string text = "{";
      for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
        if (text.size() > 1) text += ", ";
        text += Print(*map.keys(), i) + ": " + Print(*map.items(), i);
      }
      return text + "}";
    }
    case arrow::Type::STRUCT: {
      const auto& rows = static_cast<const arrow::StructArray&>(array);
      std::string text = "(";
      for (int i = 0; i < rows.num_fields(); ++i) {
        if (i > 0) text += ", ";
        text += Print(*rows.field(i), row);
      }
      return text + ")";
    }
    default:
      return array.GetScalar(row).ValueOrDie()->ToString();
  }
}

std::string PrintRange(const arrow::Array& array, int64_t begin, int64_t end) {
  std::string text = "[";
  for (int64_t row = begin; row < end; ++row) {
    if (row > begin) text += ", ";
    text += Print(array, row);
  }
  return text + "]";
}

// The columns of a call are those of its arguments, from left to right.
void Shift(Expression* expression, int by) {
  if (expression->form == Expression::Form::kColumn) expression->column += by;
  for (Expression& arg : expression->args) Shift(&arg, by);
}

}  // namespace

Type TypeOf(std::string_view text) { return TypeParser(text).Parse(); }

Argument Values(std::string_view type, std::string_view json_array) {
  Argument argument;
  argument.expression.form = Expression::Form::kColumn;
  argument.expression.type = TypeOf(type);
  argument.expression.column = 0;
  argument.expression.options = std::make_shared<const nlohmann::json>(nlohmann::json::object());
  argument.columns = {Array(ToArrow(argument.expression.type), json_array)};
  return argument;
}

Argument Literal(std::string_view type, std::string_view json_value) {
  Argument argument;
  argument.expression.type = TypeOf(type);
  argument.expression.options = std::make_shared<const nlohmann::json>(nlohmann::json::object());
  const auto array = Array(ToArrow(argument.expression.type), "[" + std::string(json_value) + "]");
  argument.expression.literal = array->GetScalar(0).ValueOrDie();
  return argument;
}

Argument Call(std::string_view function, std::string_view type, std::vector<Argument> args,
              std::string_view options) {
  Argument call;
  call.expression.form = Expression::Form::kCall;
  call.expression.function = function;
  call.expression.type = TypeOf(type);
  call.expression.options = std::make_shared<const nlohmann::json>(nlohmann::json::parse(options));
  for (Argument& arg : args) {
    Shift(&arg.expression, static_cast<int>(call.columns.size()));
    call.columns.insert(call.columns.end(), arg.columns.begin(), arg.columns.end());
    call.expression.args.push_back(std::move(arg.expression));
  }
  return call;
}

std::string Evaluate(const Argument& argument, const SessionContext& session) {
  const auto evaluate = [&]() -> arrow::Result<std::string> {
    ARROW_ASSIGN_OR_RAISE(auto bound, Bind(argument.expression, session));
    const int64_t length = argument.columns.empty() ? 1 : argument.columns[0]->length();
    ARROW_ASSIGN_OR_RAISE(auto values, bound->Evaluate(argument.columns, length));
    ARROW_ASSIGN_OR_RAISE(auto array, Materialize(values, length));
    ARROW_RETURN_NOT_OK(array->ValidateFull());
    if (array->length() != length)
      return "a result of " + std::to_string(array->length()) + " rows";
    if (!array->type()->Equals(*ToArrow(argument.expression.type)))
      return "a result of type " + array->type()->ToString();
    return PrintRange(*array, 0, length);
  };
  auto text = evaluate();
  return text.ok() ? *text : "error: " + text.status().message();
}

}  // namespace sabot::test
