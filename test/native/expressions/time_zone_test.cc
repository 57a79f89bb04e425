// Time zones: offsets, gaps and overlaps as java.time resolves them, far years.
#include "expressions/time_zone.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "expressions/temporal.h"

namespace sabot {
namespace {

const TimeZone* Zone(std::string_view name) { return TimeZone::Find(name).ValueOrDie(); }

int64_t At(std::string_view text) { return ParseTimestamp(text)->seconds; }

std::string ToLocal(std::string_view zone, std::string_view utc) {
  char buffer[kTemporalTextMax];
  ZoneCursor cursor(Zone(zone));
  return {buffer, FormatTimestamp(cursor.ToLocalTicks(At(utc) * 1'000, 1'000), 0, buffer)};
}
std::string ToUtc(std::string_view zone, std::string_view local) {
  char buffer[kTemporalTextMax];
  ZoneCursor cursor(Zone(zone));
  return {buffer, FormatTimestamp(cursor.ToUtcTicks(At(local) * 1'000, 1'000), 0, buffer)};
}

TEST(TimeZoneTest, Offsets) {
  EXPECT_EQ(Zone("UTC")->OffsetAtUtc(0), 0);
  EXPECT_EQ(Zone("Z")->OffsetAtUtc(0), 0);
  EXPECT_EQ(Zone("+02:00")->OffsetAtUtc(0), 7'200);
  EXPECT_EQ(Zone("GMT-8")->OffsetAtUtc(0), -28'800);
  EXPECT_EQ(Zone("UTC+05:30")->OffsetAtUtc(0), 19'800);
  EXPECT_EQ(Zone("GMT+0530")->OffsetAtUtc(0), 19'800);
  EXPECT_EQ(Zone("Asia/Shanghai")->OffsetAtUtc(At("2024-07-01")), 28'800);
  EXPECT_EQ(Zone("Asia/Kolkata")->OffsetAtUtc(At("2500-07-01")), 19'800);
  for (const char* const wrong :
       {"Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "+25:00", "UTC+x"}) {
    const auto zone = TimeZone::Find(wrong);
    ASSERT_FALSE(zone.ok()) << wrong;
    EXPECT_EQ(DetailOf(zone.status())->identifier(), wrong);
  }
}

TEST(TimeZoneTest, SummerTime) {
  EXPECT_EQ(ToLocal("America/New_York", "2024-01-02 05:00:00"), "2024-01-02 00:00:00");
  EXPECT_EQ(ToLocal("America/New_York", "2024-07-02 04:00:00"), "2024-07-02 00:00:00");
  EXPECT_EQ(ToLocal("Europe/Berlin", "2024-03-31 00:59:59"), "2024-03-31 01:59:59");
  EXPECT_EQ(ToLocal("Europe/Berlin", "2024-03-31 01:00:00"), "2024-03-31 03:00:00");
  EXPECT_EQ(ToLocal("Europe/Berlin", "2024-10-27 00:59:59"), "2024-10-27 02:59:59");
  EXPECT_EQ(ToLocal("Europe/Berlin", "2024-10-27 01:00:00"), "2024-10-27 02:00:00");
  EXPECT_EQ(ToLocal("Australia/Sydney", "2024-01-01 00:00:00"), "2024-01-01 11:00:00");
}

TEST(TimeZoneTest, AGapIsPassedOverAnOverlapTakesTheEarlier) {
  EXPECT_EQ(ToUtc("Europe/Berlin", "2024-03-31 01:59:59"), "2024-03-31 00:59:59");
  EXPECT_EQ(ToUtc("Europe/Berlin", "2024-03-31 02:30:00"), "2024-03-31 01:30:00");  // 03:30 local.
  EXPECT_EQ(ToUtc("Europe/Berlin", "2024-03-31 03:00:00"), "2024-03-31 01:00:00");
  EXPECT_EQ(ToUtc("Europe/Berlin", "2024-10-27 02:30:00"), "2024-10-27 00:30:00");
  EXPECT_EQ(ToUtc("Europe/Berlin", "2024-10-27 03:00:00"), "2024-10-27 02:00:00");
  EXPECT_EQ(ToUtc("America/New_York", "0001-01-01 00:00:00"),
            "0001-01-01 04:56:02");  // Local mean time.
}

TEST(TimeZoneTest, RulesGoOnForEver) {
  EXPECT_EQ(ToLocal("America/New_York", "2050-07-01 12:00:00"), "2050-07-01 08:00:00");
  EXPECT_EQ(ToLocal("America/New_York", "2050-01-01 12:00:00"), "2050-01-01 07:00:00");
  EXPECT_EQ(ToLocal("America/New_York", "9000-07-01 12:00:00"), "9000-07-01 08:00:00");
  EXPECT_EQ(ToUtc("America/New_York", "9000-12-01 12:00:00"), "9000-12-01 17:00:00");
}

TEST(TimeZoneTest, ACursorAgreesWithTheZoneInAnyOrder) {
  const TimeZone* const zone = Zone("America/New_York");
  ZoneCursor cursor(zone);
  uint64_t random = 7;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    const int64_t time = static_cast<int64_t>(random >> 29) - (int64_t{1} << 33);
    ASSERT_EQ(cursor.ToLocalSeconds(time), time + zone->OffsetAtUtc(time));
    ASSERT_EQ(cursor.ToUtcSeconds(time), time - zone->OffsetAtLocal(time));
  }
}

}  // namespace
}  // namespace sabot
