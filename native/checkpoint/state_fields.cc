// Fields are matched by name for messages; whether they fit is a matter of types in order.
#include "checkpoint/state_fields.h"

#include <algorithm>

namespace sabot {
namespace {

bool TypesAgree(const std::vector<StateField>& was, const std::vector<StateField>& is) {
  return std::equal(was.begin(), was.end(), is.begin(), is.end(),
                    [](const StateField& a, const StateField& b) { return a.type == b.type; });
}

const StateField* Find(const std::vector<StateField>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const StateField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

void Append(std::string& text, const std::string& sentence) {
  text += (text.empty() ? "" : "; ") + sentence;
}

}  // namespace

std::string DescribeChange(const std::vector<StateField>& was, const std::vector<StateField>& is) {
  std::string text;
  if (was.empty() || is.empty() || TypesAgree(was, is)) return text;
  for (const StateField& field : was) {
    const StateField* const now = Find(is, field.name);
    if (now == nullptr) {
      Append(text, "'" + field.name + "' (" + field.type + ") is gone");
    } else if (now->type != field.type) {
      Append(text, "'" + field.name + "' was " + field.type + " and is " + now->type);
    }
  }
  for (const StateField& field : is) {
    if (Find(was, field.name) == nullptr)
      Append(text, "'" + field.name + "' (" + field.type + ") is new");
  }
  return text.empty() ? "its fields are in another order" : text;
}

std::string DescribeRenamed(const std::vector<StateField>& was, const std::vector<StateField>& is) {
  std::string text;
  if (was.empty() || is.empty() || !TypesAgree(was, is)) return text;
  for (size_t i = 0; i < was.size(); ++i) {
    if (was[i].name != is[i].name)
      Append(text, "'" + was[i].name + "' is '" + is[i].name + "' now (" + is[i].type + ")");
  }
  return text;
}

}  // namespace sabot
