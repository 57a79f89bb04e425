// Messages one after the other.
#include "operators/keyed_process_call.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>

#include <cstring>

#include "base/check.h"
#include "operators/row_call.h"

namespace sabot {
namespace {

constexpr int64_t kHeaderBytes = 40;
constexpr int64_t kSizeAt = 32;

}  // namespace

arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeRequest(const ProcessRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
  char header[kHeaderBytes] = {static_cast<char>(request.what)};
  std::memcpy(header + 8, &request.watermark_ms, sizeof(int64_t));
  std::memcpy(header + 16, &request.now_ms, sizeof(int64_t));
  std::memcpy(header + 24, &request.until_ms, sizeof(int64_t));
  ARROW_RETURN_NOT_OK(sink->Write(header, kHeaderBytes));
  const auto options = arrow::ipc::IpcWriteOptions::Defaults();
  ARROW_RETURN_NOT_OK(arrow::ipc::SerializeRecordBatch(*request.keys, options, sink.get()));
  ARROW_ASSIGN_OR_RAISE(const int64_t end, sink->Tell());
  ARROW_RETURN_NOT_OK(arrow::ipc::SerializeRecordBatch(*request.events, options, sink.get()));
  ARROW_ASSIGN_OR_RAISE(auto bytes, sink->Finish());
  const int64_t size = end - kHeaderBytes;
  SABOT_CHECK(bytes->is_mutable());
  std::memcpy(bytes->mutable_data() + kSizeAt, &size, sizeof(size));
  return bytes;
}

int StateAskedFor(const arrow::Buffer& reply) { return int{reply.data()[1]} - 1; }

arrow::Result<std::vector<RecordBatchPtr>> DecodeReply(
    const std::shared_ptr<arrow::Buffer>& reply,
    const std::vector<std::shared_ptr<arrow::Schema>>& schemas) {
  std::vector<RecordBatchPtr> messages;
  int64_t at = RowCall::kHeaderBytes;
  for (const auto& schema : schemas) {
    int64_t size = 0;
    if (reply->size() - at < static_cast<int64_t>(sizeof(size))) return WrongReply();
    std::memcpy(&size, reply->data() + at, sizeof(size));
    at += static_cast<int64_t>(sizeof(size));
    if (size < 0 || size > reply->size() - at) return WrongReply();
    ARROW_ASSIGN_OR_RAISE(auto rows, ReadRows(arrow::SliceBuffer(reply, at, size), schema));
    messages.push_back(std::move(rows));
    at += size;
  }
  if (at != reply->size()) return WrongReply();
  return messages;
}

}  // namespace sabot
