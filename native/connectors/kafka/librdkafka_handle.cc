// Opening a handle, and what it says of its brokers.
#include "connectors/kafka/librdkafka_handle.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/error.h"

namespace sabot {
namespace {

constexpr int kTimeoutMillis = 20'000;
// For an address at which there may be no broker at all.
constexpr int kFirstAnswerMillis = 10'000;
constexpr int kSilenceMillis = 3'000;
constexpr int kWaitMillis = 50;
constexpr int kLookAgainMillis = 1'000;
constexpr char kInterceptorName[] = "sabot";
constexpr int16_t kMetadataApi = 3;  // Kafka's numbers.
constexpr int16_t kEndTxnApi = 26;

std::string_view KindOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return "unknown-topic";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "authentication-failed";
    default:
      return IsFenced(code) ? "fenced" : "kafka";
  }
}

int MillisSince(std::chrono::steady_clock::time_point start) {
  const auto elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
}

// The broker has gone while it had the request: its connection broke, or the others no longer name
// it.
bool HasLeft(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__DESTROY_BROKER;
}

bool IsRefusal(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__SSL || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
         code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM;
}

arrow::Status SetProperty(rd_kafka_conf_t* conf, const std::string& name,
                          const std::string& value) {
  char reason[512];
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof(reason))) {
    case RD_KAFKA_CONF_OK:
      return arrow::Status::OK();
    case RD_KAFKA_CONF_UNKNOWN:
      return UserError("invalid-property", name,
                       "there is no Kafka client property '" + name +
                           "'; librdkafka's CONFIGURATION.md lists those that there are");
    case RD_KAFKA_CONF_INVALID:
      return UserError("invalid-property", name,
                       "Kafka client property '" + name + "' cannot be '" + value + "': " + reason);
  }
  SABOT_CHECK(false);
}

void DropLog(const rd_kafka_t*, int, const char*, const char*) {}

}  // namespace

arrow::Status KafkaError(const std::string& identifier, std::string_view what,
                         rd_kafka_resp_err_t code, std::string_view reason) {
  std::string message = "cannot " + std::string(what) + ": " + rd_kafka_err2str(code);
  if (!reason.empty() && reason != rd_kafka_err2str(code))
    message += " (" + std::string(reason) + ")";
  if (IsFenced(code)) message += kFencedText;
  if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    message += "; it takes the right to READ the group";
  return UserError(std::string(KindOf(code)), identifier, std::move(message));
}

bool IsFenced(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

bool IsTransient(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__DESTROY_BROKER:
      return true;
    default:
      return false;
  }
}

LibrdkafkaHandle::~LibrdkafkaHandle() {
  // Nobody is in the group whom leaving it would matter to.
  if (handle_ != nullptr) rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

arrow::Status LibrdkafkaHandle::Open(rd_kafka_type_t type, const KafkaProperties& defaults,
                                     const KafkaProperties& properties) {
  const auto servers = properties.find("bootstrap.servers");
  if (servers == properties.end() || servers->second.empty()) {
    return UserError("invalid-property", "bootstrap.servers",
                     "'properties.bootstrap.servers' must name the Kafka brokers, as in "
                     "'localhost:9092'");
  }
  servers_ = servers->second;
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(),
                                                                          &rd_kafka_conf_destroy);
  for (const auto& [name, value] : defaults) {
    if (!properties.contains(name)) ARROW_RETURN_NOT_OK(SetProperty(conf.get(), name, value));
  }
  for (const auto& [name, value] : properties)
    ARROW_RETURN_NOT_OK(SetProperty(conf.get(), name, value));
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_events(conf.get(), events_ | RD_KAFKA_EVENT_ERROR);
  rd_kafka_conf_set_background_event_cb(conf.get(), &OnBackgroundEvent);
  // What matters of it comes as error events, too.
  if (!properties.contains("debug")) rd_kafka_conf_set_log_cb(conf.get(), &DropLog);
  rd_kafka_conf_interceptor_add_on_new(conf.get(), kInterceptorName, &OnNew, this);
  timeout_ms_ = kTimeoutMillis;
  first_answer_ms_ = kFirstAnswerMillis;
  if (const auto found = properties.find("socket.timeout.ms"); found != properties.end())
    first_answer_ms_ = timeout_ms_ = std::atoi(found->second.c_str());

  char reason[512];
  handle_ = rd_kafka_new(type, conf.get(), reason, sizeof(reason));
  if (handle_ == nullptr) {
    return UserError("invalid-property", "bootstrap.servers",
                     "the Kafka client cannot be started: " + std::string(reason));
  }
  [[maybe_unused]] const auto* owned_by_handle = conf.release();
  const RdKafkaPtr<rd_kafka_queue_t> main(rd_kafka_queue_get_main(handle_));
  const RdKafkaPtr<rd_kafka_queue_t> background(rd_kafka_queue_get_background(handle_));
  rd_kafka_queue_forward(main.get(), background.get());
  return arrow::Status::OK();
}

rd_kafka_resp_err_t LibrdkafkaHandle::OnNew(rd_kafka_t* client, const rd_kafka_conf_t*, void* self,
                                            char*, size_t) {
  rd_kafka_interceptor_add_on_request_sent(client, kInterceptorName, &OnRequest, self);
  return rd_kafka_interceptor_add_on_response_received(client, kInterceptorName, &OnResponse, self);
}

rd_kafka_resp_err_t LibrdkafkaHandle::OnRequest(rd_kafka_t*, int, const char*, int32_t, int16_t api,
                                                int16_t, int32_t, size_t, void* self) {
  if (api == kEndTxnApi) ++static_cast<LibrdkafkaHandle*>(self)->num_ends_sent_;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

// Before the answer is read.
rd_kafka_resp_err_t LibrdkafkaHandle::OnResponse(rd_kafka_t*, int, const char*, int32_t,
                                                 int16_t api, int16_t, int32_t, size_t, int64_t,
                                                 rd_kafka_resp_err_t, void* self) {
  auto* const handle = static_cast<LibrdkafkaHandle*>(self);
  if (api == kMetadataApi) ++handle->num_topic_answers_;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void LibrdkafkaHandle::OnBackgroundEvent(rd_kafka_t*, rd_kafka_event_t* event, void* self) {
  RdKafkaPtr<rd_kafka_event_t> owned(event);
  auto* handle = static_cast<LibrdkafkaHandle*>(self);
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
    handle->OnError(event);
  } else {
    handle->on_event_(*handle, std::move(owned));
  }
}

void LibrdkafkaHandle::OnError(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const std::string text = rd_kafka_event_error_string(event);
  std::string warning;
  {
    const std::lock_guard lock(mutex_);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      if (!std::exchange(told_unreachable_, true)) {
        warning = "no Kafka broker of " + servers_ + " can be reached; the job waits for one" +
                  (last_error_.empty() ? "" : ": " + last_error_);
      }
    } else {
      if (IsRefusal(code) && refused_ == RD_KAFKA_RESP_ERR_NO_ERROR) {
        refused_ = code;
        warning = "a Kafka broker of " + servers_ + " refuses this client: " + text;
      }
      last_error_ = text;
    }
  }
  if (!warning.empty()) Warn(std::move(warning));
}

arrow::Status LibrdkafkaHandle::Failed(std::string_view what, rd_kafka_resp_err_t code,
                                       std::string_view reason) const {
  const std::lock_guard lock(mutex_);
  std::string text(reason);
  if (!last_error_.empty() && text.find(last_error_) == std::string::npos) {
    if (!text.empty()) text += "; ";
    text += last_error_;
  }
  const bool no_answer = code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
                         code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT || HasLeft(code);
  if (no_answer && refused_ == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return UserError("kafka", servers_,
                     "cannot " + std::string(what) + ": no Kafka broker of '" + servers_ +
                         "' has answered within " + std::to_string(patience_ms()) +
                         " ms; check 'properties.bootstrap.servers' and that the broker runs" +
                         (text.empty() ? "" : " (" + text + ")"));
  }
  return KafkaError(servers_, what, refused_ == RD_KAFKA_RESP_ERR_NO_ERROR ? code : refused_, text);
}

arrow::Result<RdKafkaPtr<rd_kafka_event_t>> LibrdkafkaHandle::Ask(
    std::string_view what, const std::function<void(rd_kafka_queue_t*)>& ask) const {
  const RdKafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle_));
  ask(queue.get());
  const auto start = std::chrono::steady_clock::now();
  int looked_again = 0;
  for (;;) {
    const int waited = MillisSince(start);
    // Somewhat longer than the request itself may take.
    if (waited >= patience_ms() + 1'000) break;
    if (given_up_) return GivenUp();
    if (waited >= kSilenceMillis && !has_answered()) TellUnanswered();
    // The request waits for the controller that brokers named last. Where that has died, they name
    // another one in some seconds, and nothing else asks them.
    if (waited - looked_again >= kLookAgainMillis && has_answered()) {
      looked_again = waited;
      const rd_kafka_metadata_t* metadata = nullptr;
      if (rd_kafka_metadata(handle_, 0, nullptr, &metadata, kLookAgainMillis) ==
          RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(metadata);
    }
    RdKafkaPtr<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kWaitMillis));
    if (event != nullptr) {
      const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
      if (HasLeft(code) && has_answered() && waited < patience_ms()) {
        event.reset(rd_kafka_queue_poll(queue.get(), kWaitMillis));
        ask(queue.get());
        continue;
      }
      const char* reason = rd_kafka_event_error_string(event.get());
      return Failed(what, code, reason == nullptr ? "" : reason);
    }
    bool refused = false;
    {
      const std::lock_guard lock(mutex_);
      refused = refused_ != RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (refused) break;  // Another try would end the same.
  }
  return Failed(what, RD_KAFKA_RESP_ERR__TIMED_OUT);
}

rd_kafka_resp_err_t LibrdkafkaHandle::Metadata(rd_kafka_topic_t* topic, bool all_topics,
                                               const rd_kafka_metadata_t** metadata) const {
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    const int left = patience_ms() - MillisSince(start);
    if (left <= 0 || given_up_) return RD_KAFKA_RESP_ERR__TIMED_OUT;
    // A question to a broker that is just leaving is not answered: the next one goes to another.
    const int patience =
        has_answered() ? std::max(kSilenceMillis, patience_ms() / 4) : kSilenceMillis;
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(handle_, all_topics ? 1 : 0, topic, metadata, std::min(left, patience));
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT && !HasLeft(code)) return code;
    {
      const std::lock_guard lock(mutex_);
      if (refused_ != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
    }
    if (!has_answered()) TellUnanswered();
    const RdKafkaPtr<rd_kafka_queue_t> pause(rd_kafka_queue_new(handle_));
    const RdKafkaPtr<rd_kafka_event_t> nothing(rd_kafka_queue_poll(pause.get(), kWaitMillis));
  }
}

// The first answer tells the cluster's id.
bool LibrdkafkaHandle::has_answered() const {
  char* id = rd_kafka_clusterid(handle_, 0);
  if (id == nullptr) return false;
  rd_kafka_mem_free(handle_, id);
  return true;
}

void LibrdkafkaHandle::TellUnanswered() const {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(told_unreachable_, true)) return;
  }
  Warn("no Kafka broker of " + servers_ + " has answered yet; the job waits for one");
}

arrow::Status LibrdkafkaHandle::fatal_error() const {
  char reason[512];
  const rd_kafka_resp_err_t code = rd_kafka_fatal_error(handle_, reason, sizeof(reason));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return arrow::Status::OK();
  return KafkaError(servers_, "go on with this Kafka client", code, reason);
}

void LibrdkafkaHandle::Expect() const {
  const std::lock_guard lock(mutex_);
  ++num_unanswered_;
}

void LibrdkafkaHandle::Answered() const {
  const std::lock_guard lock(mutex_);
  if (--num_unanswered_ == 0) all_answered_.notify_all();
}

void LibrdkafkaHandle::AwaitAnswers(int timeout_ms) const {
  std::unique_lock lock(mutex_);
  all_answered_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                         [this] { return num_unanswered_ == 0; });
}

}  // namespace sabot
