// RecordLog: records of a snapshot that come up before it is taken, in order, in pieces of the size
// that snapshots are written in.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "state/byte_framing.h"

namespace sabot {

class RecordLog {
 public:
  // Where the next record goes.
  ByteWriter& Next() {
    ++num_records_;
    if (last_.size() >= kPieceBytes) {
      size_bytes_ += static_cast<int64_t>(last_.size());
      pieces_.push_back(std::exchange(last_, {}).Take());
    }
    return last_;
  }
  int64_t size_bytes() const { return size_bytes_ + static_cast<int64_t>(last_.size()); }
  int64_t num_records() const { return num_records_; }
  // All pieces; the log is empty then.
  std::deque<std::string> Take() {
    if (last_.size() > 0) pieces_.push_back(std::exchange(last_, {}).Take());
    size_bytes_ = 0;
    num_records_ = 0;
    return std::exchange(pieces_, {});
  }

 private:
  static constexpr size_t kPieceBytes = size_t{128} << 10;

  std::deque<std::string> pieces_;
  ByteWriter last_;
  int64_t size_bytes_ = 0;  // Of pieces_.
  int64_t num_records_ = 0;
};

}  // namespace sabot
