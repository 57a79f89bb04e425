// The model of the job's owner.
#include "user_function_model.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sabot::test {

class UserFunctionModel::Line final : public UserFunction {
 public:
  Line(UserFunctionModel* owner, Code code, std::function<void()> waker)
      : owner_(owner), code_(std::move(code)), waker_(std::move(waker)) {}
  ~Line() override { std::erase(owner_->open_, this); }

  void Call(std::shared_ptr<arrow::Buffer> request) override {
    SABOT_CHECK(request_ == nullptr && !reply_);
    request_ = std::move(request);
    owner_->open_.push_back(this);
  }
  std::optional<Reply> TakeReply() override { return std::exchange(reply_, std::nullopt); }

  void Settle() {
    reply_ = code_(std::exchange(request_, nullptr));
    waker_();
  }

 private:
  UserFunctionModel* owner_;
  const Code code_;
  const std::function<void()> waker_;
  std::shared_ptr<arrow::Buffer> request_;
  std::optional<Reply> reply_;
};

UserFunctionOpener UserFunctionModel::opener() {
  return [this](int node, int, std::function<void()> waker) {
    return std::make_unique<Line>(this, code_.at(node), std::move(waker));
  };
}

bool UserFunctionModel::AnswerOne(uint64_t choice) {
  if (open_.empty()) return false;
  const auto at = open_.begin() + static_cast<ptrdiff_t>(choice % open_.size());
  Line* line = *at;
  open_.erase(at);
  line->Settle();
  return true;
}

std::shared_ptr<arrow::RecordBatch> ReadRequest(const std::shared_ptr<arrow::Buffer>& request,
                                                const std::shared_ptr<arrow::Schema>& schema) {
  arrow::io::BufferReader from(request);
  const auto message = arrow::ipc::ReadMessage(&from).ValueOrDie();
  const arrow::ipc::DictionaryMemo no_dictionaries;
  return arrow::ipc::ReadRecordBatch(*message, schema, &no_dictionaries,
                                     arrow::ipc::IpcReadOptions::Defaults())
      .ValueOrDie();
}

std::shared_ptr<arrow::Buffer> MakeReply(const std::shared_ptr<arrow::RecordBatch>& rows,
                                         bool more) {
  std::string bytes(8, '\0');
  bytes[0] = more ? 1 : 0;
  if (rows != nullptr) {
    bytes += arrow::ipc::SerializeRecordBatch(*rows, arrow::ipc::IpcWriteOptions::Defaults())
                 .ValueOrDie()
                 ->ToString();
  }
  return arrow::Buffer::FromString(std::move(bytes));
}

}  // namespace sabot::test
