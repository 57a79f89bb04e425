// The inputs of a task: many channels, one sequence of events.
//
//   channel 0:  rows  W(5)  B1 | rows        a channel that has delivered barrier 1 is held
//   channel 1:  rows  W(3)  rows  B1         until all others have: then the gate says Barrier(1)
//
// The combined watermark is the least over channels that are neither idle nor ended; it only moves
// forward.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stream/channel.h"
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

  // The next thing to act on, or nothing if all open channels are empty. `start` rotates which
  // channel is asked first.
  std::optional<GateEvent> Next();
  // Simulation: the channel asked first at the next call.
  void SetStart(size_t channel) { start_ = channels_.empty() ? 0 : channel % channels_.size(); }

  size_t num_channels() const { return channels_.size(); }
  bool all_ended() const { return num_ended_ == channels_.size(); }
  // While a barrier is being aligned: how many channels wait for the others.
  size_t num_aligned() const { return num_aligned_; }

 private:
  struct Input {
    Channel* channel;
    int input;
    int64_t watermark = kWatermarkMin;
    bool idle = false;
    bool ended = false;
    bool aligned = false;
  };

  std::optional<GateEvent> Handle(Input& from, Element element);
  std::optional<GateEvent> AfterWatermarks();
  std::optional<GateEvent> AfterBarrier();

  std::vector<Input> channels_;
  std::vector<GateEvent> pending_;  // Consequences of one element, in order.
  size_t start_ = 0;
  size_t num_ended_ = 0;
  size_t num_aligned_ = 0;
  int64_t watermark_ = kWatermarkMin;
  bool idle_ = false;
  std::optional<Barrier> aligning_;
};

}  // namespace sabot
