// Messages of several lines.
#include "formats/json_message.h"

#include <algorithm>

namespace sabot {

// A newline is a blank between tokens, and Jackson takes it raw inside strings.
const char* JsonMessage::FrameLines(std::string_view message) {
  const size_t size_max = 2 * message.size() + 1 + kDecodePadding;
  if (size_max > line_.size()) line_.resize(size_max);
  char* to = line_.data();
  bool in_string = false;
  for (size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    if (c == '\n' && in_string) {
      escapes_.push_back(static_cast<size_t>(to - line_.data()));
      *to++ = '\\';
      *to++ = 'n';
    } else if (c == '\\' && in_string && i + 1 < message.size()) {
      *to++ = c;
      ++i;
      *to++ = message[i] == '\n' ? ' ' : message[i];  // No escape either.
    } else {
      if (c == '"') in_string = !in_string;
      *to++ = c == '\n' ? ' ' : c;
    }
  }
  *to = '\n';
  return line_.data();
}

size_t JsonMessage::PositionOf(const char* at) const {
  const size_t position = static_cast<size_t>(at - line_.data());
  const auto before = std::lower_bound(escapes_.begin(), escapes_.end(), position);
  return position - static_cast<size_t>(before - escapes_.begin());
}

}  // namespace sabot
