// Cutting CSV records.
#include "formats/csv_record.h"

#include <cstring>

namespace sabot {
namespace {

// What stands behind an escape character, as Jackson takes it.
char Unescaped(char c) {
  switch (c) {
    case '0':
      return '\0';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

const char* CsvRecord::Split(const char* p, const char* end, bool at_end, CsvFault* fault) {
  fields_.clear();
  scratch_.clear();
  fault->reason.clear();
  for (;;) {
    Field field;
    if (options_.trim_spaces) {
      while (p < end && IsBlank(*p)) ++p;
    }
    field.at = p;
    const bool quoted = options_.quote && p < end && *p == *options_.quote;
    p = quoted ? SplitQuoted(p, end, at_end, &field, fault)
               : SplitPlain(p, end, at_end, &field, fault);
    if (p == nullptr) return nullptr;
    if (!fault->reason.empty()) {
      // What follows cannot be told apart: the record ends with its line.
      fault->at = field.at;
      const void* newline = p < end ? std::memchr(p, '\n', static_cast<size_t>(end - p)) : nullptr;
      if (newline == nullptr) return at_end ? end : nullptr;
      return static_cast<const char*>(newline) + 1;
    }
    fields_.push_back(field);
    if (p == end) return p;
    if (*p == options_.delimiter) {
      ++p;
      continue;
    }
    if (*p == '\r') {
      ++p;
      if (p == end && !at_end) return nullptr;  // Perhaps a '\n' follows.
    }
    if (p < end && *p == '\n') ++p;
    return p;
  }
}

void CsvRecord::MoveToScratch(const char* begin, const char* end, Field* field) {
  if (field->in_scratch) return;
  field->in_scratch = true;
  field->scratch_at = scratch_.size();
  scratch_.append(begin, end);
}

// A field without quotes ends at the delimiter or the line's end.
const char* CsvRecord::SplitPlain(const char* p, const char* end, bool at_end, Field* field,
                                  CsvFault* fault) {
  const char* begin = p;
  for (; p < end && *p != options_.delimiter && *p != '\n' && *p != '\r'; ++p) {
    char c = *p;
    if (options_.escape && c == *options_.escape) {
      if (p + 1 == end) {
        if (at_end) fault->reason = "nothing follows the escape character";
        return at_end ? p : nullptr;
      }
      MoveToScratch(begin, p, field);
      c = Unescaped(*++p);
    }
    if (field->in_scratch) scratch_.push_back(c);
  }
  if (p == end && !at_end) return nullptr;
  field->text = begin;
  field->size =
      field->in_scratch ? scratch_.size() - field->scratch_at : static_cast<size_t>(p - begin);
  if (options_.trim_spaces) {
    const char* text = field->in_scratch ? scratch_.data() + field->scratch_at : field->text;
    while (field->size > 0 && static_cast<unsigned char>(text[field->size - 1]) <= ' ')
      --field->size;
  }
  return p;
}

// p at the opening quote; returns the place of the delimiter or line end behind the field.
const char* CsvRecord::SplitQuoted(const char* p, const char* end, bool at_end, Field* field,
                                   CsvFault* fault) {
  const char quote = *options_.quote;
  const char* begin = ++p;
  for (;; ++p) {
    if (p == end) {
      if (!at_end) return nullptr;
      fault->reason = "a quoted field is not closed";
      return p;
    }
    const bool last = p + 1 == end;
    const bool escaped = options_.escape && *p == *options_.escape;
    if (last && !at_end && (escaped || *p == quote)) return nullptr;
    const bool doubled = *p == quote && !last && p[1] == quote;
    if (*p == quote && !doubled) break;
    char c = *p;
    if ((escaped && !last) || doubled) {
      MoveToScratch(begin, p, field);
      c = escaped ? Unescaped(*++p) : *++p;
    }
    if (field->in_scratch) scratch_.push_back(c);
  }
  field->text = begin;
  field->size =
      field->in_scratch ? scratch_.size() - field->scratch_at : static_cast<size_t>(p - begin);
  ++p;
  while (p < end && IsBlank(*p)) ++p;
  if (p == end) return at_end ? p : nullptr;
  if (*p != options_.delimiter && *p != '\n' && *p != '\r')
    fault->reason = "a delimiter was expected behind a quoted field";
  return p;
}

const char* SkipCsvComments(const char* p, const char* end, bool at_end) {
  while (p < end) {
    if (*p == ' ' || *p == '\r' || *p == '\n') {
      ++p;
    } else if (*p == '#') {
      while (p < end && *p != '\n' && *p != '\r') ++p;
      if (p == end && !at_end) return nullptr;
    } else {
      break;
    }
  }
  return p;
}

}  // namespace sabot
