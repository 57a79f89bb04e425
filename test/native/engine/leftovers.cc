// Manifests are read here as they lie there: independent of the code that cleans up.
#include "engine/leftovers.h"

#include <algorithm>
#include <set>
#include <vector>

#include "checkpoint/manifest.h"

namespace sabot::test {
namespace {

bool IsLogEntry(const std::string& name) {
  return name.starts_with("log/") && name.size() > 4 &&
         std::all_of(name.begin() + 4, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string Leftovers(MemoryFileSystem& files, const std::string& folder, size_t num_retained) {
  const std::string manifest_end = std::string("/") + kManifestName;
  std::vector<std::string> names;
  std::set<std::string> manifests;  // chk-...
  std::set<std::string> named;      // state/...
  for (const std::string& path : files.Paths()) {
    if (!path.starts_with(folder + "/")) continue;
    names.push_back(path.substr(folder.size() + 1));
    if (!names.back().starts_with("chk-") || !names.back().ends_with(manifest_end)) continue;
    const auto manifest = DecodeManifest(files.Read(path).ValueOrDie());
    if (!manifest.ok()) return names.back() + ": " + manifest.status().ToString();
    manifests.insert(names.back().substr(0, names.back().size() - manifest_end.size()));
    for (const OperatorState& op : manifest->operators) {
      for (const SubtaskState& subtask : op.subtasks) {
        for (const StateFile& file : subtask.files) {
          if (!file.name.empty()) named.insert(file.name);
        }
      }
    }
  }
  if (manifests.empty()) return "there is no checkpoint";
  if (manifests.size() > num_retained)
    return std::to_string(manifests.size()) + " checkpoints are kept";
  for (const FileInfo& each : files.List(folder).ValueOrDie()) {
    const std::string name = each.path.substr(each.path.rfind('/') + 1);
    if (name.starts_with("chk-") && !manifests.contains(name)) return name + " has no manifest";
  }
  const std::set<std::string> present(names.begin(), names.end());
  for (const std::string& name : named) {
    if (!present.contains(name)) return name + " is named by a manifest and is not there";
  }
  for (const std::string& name : names) {
    const std::string checkpoint = name.substr(0, name.find('/'));
    const bool is_of_checkpoint =
        manifests.contains(checkpoint) &&
        (name == checkpoint + manifest_end || name == checkpoint + "/committed");
    if (name == "id" || IsLogEntry(name) || named.contains(name) || is_of_checkpoint) continue;
    return name + " belongs to no checkpoint";
  }
  return "";
}

}  // namespace sabot::test
