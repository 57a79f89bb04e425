// The inputs of a task: many channels, one sequence of events.
//
//   channel 0:  rows  W(5)  B1 | rows        a channel that has delivered barrier 1 is held
//   channel 1:  rows  W(3)  rows  B1         until all others have: then the gate says Barrier(1)
//
// At least once: no channel is held. What the faster ones bring before the gate says Barrier(1) is
// part of that checkpoint, and comes again after a restore.
//
// The combined watermark is the least over channels that are neither idle nor ended, first of each
// input, then of the inputs; it only moves forward (combined_time.h). An input whose rows nothing
// is emitted for has no part in it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "stream/channel.h"
#include "stream/combined_time.h"
#include "stream/element.h"

namespace sabot {

struct GateEvent {
  int input = 0;  // The operator input a batch or end belongs to.
  Element element;
};

class Gate {
 public:
  // Channels are added before the first Next, each for one input of the operator.
  void Add(Channel* channel, int input);

  void SetAtLeastOnce(bool at_least_once) { at_least_once_ = at_least_once; }
  void SetClock(Clock* clock) { clock_ = clock; }
  // Once all channels are there: event time is that of the other inputs.
  void SetUntimed(int input);

  // The next thing to act on, or nothing if all open channels are empty. `start` rotates which
  // channel is asked first.
  std::optional<GateEvent> Next();
  // Simulation: the channel asked first at the next call.
  void SetStart(size_t channel) { start_ = channels_.empty() ? 0 : channel % channels_.size(); }

  size_t num_channels() const { return channels_.size(); }
  bool all_ended() const { return num_ended_ == channels_.size(); }
  // While a barrier is being aligned: how many channels wait for the others.
  size_t num_aligned() const;
  // How long the last barrier took from the first channel that delivered it to the last.
  int64_t last_align_ns() const { return last_align_ns_; }

 private:
  struct Input {
    Channel* channel;
    int input;
    size_t member = 0;  // Of its input's time.
    bool ended = false;
    int64_t barrier = INT64_MIN;  // The last it has delivered.
  };
  // A barrier that some channels have delivered.
  struct Alignment {
    Barrier barrier;
    int64_t began_ns = 0;
  };

  bool IsHeld(const Input& channel) const;
  std::optional<GateEvent> Handle(Input& from, Element element);
  std::optional<GateEvent> TakePending();
  // What a change of an input's time, or its end, means for the operator goes to pending_.
  void AfterTime(size_t input, bool ended = false);
  void AfterBarrier();
  bool Passed(const Barrier& barrier) const;  // All channels have delivered it.

  std::vector<Input> channels_;
  std::vector<CombinedTime> input_times_;
  CombinedTime time_{CombinedTime::Return::kHolds};
  std::vector<GateEvent> pending_;  // Consequences of one element, in order.
  size_t start_ = 0;
  size_t num_ended_ = 0;
  bool at_least_once_ = false;
  int untimed_ = -1;
  std::deque<Alignment> aligning_;  // By id; more than one only at least once.
  int64_t last_align_ns_ = 0;
  Clock* clock_ = &SystemClock();
};

}  // namespace sabot
