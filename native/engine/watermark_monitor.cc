// Finds out who holds event time back.
#include "engine/watermark_monitor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/temporal_text.h"

namespace sabot {
namespace {

// While it lasts, it is said again this often.
constexpr int64_t kRepeatMillis = 300'000;

std::string TimeText(int64_t millis) {
  std::string text;
  AppendTimestamp(millis, 1'000, ' ', 3, &text);
  return text;
}

}  // namespace

WatermarkMonitor::WatermarkMonitor(const Graph& graph, const Clock& clock,
                                   std::function<void(const WarningPlace&, std::string)> warn)
    : graph_(graph), clock_(clock), warn_(std::move(warn)), edges_into_(graph.tasks.size()) {
  for (size_t i = 0; i < graph.edges.size(); ++i) {
    edges_into_[graph.edges[i].consumer].push_back(i);
  }
}

void WatermarkMonitor::Check() {
  found_.clear();
  for (size_t task = 0; task < graph_.tasks.size(); ++task) {
    const std::string key = std::to_string(task);
    Follow(key, task, ChannelsOf(task));
    const auto& operators = graph_.tasks[task]->operators();
    for (size_t i = 0; i < operators.size(); ++i) {
      std::vector<Member> members;
      operators[i].metrics->splits.ForEach([&](int32_t number, const SplitTimes::Split& split) {
        members.push_back({static_cast<size_t>(number), split.watermark_ms, !split.idle});
      });
      if (members.size() > 1) Follow(key + "/" + std::to_string(i), task, members);
    }
  }
  const std::lock_guard lock(mutex_);
  holds_ = found_;
}

std::vector<WatermarkHold> WatermarkMonitor::holds(int64_t held_ms_min) const {
  const std::lock_guard lock(mutex_);
  std::vector<WatermarkHold> lasting;
  std::copy_if(holds_.begin(), holds_.end(), std::back_inserter(lasting),
               [&](const WatermarkHold& hold) { return hold.held_ms >= held_ms_min; });
  return lasting;
}

std::vector<SplitState> WatermarkMonitor::splits() const {
  std::vector<SplitState> splits;
  for (const auto& task : graph_.tasks) {
    const TaskOperator& source = task->operators()[0];
    std::map<int32_t, SplitState> by_number;
    const auto at = [&](int32_t number) -> SplitState& {
      return by_number
          .try_emplace(number, SplitState{{source.name, source.uid, task->subtask()}, ""})
          .first->second;
    };
    source.metrics->positions.ForEach([&](int32_t number, const SplitPositions::Split& split) {
      SplitState& state = at(number);
      state.split = split.name;
      state.position = split.position;
      if (split.end != kUnknownEnd) state.end = split.end;
    });
    for (const TaskOperator& op : task->operators()) {
      op.metrics->splits.ForEach([&](int32_t number, const SplitTimes::Split& split) {
        SplitState& state = at(number);
        if (split.name != nullptr) state.split = *split.name;
        state.watermark_ms = split.watermark_ms;
        state.idle = split.idle;
        state.waits_to_be_read = split.waiting;
      });
    }
    for (auto& [number, state] : by_number) splits.push_back(std::move(state));
  }
  return splits;
}

std::vector<WatermarkMonitor::Member> WatermarkMonitor::ChannelsOf(size_t task) const {
  std::vector<Member> members;
  for (const size_t edge : edges_into_[task]) {
    const ChannelTime& time = graph_.edges[edge].channel->time();
    if (!time.counts) continue;
    // What has ended is as far as time goes: what came from it waits for the others.
    const bool ended = time.ended.load();
    members.push_back(
        {edge, ended ? kWatermarkMax : time.watermark.load(), !ended && !time.idle.load()});
  }
  return members;
}

// The one that is behind, if others are ahead of it.
std::optional<WatermarkMonitor::Slowest> WatermarkMonitor::FindSlowest(
    const std::vector<Member>& members) {
  const Member* slowest = nullptr;
  for (const Member& each : members) {
    if (each.counts && (slowest == nullptr || each.watermark < slowest->watermark)) slowest = &each;
  }
  if (slowest == nullptr) return std::nullopt;
  int64_t others = kWatermarkMin;
  for (const Member& each : members) {
    if (&each != slowest) others = std::max(others, each.watermark);
  }
  if (others <= slowest->watermark) return std::nullopt;
  return Slowest{slowest->id, slowest->watermark, others};
}

void WatermarkMonitor::Follow(const std::string& key, size_t task,
                              const std::vector<Member>& members) {
  const int64_t now = clock_.NowMillis();
  const auto slowest = FindSlowest(members);
  const auto known = places_.find(key);
  if (!slowest) {
    if (known != places_.end()) places_.erase(known);
    return;
  }
  if (known == places_.end() || known->second.slowest.id != slowest->id ||
      known->second.slowest.watermark != slowest->watermark) {
    places_[key] = {*slowest, now, now + kHoldMillis};
  }
  Place& place = places_[key];
  WatermarkHold hold = NameOf(task);
  if (hold.watermark_ms == kWatermarkMax) hold.watermark_ms = slowest->watermark;
  hold.others_ms = slowest->others;
  hold.held_ms = now - place.since_ms;
  // One split may hold back several operators; it is told once.
  const auto same = std::find_if(found_.begin(), found_.end(), [&](const WatermarkHold& each) {
    return each.place.uid == hold.place.uid && each.place.subtask == hold.place.subtask &&
           each.split == hold.split;
  });
  const bool told = same != found_.end() && same->held_ms >= kHoldMillis;
  if (!told && now >= place.next_warning_ms) {
    warn_(hold.place, TextOf(hold));
    place.next_warning_ms = now + kRepeatMillis;
  }
  if (same == found_.end()) {
    found_.push_back(std::move(hold));
  } else {
    same->held_ms = std::max(same->held_ms, hold.held_ms);
  }
}

WatermarkHold WatermarkMonitor::NameOf(size_t task) const {
  const Task& self = *graph_.tasks[task];
  WatermarkHold hold;
  hold.place = {self.operators()[0].name, self.operators()[0].uid, self.subtask()};
  for (const TaskOperator& op : self.operators()) NameSplit(op, &hold);
  if (hold.watermark_ms != kWatermarkMax) return hold;
  const auto slowest = FindSlowest(ChannelsOf(task));
  if (slowest) return NameOf(graph_.edges[slowest->id].producer);
  if (edges_into_[task].empty()) return hold;
  return NameOf(graph_.edges[edges_into_[task][0]].producer);
}

void WatermarkMonitor::NameSplit(const TaskOperator& op, WatermarkHold* hold) {
  op.metrics->splits.ForEach([&](int32_t, const SplitTimes::Split& split) {
    if (split.idle || split.watermark_ms >= hold->watermark_ms) return;
    hold->watermark_ms = split.watermark_ms;
    hold->split = split.name == nullptr ? "" : *split.name;
    hold->waits_to_be_read = split.waiting;
  });
}

std::string WatermarkMonitor::TextOf(const WatermarkHold& hold) {
  const std::string who = hold.split.empty() ? "this source" : "split '" + hold.split + "'";
  std::string text =
      "Event time has been held back for " + std::to_string(hold.held_ms / 1'000) + " s by " + who;
  if (hold.watermark_ms == kWatermarkMin) {
    text += hold.waits_to_be_read ? ", which waits to be read" : ", of which no row has come yet";
  } else {
    text += ", which stands at " + TimeText(hold.watermark_ms);
  }
  text += hold.others_ms == kWatermarkMax ? "; others have ended."
                                          : "; others are at " + TimeText(hold.others_ms) + ".";
  if (!hold.waits_to_be_read) {
    text += " If it may fall silent, set 'scan.watermark.idle-timeout' of its table.";
  }
  return text;
}

}  // namespace sabot
