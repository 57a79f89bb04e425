// Where an object's members are that somebody wants.
//
//   {"op": "c", "x": 1, "after": {...}}   wanted: after, op   ->   values: [-> {...}, -> "c"]
//
// No state between objects.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/json_scan.h"

namespace sabot {

class JsonMembers {
 public:
  explicit JsonMembers(std::vector<std::string> names) : names_(std::move(names)) {}

  size_t size() const { return names_.size(); }
  // The number of a wanted member; -1: it is none.
  int Find(std::string_view name) const;

  // Walks over the object at p and calls `visit(member, value)`, which returns the place behind the
  // value, or nullptr with the fault set; member is the wanted one's number, -1 for others. Returns
  // the place behind the object, or nullptr with the fault set.
  template <typename Visit>
  const char* Walk(const char* p, JsonFault& fault, Visit&& visit) const {
    p = SkipJsonBlanks(p + 1);
    if (*p == '}') return p + 1;
    for (;;) {
      if (*p != '"') return fault.Set(p, "a field name in double quotes was expected");
      uint32_t flags = 0;
      const char* end = ScanJsonString(p + 1, &flags);
      if (*end != '"') return fault.Set(p, "a field name is not closed");
      int member = -1;
      if (flags == 0) {
        member = Find({p + 1, static_cast<size_t>(end - p - 1)});
      } else if (!FindSlowly(p + 1, end, flags, &member)) {
        return fault.Set(p, "a field name is not UTF-8 or has a wrong escape");
      }
      p = SkipJsonBlanks(end + 1);
      if (*p != ':') return fault.Set(p, "':' was expected behind a field name");
      p = visit(member, SkipJsonBlanks(p + 1));
      if (p == nullptr) return nullptr;
      p = SkipJsonBlanks(p);
      if (*p == '}') return p + 1;
      if (*p != ',') {
        return fault.Set(p,
                         *p == '\n' ? "the line ends inside a record" : "',' or '}' was expected");
      }
      p = SkipJsonBlanks(p + 1);
    }
  }

  // The values of the wanted members of the object at p, the last one of equal names; nullptr where
  // there is none. All of it is checked for being JSON.
  const char* Locate(const char* p, const char** values, JsonFault& fault) const {
    for (size_t i = 0; i < names_.size(); ++i) values[i] = nullptr;
    return Walk(p, fault, [&](int member, const char* value) {
      if (member >= 0) values[member] = value;
      return SkipJsonValue(value, 0, fault);
    });
  }

 private:
  bool FindSlowly(const char* begin, const char* end, uint32_t flags, int* member) const;

  std::vector<std::string> names_;
};

}  // namespace sabot
