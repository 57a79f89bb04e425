// Says of late rows what they look like.
#include "stream/late_row_log.h"

#include <arrow/scalar.h>
#include <arrow/type.h>

#include <string>

#include "base/temporal_text.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int kRowsShownMax = 3;
constexpr int64_t kQuietMillis = 60'000;
constexpr size_t kRowTextMax = 300;

std::string TextOf(const Batch& batch, int64_t row) {
  std::string text;
  for (int i = 0; i < batch.num_columns() && text.size() < kRowTextMax; ++i) {
    if (i > 0) text += ", ";
    const auto value = batch.column(i)->GetScalar(row);
    text += batch.rows->schema()->field(i)->name() + " = " +
            (value.ok() ? (*value)->ToString() : value.status().ToString());
  }
  if (text.size() > kRowTextMax) text.replace(kRowTextMax, std::string::npos, "...");
  return text;
}

std::string WatermarkText(int64_t watermark_ms) {
  std::string text = "event time has passed ";
  AppendTimestamp(watermark_ms, 1'000, ' ', 3, &text);
  return text;
}

}  // namespace

void LateRowLog::Add(const OperatorContext& context, const Batch& batch,
                     std::span<const int32_t> rows) {
  const int64_t now = context.clock->NowMillis();
  const std::string watermark = WatermarkText(context.metrics->watermark_ms.value());
  for (const int32_t row : rows) {
    if (num_shown_ == kRowsShownMax) {
      num_unshown_ += 1;
      continue;
    }
    ++num_shown_;
    quiet_until_ms_ = now + kQuietMillis;
    context.warn("A row came too late and is dropped: " + TextOf(batch, row) + "; " + watermark);
  }
  if (num_unshown_ == 0 || now < quiet_until_ms_) return;
  context.warn(std::to_string(num_unshown_) +
               " more rows came too late and are dropped, the last: " + TextOf(batch, rows.back()) +
               "; " + watermark);
  num_unshown_ = 0;
  quiet_until_ms_ = now + kQuietMillis;
}

void LateRowLog::Finish(const OperatorContext& context) {
  if (num_unshown_ == 0) return;
  context.warn(std::to_string(num_unshown_) + " more rows came too late and are dropped");
  num_unshown_ = 0;
}

}  // namespace sabot
