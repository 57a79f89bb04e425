// Where benchmarks send what an operator emits: it counts rows.
#pragma once

#include "stream/operator.h"

namespace sabot {

class Blackhole final : public Collector {
 public:
  arrow::Status Emit(Batch batch) override {
    rows += batch.num_rows();
    return arrow::Status::OK();
  }
  arrow::Status Emit(Watermark) override { return arrow::Status::OK(); }
  arrow::Status Emit(StreamStatus) override { return arrow::Status::OK(); }
  arrow::Status EmitLate(int, const Batch&, std::span<const int32_t>) override {
    return arrow::Status::OK();
  }
  bool has_room() const override { return true; }
  int64_t rows = 0;
};

}  // namespace sabot
