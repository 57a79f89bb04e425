// Finding members by name.
#include "formats/json_members.h"

namespace sabot {

// There are few of them, of different lengths mostly.
int JsonMembers::Find(std::string_view name) const {
  for (size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return static_cast<int>(i);
  }
  return -1;
}

bool JsonMembers::FindSlowly(const char* begin, const char* end, uint32_t flags,
                             int* member) const {
  if (!CheckJsonString(begin, end, flags)) return false;
  std::string name;
  UnescapeJsonString(begin, end, &name);
  *member = Find(name);
  return true;
}

}  // namespace sabot
