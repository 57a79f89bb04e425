// Which files a path stands for.
//
//   /data/bids.jsonl   the file          /data   every file below the folder, but none whose name,
//   or a folder's on the way, begins /data/p*/bid       as a glob                 with '.' or '_'
#pragma once

#include <arrow/result.h>

#include <string>
#include <vector>

#include "base/file_system.h"

namespace sabot {

// Ascending by path. `pattern`, if not empty, is a regular expression that a whole path must match.
// A path that matches nothing is an error.
arrow::Result<std::vector<FileInfo>> ListInputFiles(FileSystem& files, const std::string& path,
                                                    const std::string& pattern);

// A plan's path as the file system knows it: without "file:", absolute, without a final slash.
std::string LocalPath(std::string path);

// Shell-like: '*' and '?' within a name, [a-z], {a,b}.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace sabot
