// Files mapped into memory (FileSystem::Map), and the memory that they take.
#pragma once

#include <arrow/type_fwd.h>

namespace sabot {

// The pages of a mapped file that were read leave the process's memory; they come back when they
// are read again. Of a buffer that is no mapped file: nothing.
void LetPagesGo(const arrow::Buffer& mapped);

}  // namespace sabot
