// What lies in a checkpoint folder and should not, and what should and does not.
//
//   Leftovers(files, "/chk")   ->   "" or "state/3-7 belongs to no checkpoint"
#pragma once

#include <string>

#include "base/file_system.h"

namespace sabot::test {

// Empty: the folder consists of its id, its log, at most `num_retained` manifests, and exactly the
// files that these name.
std::string Leftovers(MemoryFileSystem& files, const std::string& folder, size_t num_retained = 3);

}  // namespace sabot::test
