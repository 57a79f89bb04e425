// What a keyed process function is asked, and what it answers, as bytes.
//
//   request   40 bytes: what, and from byte 8 on int64 watermark, processing time, the time up to
//             which timers fire, the size of the first message; then two Arrow IPC messages:
//             keys and their states   [key columns, a column per state, kept]
//             events of these keys    [columns read, key, time] of rows, [key, time] of timers
//                                     and of keys; changes of the broadcast map (mirrored_map.h)
//   reply     8 bytes (bit 0 of the first: more is to come on Continue; the second, if it is not 0:
//             before that the keys of the state with this number, counted from 1, are asked for),
//             then messages behind their sizes (int64, 0: none): rows of every output [time,
//             columns], edits of every state,
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

enum class ProcessEvents : uint8_t {
  kRows = 0,
  kEventTimers = 1,
  kProcessingTimers = 2,
  kBroadcast = 3,  // Rows of the broadcast input, as changes of the map.
  kWholeMap = 4,   // The first of its rows: what was there before is void.
  kMapPiece = 5,   // More of these.
  kKeys = 6,       // Keys that a function for broadcast rows has asked for.
};

struct ProcessRequest {
  ProcessEvents what = ProcessEvents::kRows;
  int64_t watermark_ms = 0;
  int64_t now_ms = 0;
  int64_t until_ms = 0;
  RecordBatchPtr keys;
  RecordBatchPtr events;
};
arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeRequest(const ProcessRequest& request);

// The state whose keys a reply asks for; -1: it asks for none.
int StateAskedFor(const arrow::Buffer& reply);
// The messages of a reply, one per schema; nullptr where one is absent.
arrow::Result<std::vector<RecordBatchPtr>> DecodeReply(
    const std::shared_ptr<arrow::Buffer>& reply,
    const std::vector<std::shared_ptr<arrow::Schema>>& schemas);

}  // namespace sabot
