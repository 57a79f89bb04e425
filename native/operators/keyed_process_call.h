// What a keyed process function is asked, and what it answers, as bytes.
//
//   request   40 bytes: what, and from byte 8 on int64 watermark, processing time, the time up to
//             which timers fire, the size of the first message; then two Arrow IPC messages:
//             keys and their states   [key columns, a column per state, kept]
//             events of these keys    [columns read, key, time] of rows, [key, time] of timers
//   reply     8 bytes (bit 0 of the first: more is to come on Continue), then messages behind their
//             sizes (int64, 0: none): rows of every output [time, columns], edits of every state,
//             edits of event-time and processing-time timers [key, kind, time], and of a function
//             that goes on behind what it has failed at, that (FailedRows::ReplySchema)
//
// `key` is a position among the keys of the request. `kept`: -1, or 2 n: the function's side keeps
// the states under number n, in place of what it has there, or 2 n + 1: it has them there, and is
// sent none.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "batch/batch.h"

namespace sabot {

enum class ProcessEvents : uint8_t { kRows = 0, kEventTimers = 1, kProcessingTimers = 2 };

struct ProcessRequest {
  ProcessEvents what = ProcessEvents::kRows;
  int64_t watermark_ms = 0;
  int64_t now_ms = 0;
  int64_t until_ms = 0;
  RecordBatchPtr keys;
  RecordBatchPtr events;
};
arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeRequest(const ProcessRequest& request);

// The messages of a reply, one per schema; nullptr where one is absent.
arrow::Result<std::vector<RecordBatchPtr>> DecodeReply(
    const std::shared_ptr<arrow::Buffer>& reply,
    const std::vector<std::shared_ptr<arrow::Schema>>& schemas);

}  // namespace sabot
