// Snapshots of one operator while it runs: every few elements one begins, and a few bytes of it are
// written between elements. Some are given up half-way.
//
//   element | begin 1 | element | piece of 1 | element | last piece of 1 | element | begin 2 ...
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "state/snapshot.h"
#include "stream/operator.h"

namespace sabot::test {

class RunningSnapshots {
 public:
  // After every element.
  void Between(Operator& op) {
    if (writer_ != nullptr) {
      if (num_begun_ % 5 == 0 && ++num_pieces_ > 3) {
        Abandon();
      } else if (WritePiece()) {
        Keep();
      }
    } else if (++num_elements_ % 3 == 0) {
      Begin(op, SnapshotMode::kIncremental);
    }
  }

  // A snapshot of its own, which the chain must not notice.
  MemorySnapshot Savepoint(Operator& op) {
    End();
    Begin(op, SnapshotMode::kSavepoint);
    while (!WritePiece()) {
    }
    writer_.reset();
    return std::move(*snapshot_);
  }

  // A last snapshot: what must be read to restore.
  std::vector<const SnapshotSections*> Finish(Operator& op) {
    End();
    Begin(op, SnapshotMode::kIncremental);
    End();
    std::vector<const SnapshotSections*> chain;
    for (const MemorySnapshot& each : chain_) chain.push_back(&each.sections());
    return chain;
  }

 private:
  void Begin(Operator& op, SnapshotMode mode) {
    writer_ = std::make_unique<SnapshotWriter>(mode);
    snapshot_ = std::make_unique<MemorySnapshot>();
    const arrow::Status status = op.Snapshot(*writer_);
    EXPECT_TRUE(status.ok()) << status.ToString();
    num_pieces_ = 0;
    if (mode == SnapshotMode::kIncremental) ++num_begun_;
  }

  bool WritePiece() {
    const auto done = writer_->WritePiece(*snapshot_, kPieceBytes);
    EXPECT_TRUE(done.ok()) << done.status().ToString();
    return !done.ok() || *done;
  }

  // Of the snapshot under way, if there is one.
  void End() {
    if (writer_ == nullptr) return;
    while (!WritePiece()) {
    }
    Keep();
  }

  void Abandon() {
    writer_.reset();
    snapshot_.reset();
  }

  // Only what the newest snapshot builds on stays.
  void Keep() {
    const auto num_needed = static_cast<size_t>(writer_->num_earlier());
    ASSERT_LE(num_needed, chain_.size());
    while (chain_.size() > num_needed) chain_.pop_front();
    chain_.push_back(std::move(*snapshot_));
    writer_.reset();
  }

  static constexpr size_t kPieceBytes = 64;
  std::deque<MemorySnapshot> chain_;
  std::unique_ptr<SnapshotWriter> writer_;
  std::unique_ptr<MemorySnapshot> snapshot_;
  int num_elements_ = 0;
  int num_begun_ = 0;
  int num_pieces_ = 0;
};

}  // namespace sabot::test
