// Runs pieces of work that do not know of each other.
//
//   RunSideBySide(5, 2, work)     thread 1: work(0) work(2) work(3)    thread 2: work(1) work(4)
#pragma once

#include <arrow/status.h>

#include <cstddef>
#include <functional>

namespace sabot {

// On so many threads, the caller's among them; all has ended on return. Gives the failure of the
// lowest number that failed; after a failure no further work begins.
arrow::Status RunSideBySide(size_t count, int num_threads,
                            const std::function<arrow::Status(size_t)>& work);

}  // namespace sabot
