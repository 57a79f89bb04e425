// The commit of a job that writes to Kafka exactly once: one transaction per epoch.
//
//   begin | rows of epoch 7, by all sinks | record "fraud: epoch 7, manifest ..." | offsets of the
//   sources on this cluster | commit
//
// The record lies in a compacted topic beside the rows: whoever starts next reads there which
// checkpoint the rows that readers see belong to. Nothing has to survive a process but that; a
// transaction that was open when it died is aborted by the next InitTransactions, and its rows come
// again from the checkpoint before. A job without checkpoints has one transaction, and its record
// says that none of a checkpoint folder's goes before it.
#pragma once

#include <arrow/result.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka/kafka_commit_reader.h"
#include "connectors/kafka/kafka_commit_record.h"
#include "connectors/kafka/kafka_positions.h"
#include "stream/job_commit.h"

namespace sabot {

struct KafkaCommitOptions {
  KafkaProperties properties;  // Of the producer; without transactional.id.
  // A transaction lasts so long (JobCommit::period_ms); 0: as long as the job.
  int64_t period_ms = 0;
  // Rows of what follows the epoch may come.
  std::function<void(int64_t epoch)> settle;
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
  arrow::Status Enter(const std::string& prefix, const KafkaProperties& properties,
                      const std::vector<std::string>& topics);
  // Another topic that senders will write to, once Resolve is done; waits for a broker. `ask`: what
  // its producer says of it.
  arrow::Status AddTopic(const std::string& topic,
                         const std::function<arrow::Status(KafkaProducer&)>& ask);

  // For KafkaPositions::Join.
  KafkaConsumer& consumer() { return *consumer_; }
  // Transactions carry these offsets. Before Resolve.
  void Carry(std::shared_ptr<KafkaPositions> positions);

  // What sinks write with, once Resolve and Claim are done: everything they produce between two
  // Commits is one transaction. With another generation it is another one: once an epoch is settled
  // they look.
  arrow::Result<std::unique_ptr<KafkaSender>> OpenSender(const std::string& topic,
                                                         std::function<void()> wake);
  int64_t generation() const { return generation_; }

  arrow::Status Flush() override;
  arrow::Status StillOurs(const std::string& folder_id) override;
  arrow::Result<std::optional<CommitPoint>> Resolve() override;
  arrow::Status Verify() override;
  arrow::Status Claim(const CommitPoint& point) override;
  arrow::Status Commit(const CommitPoint& point) override;
  void Close() override;

 private:
  KafkaCommit(KafkaClient& client, KafkaCommitOptions options)
      : client_(client), options_(std::move(options)) {}

  arrow::Status SetTransactionTimeout();
  arrow::Result<std::shared_ptr<KafkaProducer>> OpenProducer(const std::string& prefix);
  arrow::Status BeginWith(std::shared_ptr<KafkaProducer> producer);
  // Another producer of the same id goes on, after `own`.
  arrow::Status Renew(const CommitPoint& own);
  using IsOurs = std::function<bool(const CommitPoint&)>;
  arrow::Status NotReplaced(const IsOurs& is_ours);
  arrow::Result<NewestCommitRecord> ReadNewest(KafkaConsumer& consumer, CommitsUntil until) const;
  arrow::Status VerifyGroup(const std::string& group,
                            const std::map<TopicPartition, int64_t>& offsets);
  arrow::Status WriteRecord(const KafkaCommitRecord& record);
  arrow::Status CommitRecord(const KafkaCommitRecord& record);

  KafkaClient& client_;
  KafkaCommitOptions options_;
  KafkaProperties given_;  // As the first sink has them.
  KafkaProperties consumer_properties_;
  std::set<std::string> prefixes_;  // The first one is the job's.
  std::set<std::string> topics_{kKafkaCommitTopic};
  std::shared_ptr<KafkaConsumer> consumer_;
  std::shared_ptr<KafkaPositions> positions_;  // nullptr: of a job without checkpoints.

  std::mutex mutex_;  // The job may end while it commits.
  std::shared_ptr<KafkaProducer> producer_;
  std::mutex flushing_mutex_;                // Never held while brokers are asked.
  std::shared_ptr<KafkaProducer> flushing_;  // The producer, for who must not wait for it.
  std::unique_ptr<KafkaSender> sender_;      // To the commit topic.
  std::atomic<int64_t> generation_{0};
  bool is_open_ = false;  // A transaction, which nobody has asked to end.
  bool is_closed_ = false;
  // What Resolve has found, and under which key.
  std::optional<KafkaCommitRecord> found_;
  std::string found_key_;
};

}  // namespace sabot
