// One subtask's way to a topic over librdkafka, and what it has under way there.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka/librdkafka_handle.h"

namespace sabot {

// What a sender has under way: written by its task and by librdkafka's thread. Outlives both.
struct LibrdkafkaDeliveries {
  std::string topic;
  std::atomic<int64_t> num_unacknowledged{0};
  std::atomic<bool> waits_for_room{false};
  std::atomic<bool> waits_for_all{false};

  std::mutex mutex;
  std::function<void()> wake;  // Empty once the sender is gone.
  arrow::Status error;         // The first one.

  void Acknowledge(int64_t count) {
    const bool all = num_unacknowledged.fetch_sub(count) == count;
    const bool room = waits_for_room.exchange(false);
    if (room || (all && waits_for_all.exchange(false))) Wake();
  }
  void Fail(arrow::Status status) {
    {
      const std::lock_guard lock(mutex);
      if (error.ok()) error = std::move(status);
    }
    Wake();
  }
  arrow::Status first_error() {
    const std::lock_guard lock(mutex);
    return error;
  }

 private:
  void Wake() {
    const std::lock_guard lock(mutex);
    if (wake) wake();
  }
};

// Delivery reports, on librdkafka's thread.
void OnLibrdkafkaDelivered(const LibrdkafkaHandle&, RdKafkaPtr<rd_kafka_event_t> event);

// `producer` has the handle.
std::unique_ptr<KafkaSender> MakeLibrdkafkaSender(std::shared_ptr<KafkaProducer> producer,
                                                  const LibrdkafkaHandle& handle,
                                                  RdKafkaPtr<rd_kafka_topic_t> topic,
                                                  std::shared_ptr<LibrdkafkaDeliveries> deliveries);

}  // namespace sabot
