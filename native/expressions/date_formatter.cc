// Timestamps to text: a day is rendered once, the clock is written over it row by row.
#include "expressions/date_pattern.h"

namespace sabot {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

DateFormatter::DateFormatter(DatePattern pattern, int64_t ticks_per_second)
    : pattern_(std::move(pattern)), ticks_per_second_(ticks_per_second) {
  for (const auto& field : pattern_.fields()) {
    if (!DatePattern::IsTimeLetter(field.letter)) continue;
    const bool two_digits =
        std::string_view("HkKhms").find(field.letter) != std::string_view::npos && field.count == 2;
    fixed_ = fixed_ && (two_digits || (field.letter == 'S' && field.count <= 9));
  }
}

void DateFormatter::BeginDay(int64_t local_ticks) {
  const int64_t day = FloorDiv(local_ticks, ticks_per_second_ * kSecondsPerDay);
  day_begin_ = day * ticks_per_second_ * kSecondsPerDay;
  day_end_ = day_begin_ + ticks_per_second_ * kSecondsPerDay;
  day_.clear();
  slots_.clear();
  if (!fixed_) return;
  const DateFields fields{.days = day};
  for (const auto& field : pattern_.fields()) {
    if (DatePattern::IsTimeLetter(field.letter)) {
      slots_.push_back({day_.size(), field.letter, field.count});
      day_.append(static_cast<size_t>(field.count), '0');
    } else if (field.letter == 0) {
      day_.append(field.literal);
    } else {
      pattern_.Append(field, fields, &day_);
    }
  }
}

void DateFormatter::Append(int64_t local_ticks, TextWriter& out) {
  if (local_ticks < day_begin_ || local_ticks >= day_end_) BeginDay(local_ticks);
  const int64_t ticks_of_day = local_ticks - day_begin_;
  if (!fixed_) {
    const DateFields fields{.days = day_begin_ / (ticks_per_second_ * kSecondsPerDay),
                            .nanos_of_day = ticks_of_day * (kNanosPerSecond / ticks_per_second_)};
    scratch_.clear();
    pattern_.Append(fields, &scratch_);
    out.Append(scratch_);
    return;
  }
  char* const text = out.Grow(day_.size());
  std::memcpy(text, day_.data(), day_.size());
  if (slots_.empty()) return;
  const auto second = static_cast<uint32_t>(ticks_of_day / ticks_per_second_);
  for (const Slot& slot : slots_) {
    char* const to = text + slot.at;
    if (slot.letter == 'S') {
      int64_t fraction = (ticks_of_day - int64_t{second} * ticks_per_second_) *
                         (kNanosPerSecond / ticks_per_second_);
      for (int64_t unit = 100'000'000, i = 0; i < slot.width; ++i, unit /= 10) {
        to[i] = static_cast<char>('0' + fraction / unit % 10);
      }
      continue;
    }
    const uint32_t value = slot.letter == 's' ? second % 60
                           : slot.letter == 'm'
                               ? second / 60 % 60
                               : static_cast<uint32_t>(HourAs(second / 3600, slot.letter));
    to[0] = static_cast<char>('0' + value / 10);
    to[1] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace sabot
