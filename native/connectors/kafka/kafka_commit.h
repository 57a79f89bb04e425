// The commit of a job that writes to Kafka exactly once: one transaction per epoch.
//
//   begin | rows of epoch 7, by all sinks | record "fraud: epoch 7, manifest ..." | commit
//
// The record lies in a compacted topic beside the rows: whoever starts next reads there which
// checkpoint the rows that readers see belong to. Nothing has to survive a process but that; a
// transaction that was open when it died is aborted by the next InitTransactions, and its rows come
// again from the checkpoint before.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "connectors/kafka/kafka_client.h"
#include "stream/job_commit.h"

namespace sabot {

inline constexpr char kKafkaCommitTopic[] = "__sabot_commits";

struct KafkaCommitOptions {
  KafkaProperties properties;  // Of the producer; without transactional.id.
  int64_t period_ms = 0;       // A transaction lasts so long (JobCommit::period_ms).
  std::function<void(std::string)> warn;
  Clock* clock = nullptr;
};

class KafkaCommit final : public CommitAuthority {
 public:
  // Waits for a broker; creates the commit topic where there is none.
  static arrow::Result<std::shared_ptr<KafkaCommit>> Open(KafkaClient& client,
                                                          KafkaCommitOptions options);

  // A sink that writes with it, before Resolve. `prefix`: of transactional ids; this job's alone on
  // the cluster, and the same in all its attempts. All sinks write with one producer.
  arrow::Status Enter(const std::string& prefix, const KafkaProperties& properties);

  // What the sinks write with, once Resolve and Claim are done: everything they produce between two
  // Commits is one transaction.
  KafkaProducer& producer() { return *producer_; }

  arrow::Status Flush() override;
  arrow::Result<std::optional<CommitPoint>> Resolve() override;
  arrow::Status Claim(const CommitPoint& point) override;
  arrow::Status Commit(const CommitPoint& point) override;

 private:
  KafkaCommit(KafkaClient& client, KafkaCommitOptions options)
      : client_(client), options_(std::move(options)) {}

  arrow::Status SetTransactionTimeout();
  arrow::Result<std::shared_ptr<KafkaProducer>> OpenProducer(const std::string& prefix);
  arrow::Result<std::optional<CommitPoint>> ReadPoint();
  arrow::Status WritePoint(const CommitPoint& point);

  KafkaClient& client_;
  KafkaCommitOptions options_;
  KafkaProperties given_;           // As the first sink has them.
  std::set<std::string> prefixes_;  // The first one is the job's.
  std::shared_ptr<KafkaConsumer> consumer_;
  std::shared_ptr<KafkaProducer> producer_;
  std::unique_ptr<KafkaSender> sender_;  // To the commit topic.
};

// A point as the commit topic holds it.
std::string EncodeCommitPoint(const CommitPoint& point);
arrow::Result<CommitPoint> DecodeCommitPoint(std::string_view bytes);

}  // namespace sabot
