// Threads that take the next number until none is left.
#include "base/side_by_side.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace sabot {

arrow::Status RunSideBySide(size_t count, int num_threads,
                            const std::function<arrow::Status(size_t)>& work) {
  std::vector<arrow::Status> statuses(count);
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  const auto take = [&] {
    for (size_t i = next++; i < count && !failed; i = next++) {
      statuses[i] = work(i);
      if (!statuses[i].ok()) failed = true;
    }
  };
  const size_t others = std::min(count, static_cast<size_t>(std::max(num_threads, 1)));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < others; ++i) threads.emplace_back(take);
  take();
  for (std::thread& thread : threads) thread.join();
  for (const arrow::Status& status : statuses) ARROW_RETURN_NOT_OK(status);
  return arrow::Status::OK();
}

}  // namespace sabot
