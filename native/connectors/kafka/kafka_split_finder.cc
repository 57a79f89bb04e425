// Looks on the executor.
#include "connectors/kafka/kafka_split_finder.h"

#include <mutex>
#include <utility>

#include "base/check.h"

namespace sabot {

struct KafkaSplitFinder::Found {
  std::mutex mutex;
  std::optional<arrow::Result<std::vector<KafkaSplit>>> splits;  // Once they have arrived.
};

void KafkaSplitFinder::Start(Look look) {
  SABOT_CHECK(!is_looking());
  found_ = std::make_shared<Found>();
  auto work = [found = found_, look = std::move(look), waker = context_.waker] {
    auto splits = look();
    {
      const std::lock_guard lock(found->mutex);
      found->splits = std::move(splits);
    }
    if (waker) waker();
  };
  if (context_.executor == nullptr) return work();
  if (!lane_) lane_ = context_.executor->NewLane();
  context_.executor->Submit(*lane_, std::move(work));
}

std::optional<arrow::Result<std::vector<KafkaSplit>>> KafkaSplitFinder::Take() {
  if (found_ == nullptr) return std::nullopt;
  std::optional<arrow::Result<std::vector<KafkaSplit>>> splits;
  {
    const std::lock_guard lock(found_->mutex);
    splits = std::move(found_->splits);
    if (!splits) return std::nullopt;
  }
  found_.reset();
  return splits;
}

}  // namespace sabot
