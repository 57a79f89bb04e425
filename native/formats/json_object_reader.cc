// Reading objects: prediction of the next field, and the slow way when it fails.
#include <utility>

#include "formats/json_reader.h"

namespace sabot {

bool JsonObjectReader::Step::Matches(const char* p) const {
#if defined(__AVX2__)
  const __m256i seen = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i wanted = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  return (static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(seen, wanted))) & cared) ==
         equal;
#else
  return cared == equal && std::memcmp(p, text, static_cast<size_t>(length)) == 0;
#endif
}

JsonObjectReader::JsonObjectReader(const std::vector<std::string>& names,
                                   std::vector<std::unique_ptr<JsonValueReader>> readers,
                                   const JsonReadOptions& options)
    : readers_(std::move(readers)), options_(options), names_(names) {
  for (size_t i = 0; i < names_.size(); ++i) fields_.emplace(names_[i], static_cast<int>(i));
  steps_.resize(2);
  steps_.reserve(kStepsMax);
  steps_[0].next = 1;
  steps_[1].next = 1;
}

int32_t JsonObjectReader::Remember(const char* begin, const char* end, int field,
                                   int32_t previous) {
  const size_t length = static_cast<size_t>(end - begin);
  if (length > kTextMax || length == 0) return 1;
  std::string text(begin, end);
  auto found = steps_by_text_.find(text);
  if (found == steps_by_text_.end()) {
    if (steps_.size() == kStepsMax) return 1;
    Step step;
    std::memcpy(step.text, begin, length);
    step.cared = step.equal = length == kTextMax ? UINT32_MAX : (1u << length) - 1;
    step.length = static_cast<int32_t>(length);
    step.field = field;
    step.next = 1;
    steps_.push_back(step);
    found = steps_by_text_.emplace(std::move(text), static_cast<int32_t>(steps_.size() - 1)).first;
  }
  steps_[static_cast<size_t>(previous)].next = found->second;
  return found->second;
}

// p is behind a value, or at the object's '{' (previous == 0): reads up to the next value or behind
// the '}'.
const char* JsonObjectReader::FindField(const char* p, int32_t previous, int* field, int32_t* step,
                                        JsonFault& fault) {
  const char* begin = p;
  const bool first = previous == 0 && *p == '{';
  p = SkipJsonBlanks(first ? p + 1 : p);
  if (*p == '}') {
    *field = kEnd;
    *step = Remember(begin, p + 1, kEnd, previous);
    return p + 1;
  }
  if (!first) {
    if (*p != ',') {
      return fault.Set(p, *p == '\n' ? "the line ends inside a record" : "',' or '}' was expected");
    }
    p = SkipJsonBlanks(p + 1);
  }
  if (*p != '"') {
    return fault.Set(p, *p == '\n' ? "the line ends inside a record"
                                   : "a field name in double quotes was expected");
  }
  uint32_t flags = 0;
  const char* name = p + 1;
  const char* name_end = ScanJsonString(name, &flags);
  if (*name_end != '"') return fault.Set(p, "a field name is not closed");
  std::string_view key(name, static_cast<size_t>(name_end - name));
  std::string unescaped;
  if (flags != 0) {
    if (!CheckJsonString(name, name_end, flags)) {
      return fault.Set(p, "a field name is not UTF-8 or has a wrong escape");
    }
    UnescapeJsonString(name, name_end, &unescaped);
    key = unescaped;
  }
  p = SkipJsonBlanks(name_end + 1);
  if (*p != ':') return fault.Set(p, "':' was expected behind a field name");
  p = SkipJsonBlanks(p + 1);
  const auto found = fields_.find(key);
  *field = found == fields_.end() ? kSkip : found->second;
  *step = Remember(begin, p, *field, previous);
  return p;
}

const char* JsonObjectReader::Read(const char* p, int64_t row, JsonFault& fault) {
  // As Flink's reader does it: the last of equal names wins, but once as many values have been read
  // as there are columns, the rest is only checked.
  const size_t wanted = readers_.size();
  const size_t num_read_max = options_.last_name_wins ? SIZE_MAX : wanted;
  size_t num_read = 0;
  size_t num_columns = 0;
  int32_t current = 0;
  for (;;) {
    const int32_t predicted = steps_[static_cast<size_t>(current)].next;
    const Step& step = steps_[static_cast<size_t>(predicted)];
    int field = step.field;
    if (step.Matches(p)) {
      p += step.length;
      current = predicted;
      if (*p == ' ' || *p == '\t') p = SkipJsonBlanks(p);  // More of them than last time.
    } else {
      p = FindField(p, current, &field, &current, fault);
      if (p == nullptr) return nullptr;
    }
    if (field >= 0 && num_read < num_read_max) {
      JsonValueReader& reader = *readers_[static_cast<size_t>(field)];
      if (reader.column().length() == row) {
        ++num_columns;
      } else {
        reader.column().Truncate(row);
      }
      p = reader.Read(p, fault);
      if (p == nullptr) return fault.Within(names_[static_cast<size_t>(field)]);
      ++num_read;
    } else if (field == kEnd) {
      break;
    } else {
      p = SkipJsonValue(p, 0, fault);
    }
    if (p == nullptr) return nullptr;
  }
  if (num_columns == wanted) return p;
  for (size_t i = 0; i < wanted; ++i) {
    ColumnBuffer& column = readers_[i]->column();
    if (column.length() != row) continue;
    if (options_.fail_on_missing_field && num_read < wanted) {
      fault.Set(p, "a field is missing (json.fail-on-missing-field)", &column.type());
      return fault.Within(names_[i]);
    }
    column.AppendNull();
  }
  return p;
}

}  // namespace sabot
