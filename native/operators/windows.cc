// Window arithmetic.
#include "operators/windows.h"

#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include <nlohmann/json.hpp>
#include <numeric>

namespace sabot {
namespace {

// The greatest multiple of `step` (plus offset) that is <= value.
int64_t FloorTo(int64_t value, int64_t step, int64_t offset) {
  int64_t remainder = (value - offset) % step;
  if (remainder < 0) remainder += step;
  return value - remainder;
}

// The least multiple of `step` (plus offset) that is >= value.
int64_t CeilTo(int64_t value, int64_t step, int64_t offset) {
  const int64_t floor = FloorTo(value, step, offset);
  return floor == value ? value : floor + step;
}

}  // namespace

arrow::Result<WindowZone> WindowZone::OfSession(const OperatorContext& context) {
  WindowZone made;
  ARROW_ASSIGN_OR_RAISE(const TimeZone* zone, TimeZone::Find(context.session.time_zone));
  if (!zone->fixed() || zone->OffsetAtUtc(0) != 0) made.zone_.emplace(zone);
  return made;
}

arrow::Result<WindowZone> WindowZone::Make(const PlanNode& node, const OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const bool local, node.Bool("localWindow", false));
  return local ? OfSession(context) : WindowZone();
}

// As Flink has it: of a local time that comes twice the second, of one that is skipped the instant
// at which the clock is put forward.
int64_t WindowZone::LastInstant(int64_t local_ms) {
  constexpr int64_t kHour = 3'600'000;
  const int64_t instant = ToEpoch(local_ms);
  const int64_t hour_later = ToEpoch(local_ms + kHour);
  if (instant == hour_later) return instant - instant % kHour;
  return hour_later - instant > kHour ? instant + kHour : instant;
}

arrow::Result<Windows> Windows::Make(const PlanNode& node, const OperatorContext& context) {
  const nlohmann::json* config = node.Member("window");
  if (config == nullptr || !config->is_object()) return node.Error("config needs a 'window'");
  Windows windows;
  try {
    const auto kind = config->at("kind").get<std::string>();
    const auto ms = [&](const char* name) { return config->at(name).get<int64_t>(); };
    if (kind == "attached") {
      windows.kind_ = WindowKind::kAttached;
      windows.start_column_ = config->at("windowStart").get<int>();
      windows.end_column_ = config->at("windowEnd").get<int>();
      const auto columns = static_cast<int>(node.input_schemas[0].size());
      if (windows.start_column_ < 0 || windows.start_column_ >= columns ||
          windows.end_column_ < 0 || windows.end_column_ >= columns) {
        return node.Error("the window's columns do not exist");
      }
      if (config->value("localWindow", false)) {
        ARROW_ASSIGN_OR_RAISE(windows.zone_, WindowZone::OfSession(context));
      }
      return windows;
    }
    windows.time_ = config->at("time").get<int>();
    windows.offset_ = config->value("offsetMs", int64_t{0});
    if (kind == "tumble") {
      windows.kind_ = WindowKind::kTumble;
      windows.size_ = windows.step_ = windows.slice_ = ms("sizeMs");
    } else if (kind == "hop") {
      windows.kind_ = WindowKind::kHop;
      windows.size_ = ms("sizeMs");
      windows.step_ = ms("slideMs");
      if (windows.step_ > 0) windows.slice_ = std::gcd(windows.size_, windows.step_);
    } else if (kind == "cumulate") {
      windows.kind_ = WindowKind::kCumulate;
      windows.size_ = ms("sizeMs");
      windows.step_ = windows.slice_ = ms("stepMs");
      if (windows.step_ <= 0 || windows.size_ % windows.step_ != 0) {
        return node.Error("the size of CUMULATE must be a multiple of its step");
      }
    } else if (kind == "session") {
      windows.kind_ = WindowKind::kSession;
      windows.gap_ = ms("gapMs");
      if (windows.gap_ <= 0) return node.Error("the gap must be positive");
      windows.size_ = windows.step_ = windows.slice_ = windows.gap_;
    } else {
      return node.Error("unknown window kind '" + kind + "'");
    }
  } catch (const nlohmann::json::exception& error) {
    return node.Error(std::string("window: ") + error.what());
  }
  if (windows.size_ <= 0 || windows.step_ <= 0) return node.Error("window sizes must be positive");
  if (windows.time_ < 0 || windows.time_ >= static_cast<int>(node.input_schemas[0].size())) {
    return node.Error("the time column does not exist");
  }
  const Type& time = node.input_schemas[0][static_cast<size_t>(windows.time_)].type;
  if (!time.is_timestamp() || time.precision > 3) return node.Error("time must be TIMESTAMP(3)");
  if (time.kind == TypeKind::kTimestampLtz) {
    ARROW_ASSIGN_OR_RAISE(windows.zone_, WindowZone::OfSession(context));
  }
  return windows;
}

int64_t Windows::SliceEnd(int64_t time) const { return FloorTo(time, slice_, offset_) + slice_; }

int64_t Windows::FirstWindowEnd(int64_t slice_end) const {
  if (kind_ == WindowKind::kHop) return CeilTo(slice_end, step_, offset_ + size_);
  return slice_end;
}

int64_t Windows::LastWindowEnd(int64_t slice_end) const {
  switch (kind_) {
    case WindowKind::kHop:
      return FloorTo(slice_end - slice_ + size_, step_, offset_ + size_);
    case WindowKind::kCumulate:
      return FloorTo(slice_end - slice_, size_, offset_) + size_;
    default:
      return slice_end;
  }
}

int64_t Windows::WindowStart(int64_t window_end) const {
  if (kind_ == WindowKind::kCumulate) return FloorTo(window_end - 1, size_, offset_);
  return window_end - size_;
}

arrow::Result<WindowColumns> WindowColumns::Make(const PlanNode& node,
                                                 std::vector<std::string> names) {
  WindowColumns columns;
  if (names.size() > node.schema.size())
    return node.Error("the window's columns do not fit the schema");
  const size_t first = node.schema.size() - names.size();
  for (size_t i = 0; i < names.size(); ++i) {
    const Type& type = node.schema[first + i].type;
    if (!type.is_timestamp() || type.precision > 3)
      return node.Error("window columns must be TIMESTAMP(3)");
    Column column = Column::kTime;
    if (names[i] == "window_start") {
      column = Column::kStart;
    } else if (names[i] == "window_end") {
      column = Column::kEnd;
    } else if (names[i] != "window_time") {
      return node.Error("unknown window column '" + names[i] + "'");
    }
    columns.columns_.push_back({column, ToArrow(type), type.kind == TypeKind::kTimestampLtz});
  }
  return columns;
}

arrow::Result<std::vector<ArrayPtr>> WindowColumns::Build(std::span<const int64_t> starts,
                                                          std::span<const int64_t> ends,
                                                          Windows& windows) const {
  std::vector<ArrayPtr> arrays;
  const auto length = static_cast<int64_t>(ends.size());
  for (const Spec& spec : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateBuffer(length * 8));
    auto* to = reinterpret_cast<int64_t*>(buffer->mutable_data());
    const std::span<const int64_t> from = spec.column == Column::kStart ? starts : ends;
    for (size_t i = 0; i < from.size(); ++i) {
      const int64_t time = spec.column == Column::kTime ? from[i] - 1 : from[i];
      to[i] = spec.instant ? windows.ToEpoch(time) : time;
    }
    arrays.push_back(arrow::MakeArray(arrow::ArrayData::Make(
        spec.type, length, {nullptr, std::shared_ptr<arrow::Buffer>(std::move(buffer))}, 0)));
  }
  return arrays;
}

}  // namespace sabot
