// Fraction digits of a timestamp below its Arrow unit.
#include "batch/timestamp_remainder.h"

#include <arrow/array/util.h>
#include <arrow/buffer.h>

#include <memory>
#include <utility>

#include "base/check.h"

namespace sabot {
namespace {

class TicksWithRemainders final : public arrow::Buffer {
 public:
  TicksWithRemainders(const std::shared_ptr<arrow::Buffer>& ticks, std::vector<int32_t> remainders)
      : arrow::Buffer(ticks, 0, ticks->size()), remainders_(std::move(remainders)) {}
  const int32_t* remainders() const { return remainders_.data(); }

 private:
  std::vector<int32_t> remainders_;
};

}  // namespace

ArrayPtr AttachRemainders(const ArrayPtr& timestamps, std::vector<int32_t> remainders) {
  SABOT_CHECK(timestamps->offset() == 0);
  SABOT_CHECK(static_cast<int64_t>(remainders.size()) == timestamps->length());
  auto data = timestamps->data()->Copy();
  data->buffers[1] = std::make_shared<TicksWithRemainders>(data->buffers[1], std::move(remainders));
  return arrow::MakeArray(data);
}

const int32_t* RemaindersOf(const arrow::ArrayData& timestamps) {
  if (timestamps.type->id() != arrow::Type::TIMESTAMP) return nullptr;
  const auto* ticks = dynamic_cast<const TicksWithRemainders*>(timestamps.buffers[1].get());
  return ticks == nullptr ? nullptr : ticks->remainders() + timestamps.offset;
}

}  // namespace sabot
