// The records of KeyedTable's snapshots; keyed_table_snapshot.cc says what they hold.
#pragma once

#include <cstdint>
#include <string>

#include "state/byte_framing.h"
#include "state/keyed_table.h"

namespace sabot {

inline constexpr uint32_t kTableVersion = 4;
inline constexpr uint32_t kUntypedVersion = 3;  // Its header does not say what cells and keys hold.
inline constexpr const char* kTimedLayout = "t";  // At its end, where keys have a time.

enum class TableRecord : uint8_t {
  kForget = 1,
  kForgetElement = 2,
  kPut = 3,
  kPutElement = 4,
  kPutSibling = 5,  // An element of the same key as the record before.
};

inline void BeginRecord(TableRecord record, ByteWriter& to) { to.U8(static_cast<uint8_t>(record)); }

// "8,16,b|8;o": cells, and after each '|' those of a child set.
std::string LayoutText(const KeyedTableLayout& layout);

}  // namespace sabot
