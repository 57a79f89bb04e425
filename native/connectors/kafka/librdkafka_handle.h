// A handle of librdkafka: configuration, what goes wrong on it, waiting for answers.
#pragma once

#include <arrow/result.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "connectors/kafka/kafka_client.h"

namespace sabot {

struct RdKafkaDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
template <typename T>
using RdKafkaPtr = std::unique_ptr<T, RdKafkaDeleter>;

// "cannot <what>: <reason>"; the kind follows from the code. `identifier`: a topic, a partition, or
// the servers.
arrow::Status KafkaError(const std::string& identifier, std::string_view what,
                         rd_kafka_resp_err_t code, std::string_view reason = {});

// A producer of a newer epoch has the transactional id.
bool IsFenced(rd_kafka_resp_err_t code);
inline constexpr char kFencedText[] =
    "; this producer is fenced: another process has taken the job over, or brokers have ended its "
    "transaction at its timeout";

// Another answer may come if asked again.
bool IsTransient(rd_kafka_resp_err_t code);

class LibrdkafkaHandle {
 public:
  using OnEvent = void (*)(const LibrdkafkaHandle& handle, RdKafkaPtr<rd_kafka_event_t> event);
  // Other events than errors (deliveries, ...) go to `on_event`, on a thread of librdkafka's;
  // `events`: which.
  LibrdkafkaHandle(std::function<void(std::string)> warn, int events, OnEvent on_event)
      : warn_(std::move(warn)), events_(events), on_event_(on_event) {}
  ~LibrdkafkaHandle();
  LibrdkafkaHandle(const LibrdkafkaHandle&) = delete;

  // Opens the client. `defaults` hold where `properties` say nothing. No broker is waited for.
  arrow::Status Open(rd_kafka_type_t type, const KafkaProperties& defaults,
                     const KafkaProperties& properties);

  rd_kafka_t* get() const { return handle_; }
  const std::string& servers() const { return servers_; }
  int timeout_ms() const { return timeout_ms_; }
  void Warn(std::string message) const {
    if (warn_) warn_(std::move(message));
  }

  // Calls ask(queue) and waits for the answer; a failure of the answer as a whole is an error.
  arrow::Result<RdKafkaPtr<rd_kafka_event_t>> Ask(
      std::string_view what, const std::function<void(rd_kafka_queue_t*)>& ask) const;
  // As rd_kafka_metadata: of one topic, of all, or of the brokers alone.
  rd_kafka_resp_err_t Metadata(rd_kafka_topic_t* topic, bool all_topics,
                               const rd_kafka_metadata_t** metadata) const;
  // A failed call, with what librdkafka has last said of its brokers.
  arrow::Status Failed(std::string_view what, rd_kafka_resp_err_t code,
                       std::string_view reason = {}) const;
  arrow::Status fatal_error() const;

  // The job has ended: nobody waits any more. Any thread.
  void GiveUp() { given_up_ = true; }
  bool given_up() const { return given_up_; }
  static arrow::Status GivenUp() { return arrow::Status::Cancelled("the job has ended"); }

  // Metadata that brokers have sent.
  int64_t num_topic_answers() const { return num_topic_answers_; }
  // Requests to end a transaction that were sent. (Answers are not counted: librdkafka tells of one
  // twice, and of requests that broke off as if they were answered.)
  int64_t num_ends_sent() const { return num_ends_sent_; }

  // Calls whose answers come as events.
  void Expect() const;
  void Answered() const;
  void AwaitAnswers(int timeout_ms) const;

 private:
  static void OnBackgroundEvent(rd_kafka_t*, rd_kafka_event_t* event, void* self);
  void OnError(rd_kafka_event_t* event);
  static rd_kafka_resp_err_t OnNew(rd_kafka_t* client, const rd_kafka_conf_t*, void* self, char*,
                                   size_t);
  static rd_kafka_resp_err_t OnRequest(rd_kafka_t*, int, const char*, int32_t, int16_t api, int16_t,
                                       int32_t, size_t, void* self);
  static rd_kafka_resp_err_t OnResponse(rd_kafka_t*, int, const char*, int32_t, int16_t api,
                                        int16_t, int32_t, size_t, int64_t, rd_kafka_resp_err_t,
                                        void* self);
  // Whether any broker ever has.
  bool has_answered() const;
  // How long to wait for an answer: less, as long as there is nobody who has ever given one.
  int patience_ms() const { return has_answered() ? timeout_ms_ : first_answer_ms_; }
  // Once, where nobody has answered for a while.
  void TellUnanswered() const;

  const std::function<void(std::string)> warn_;
  const int events_;
  const OnEvent on_event_;
  rd_kafka_t* handle_ = nullptr;
  std::string servers_;
  int timeout_ms_ = 0;
  int first_answer_ms_ = 0;
  mutable std::mutex mutex_;
  std::string last_error_;
  mutable bool told_unreachable_ = false;
  rd_kafka_resp_err_t refused_ = RD_KAFKA_RESP_ERR_NO_ERROR;  // Authentication, TLS.
  mutable std::condition_variable all_answered_;
  mutable int num_unanswered_ = 0;
  std::atomic<bool> given_up_{false};
  std::atomic<int64_t> num_topic_answers_{0};
  std::atomic<int64_t> num_ends_sent_{0};
};

}  // namespace sabot
