// A message as the JSON readers want it (json_scan.h): one line, with its newline and padding
// behind.
//
//   {"a":<newline> "b<newline>c"}   ->   {"a":  "b\\nc"}<newline>
//
// State: the copy.
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "formats/format.h"

namespace sabot {

class JsonMessage {
 public:
  // The message's line, good until the next call.
  const char* Frame(std::string_view message) {
    if (message.size() + 1 + kDecodePadding > line_.size()) {
      line_.resize(2 * (message.size() + 1 + kDecodePadding));
    }
    escapes_.clear();
    if (std::memchr(message.data(), '\n', message.size()) != nullptr) return FrameLines(message);
    std::memcpy(line_.data(), message.data(), message.size());
    line_[message.size()] = '\n';
    return line_.data();
  }
  // Where in the message the line's `at` was.
  size_t PositionOf(const char* at) const;

 private:
  const char* FrameLines(std::string_view message);

  std::vector<char> line_;
  std::vector<size_t> escapes_;  // Where in line_ a backslash was put in.
};

}  // namespace sabot
