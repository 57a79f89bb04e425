// The error of a record that cannot be read.
#include <algorithm>

#include "base/error.h"
#include "formats/format.h"

namespace sabot {
namespace {

constexpr size_t kContextBefore = 60;
constexpr size_t kContextAfter = 40;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The record around `at`, cut at whole characters, bytes that are not printable as \xNN, and a mark
// before `at`.
std::string Around(std::string_view record, size_t at) {
  static constexpr char kHex[] = "0123456789abcdef";
  at = std::min(at, record.size());
  size_t begin = at > kContextBefore ? at - kContextBefore : 0;
  size_t end = std::min(record.size(), at + kContextAfter);
  while (begin > 0 && IsContinuation(record[begin])) --begin;
  while (end < record.size() && IsContinuation(record[end])) ++end;
  std::string text = begin > 0 ? "..." : "";
  for (size_t i = begin; i < end; ++i) {
    if (i == at) text += ">>>";
    const unsigned char c = static_cast<unsigned char>(record[i]);
    // A byte that begins or continues a well-formed character is printed as it is; others would
    // make the message itself invalid.
    size_t length = 1;
    if (c >= 0xC2 && c < 0xE0) length = 2;
    if (c >= 0xE0 && c < 0xF0) length = 3;
    if (c >= 0xF0 && c < 0xF5) length = 4;
    bool whole = c >= 0x20 && c < 0x7F;
    if (length > 1 && i + length <= end) {
      whole = std::all_of(record.begin() + static_cast<int64_t>(i) + 1,
                          record.begin() + static_cast<int64_t>(i + length), IsContinuation);
    }
    if (whole) {
      text.append(record.substr(i, length));
      i += length - 1;
      continue;
    }
    text += "\\x";
    text.push_back(kHex[c >> 4]);
    text.push_back(kHex[c & 15]);
  }
  if (at == end) text += ">>>";
  if (end < record.size()) text += "...";
  return text;
}

arrow::Status Refusal(const std::string& identifier, std::string message, std::string_view record,
                      size_t at, std::string_view reason, std::string_view skip_option) {
  message += ": ";
  message += reason;
  message += "; the text there: " + Around(record, at);
  if (!skip_option.empty()) {
    message += "; to leave such records out, set '" + std::string(skip_option) + "' = 'true'";
  }
  return UserError("bad-record", identifier, std::move(message));
}

}  // namespace

arrow::Status BadRecord(const RecordPlace& place, std::string_view record, size_t at,
                        std::string_view reason, std::string_view skip_option) {
  int64_t line = place.line;
  if (line == 0 && place.find_line) line = place.find_line(place.offset);
  std::string message =
      "cannot read " + (place.file.empty() ? std::string("a record") : place.file);
  if (line > 0) message += ", line " + std::to_string(line);
  message += ", byte offset " +
             std::to_string(place.offset + static_cast<int64_t>(std::min(at, record.size())));
  return Refusal(place.file, std::move(message), record, at, reason, skip_option);
}

arrow::Status BadMessage(const std::string& identifier, std::string_view place,
                         std::string_view message, size_t at, std::string_view reason,
                         std::string_view skip_option) {
  return Refusal(identifier,
                 "cannot read " + std::string(place) + ", byte " +
                     std::to_string(std::min(at, message.size())),
                 message, at, reason, skip_option);
}

}  // namespace sabot
