// Tests a source: runs its subtasks one Produce after the other, and restarts them from their
// snapshots.
//
//   SourceDriver source(R"({"op": "file_source", "config": {...}, "schema": [...]})", options);
//   EXPECT_THAT(source.RunToEnd(), ElementsAre(R"({"id":1})", ...));
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "engine/catalogue.h"
#include "formats/format.h"
#include "harness.h"
#include "stream/operator.h"

namespace sabot::test {

struct SourceOptions {
  FileSystem* files = &LocalFileSystem();
  Clock* clock = &SystemClock();
  int parallelism = 1;
  int64_t rows_max = 1'000;
  // Where files are read that are on the disk only: runs one work whenever a source is blocked.
  SimulatedExecutor* executor = nullptr;
  bool show_kinds = false;  // Lines have "op" first.
};

class SourceDriver {
 public:
  SourceDriver(std::string_view node, SourceOptions options) : options_(options) {
    const nlohmann::json document = nlohmann::json::parse(node);
    node_.op = document.at("op");
    node_.uid = node_.op;
    node_.config = std::make_shared<const nlohmann::json>(document.at("config"));
    node_.schema = DecodeSchema(document.at("schema")).ValueOrDie();
    encoder_ = MakeJsonEncoder(node_.schema, {.results = true, .with_op = options_.show_kinds});
    status = Start(options.parallelism);
  }

  // One Produce of this subtask; its rows go to `lines`. True while there is more.
  bool Step(size_t subtask) {
    Subtask& self = *subtasks_[subtask];
    if (self.ended || !status.ok()) return false;
    Output out(this);
    const auto progress = self.op->Produce(out);
    status = progress.status();
    if (!status.ok()) return false;
    self.ended = *progress == Progress::kDone;
    self.blocked = *progress == Progress::kBlocked;
    if (self.blocked && options_.executor != nullptr) options_.executor->RunOne(num_blocked++);
    return !self.ended;
  }

  // Runs all subtasks in turn to their ends and takes the lines.
  std::vector<std::string> RunToEnd() {
    for (bool more = status.ok(); more;) {
      more = false;
      for (size_t i = 0; i < subtasks_.size(); ++i) more = Step(i) || more;
    }
    return std::exchange(lines, {});
  }

  // Processing time reaches what the subtask has asked for.
  void Timer(size_t subtask, int64_t now_ms) {
    Output out(this);
    status = subtasks_[subtask]->op->OnTimer(now_ms, out).status();
  }

  // Snapshots all subtasks, forgets them and restores at another parallelism.
  void Restart(int parallelism) {
    status = TryRestart(parallelism);
    ASSERT_TRUE(status.ok()) << status;
  }
  arrow::Status TryRestart(int parallelism) {
    std::vector<MemorySnapshot> parts(subtasks_.size());
    std::vector<SnapshotChain> chains;
    for (size_t i = 0; i < parts.size(); ++i) {
      SnapshotWriter writer;
      ARROW_RETURN_NOT_OK(subtasks_[i]->op->Snapshot(writer));
      ARROW_RETURN_NOT_OK(writer.WriteAll(parts[i]));
      chains.push_back({{&parts[i].sections()}, {}});
    }
    ARROW_RETURN_NOT_OK(Start(parallelism));
    for (const auto& each : subtasks_)
      ARROW_RETURN_NOT_OK(each->op->Restore(SnapshotReader(chains, {})));
    return arrow::Status::OK();
  }

  const OperatorMetrics& metrics(size_t subtask) const { return subtasks_[subtask]->metrics; }
  Operator& subtask(size_t i) { return *subtasks_[i]->op; }
  bool blocked(size_t i) const { return subtasks_[i]->blocked; }
  std::vector<std::string> warnings() {
    const std::lock_guard lock(warnings_mutex_);
    return warnings_;
  }

  arrow::Status status;
  std::vector<std::string> lines;
  std::vector<int64_t> batch_rows;
  std::vector<std::string> letters;
  uint64_t num_blocked = 0;  // How often a source had to wait for the executor.

 private:
  struct Subtask {
    OperatorContext context;
    OperatorMetrics metrics;
    std::unique_ptr<Operator> op;
    bool ended = false;
    bool blocked = false;
  };

  class Output final : public Collector {
   public:
    explicit Output(SourceDriver* driver) : driver_(driver) {}
    arrow::Status Emit(Batch batch) override {
      EXPECT_TRUE(batch.rows->ValidateFull().ok()) << batch.rows->ValidateFull();
      EXPECT_TRUE(batch.rows->schema()->Equals(*ToArrow(driver_->node_.schema)));
      driver_->batch_rows.push_back(batch.num_rows());
      std::string text;
      ARROW_RETURN_NOT_OK(driver_->encoder_->Encode(batch, &text));
      for (size_t begin = 0; begin < text.size();) {
        const size_t end = text.find('\n', begin);
        driver_->lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
      }
      return arrow::Status::OK();
    }
    arrow::Status Emit(Watermark) override { return arrow::Status::OK(); }
    arrow::Status Emit(StreamStatus) override { return arrow::Status::OK(); }
    arrow::Status EmitLate(int, const Batch&, std::span<const int32_t>) override {
      return arrow::Status::OK();
    }
    arrow::Status EmitDeadLetters(Batch letters) override {
      EXPECT_TRUE(letters.rows->ValidateFull().ok()) << letters.rows->ValidateFull();
      for (std::string& line : ToLines(letters)) driver_->letters.push_back(std::move(line));
      return arrow::Status::OK();
    }
    bool has_room() const override { return true; }

   private:
    SourceDriver* driver_;
  };

  arrow::Status Start(int parallelism) {
    subtasks_.clear();
    shared_ = std::make_unique<NodeShared>();
    const OperatorSpec* spec = FindOperator(node_.op);
    if (spec == nullptr) return arrow::Status::Invalid("no such operator");
    for (int i = 0; i < parallelism; ++i) {
      auto self = std::make_unique<Subtask>();
      self->context.subtask = i;
      self->context.parallelism = parallelism;
      self->context.job = "test";
      self->context.uid = node_.uid;
      self->context.clock = options_.clock;
      self->context.file_system = options_.files;
      self->context.executor = options_.executor;
      self->context.shared = shared_.get();
      self->context.metrics = &self->metrics;
      self->context.options.batch_max_rows = options_.rows_max;
      self->context.waker = [] {};
      self->context.warn = [this](std::string message) {
        const std::lock_guard lock(warnings_mutex_);
        warnings_.push_back(std::move(message));
      };
      ARROW_ASSIGN_OR_RAISE(self->op, spec->make(node_, self->context));
      ARROW_RETURN_NOT_OK(self->op->Open());
      subtasks_.push_back(std::move(self));
    }
    return arrow::Status::OK();
  }

  SourceOptions options_;
  PlanNode node_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<NodeShared> shared_;
  std::mutex warnings_mutex_;
  std::vector<std::string> warnings_;  // From any thread.
  std::vector<std::unique_ptr<Subtask>> subtasks_;
};

}  // namespace sabot::test
