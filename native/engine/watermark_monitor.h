// Finds out who holds event time back, and says so by name when it lasts.
//
//   join  <- bids      W(10:00)
//         <- auctions  W(09:00) for 30 s   <- split "auctions-3" of watermark_assigner, W(09:00)
//
// A channel, or a split, holds time back while its watermark stands and others that it is combined
// with are ahead. The one to name is found by going upstream along the slowest channels. Check is
// called now and then; state: since when who holds whom.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph.h"

namespace sabot {

// Who holds event time back.
struct WatermarkHold {
  WarningPlace place;
  std::string split;                     // Empty: all of the operator.
  int64_t watermark_ms = kWatermarkMax;  // Until it is known.
  int64_t others_ms = kWatermarkMin;     // How far the ones that wait for it have come.
  int64_t held_ms = 0;                   // For how long.
  bool waits_to_be_read = false;
};

// How far one split has come.
struct SplitState {
  WarningPlace place;
  std::string split;  // Empty where the source gives no name.
  int64_t watermark_ms = kWatermarkMin;
  bool idle = false;
  bool waits_to_be_read = false;
  // In records; of a source that numbers them.
  std::optional<int64_t> position = {};
  std::optional<int64_t> end = {};
};

class WatermarkMonitor {
 public:
  WatermarkMonitor(const Graph& graph, const Clock& clock,
                   std::function<void(const WarningPlace&, std::string)> warn);

  // How often to call Check.
  static constexpr int64_t kPeriodMillis = 1'000;
  // How long time may stand before it is worth a warning.
  static constexpr int64_t kHoldMillis = 30'000;

  void Check();
  // Those that have lasted so long, as of the last Check. Any thread.
  std::vector<WatermarkHold> holds(int64_t held_ms_min = kHoldMillis) const;
  // Of all sources that tell event time or positions. Any thread.
  std::vector<SplitState> splits() const;

 private:
  // One of several whose times are combined.
  struct Member {
    size_t id = 0;
    int64_t watermark = kWatermarkMin;
    bool counts = true;  // Active: it can hold the others back.
  };
  struct Slowest {
    size_t id = 0;
    int64_t watermark = kWatermarkMin;
    int64_t others = kWatermarkMin;
  };
  // Where times are combined, and since when the same member is behind.
  struct Place {
    Slowest slowest;
    int64_t since_ms = 0;
    int64_t next_warning_ms = 0;
  };

  static std::optional<Slowest> FindSlowest(const std::vector<Member>& members);
  std::vector<Member> ChannelsOf(size_t task) const;
  void Follow(const std::string& key, size_t task, const std::vector<Member>& members);
  // Goes upstream from the edge to the split that is to blame.
  WatermarkHold NameOf(size_t task) const;
  static void NameSplit(const TaskOperator& op, WatermarkHold* hold);
  static std::string TextOf(const WatermarkHold& hold);

  const Graph& graph_;
  const Clock& clock_;
  const std::function<void(const WarningPlace&, std::string)> warn_;
  std::vector<std::vector<size_t>> edges_into_;  // By task: indices into graph_.edges.
  std::map<std::string, Place> places_;
  std::vector<WatermarkHold> found_;  // By the Check under way, the newest ones too.

  mutable std::mutex mutex_;
  std::vector<WatermarkHold> holds_;
};

}  // namespace sabot
