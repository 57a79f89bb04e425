// Reading the commit topic.
#include "connectors/kafka/kafka_commit_reader.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"

namespace sabot {
namespace {

// A transaction of another job that hangs hides what was committed behind it: the broker ends it
// after its timeout.
constexpr int64_t kReadNanosMax = int64_t{120} * 1'000'000'000;
constexpr size_t kPollMax = 1000;
const TopicPartition kCommitPartition{kKafkaCommitTopic, 0};

// For calls that wait.
class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_one();
  }
  void Wait(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

}  // namespace

arrow::Result<NewestCommitRecord> ReadNewestCommitRecord(
    KafkaConsumer& consumer, const std::set<std::string, std::less<>>& keys, CommitsUntil until,
    Clock& clock) {
  using Query = OffsetQuery;
  NewestCommitRecord read;
  // One question each: librdkafka takes no partition twice in one.
  std::vector<int64_t> offsets;
  for (const auto at : {Query::At::kEarliest, Query::At::kLatest}) {
    const Query query{kCommitPartition, at};
    ARROW_ASSIGN_OR_RAISE(const auto found, consumer.ListOffsets(std::span(&query, 1)));
    offsets.push_back(found[0]);
  }
  read.end = offsets[1];
  if (offsets[0] >= offsets[1]) return read;
  Bell bell;
  const auto queue = consumer.OpenQueue([&bell] { bell.Ring(); });
  const KafkaStart start{.partition = kCommitPartition, .split = 0, .offset = offsets[0]};
  ARROW_RETURN_NOT_OK(queue->Assign(std::span(&start, 1)));
  const int64_t deadline = clock.MonotonicNanos() + kReadNanosMax;
  std::vector<KafkaMessage> messages;
  while (clock.MonotonicNanos() < deadline) {
    ARROW_RETURN_NOT_OK(queue->Poll(kPollMax, &messages));
    for (const KafkaMessage& message : messages) {
      if (message.is_end && (until == CommitsUntil::kStable || message.offset >= offsets[1])) {
        read.end = message.offset;
        return read;
      }
      if (message.is_end || !keys.contains(message.key)) continue;
      auto decoded = DecodeCommitRecord(message.value);
      if (!decoded.ok()) {
        return UserError("checkpoint", kKafkaCommitTopic,
                         "the commit record '" + std::string(message.key) + "' in " +
                             kKafkaCommitTopic + ", offset " + std::to_string(message.offset) +
                             ", cannot be read: " + decoded.status().message());
      }
      read.record = std::move(*decoded);
      read.key = message.key;
      read.offset = message.offset;
    }
    if (messages.empty()) bell.Wait(std::chrono::milliseconds(100));
  }
  return UserError("kafka", kKafkaCommitTopic,
                   "the commit records in " + std::string(kKafkaCommitTopic) +
                       " could not be read to their end: a transaction of another job that hangs "
                       "hides them until its timeout. Start again later.");
}

}  // namespace sabot
