// Looks for partitions and their offsets at the brokers, where waiting holds nothing up.
//
//   Start(look)   ...   waker   ->   Take(): the splits that it has found
//
// One look at a time; a look that its operator does not wait for goes to its end all the same.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "connectors/kafka/kafka_splits.h"
#include "stream/operator.h"

namespace sabot {

class KafkaSplitFinder {
 public:
  using Look = std::function<arrow::Result<std::vector<KafkaSplit>>()>;

  explicit KafkaSplitFinder(const OperatorContext& context) : context_(context) {}

  void Start(Look look);
  bool is_looking() const { return found_ != nullptr; }
  // What the look has found; once.
  std::optional<arrow::Result<std::vector<KafkaSplit>>> Take();

 private:
  struct Found;

  const OperatorContext& context_;
  std::optional<Executor::Lane> lane_;
  std::shared_ptr<Found> found_;
};

}  // namespace sabot
