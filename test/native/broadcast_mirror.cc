// The model of broadcast state in JavaScript.
#include "broadcast_mirror.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace sabot::test {
namespace {

constexpr uint8_t kToProcess = 0;
constexpr uint8_t kWholeMap = 2;

std::vector<std::string> WithRemoved(std::vector<std::string> broadcast) {
  broadcast.insert(broadcast.begin(), "removed TINYINT NOT NULL");
  return broadcast;
}

}  // namespace

BroadcastMirror::BroadcastMirror(const std::vector<std::string>& reads,
                                 const std::vector<std::string>& broadcast,
                                 std::shared_ptr<Log> log, std::optional<int64_t> otherwise)
    : reads_(ToArrow(MakeSchema(reads))),
      changes_(ToArrow(MakeSchema(WithRemoved(broadcast)))),
      log_(std::move(log)),
      otherwise_(otherwise) {}

UserFunction::Reply BroadcastMirror::operator()(const std::shared_ptr<arrow::Buffer>& request) {
  const uint8_t what = request->data()[0];
  const auto message = arrow::SliceBuffer(request, 8);
  if (what != kToProcess) {
    const auto rows = ReadRequest(message, changes_);
    const bool whole = what == kWholeMap;
    EXPECT_TRUE(whole || has_begun_);
    if (whole) map_.clear();
    has_begun_ = true;
    Change(*rows);
    if (whole) log_->restored.push_back(map_);
    log_->requests.push_back((whole ? "map " : "changes ") + std::to_string(rows->num_rows()));
    return MakeReply(nullptr);
  }
  const auto rows = ReadRequest(message, reads_);
  log_->requests.push_back("rows " + std::to_string(rows->num_rows()));
  return Answer(*rows);
}

void BroadcastMirror::Change(const arrow::RecordBatch& rows) {
  const auto& removed = static_cast<const arrow::Int8Array&>(*rows.column(0));
  const auto& rules = static_cast<const arrow::StringArray&>(*rows.column(1));
  const auto& values = static_cast<const arrow::Int64Array&>(*rows.column(2));
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    if (removed.Value(row) != 0) {
      map_.erase(rules.GetString(row));
    } else {
      map_[rules.GetString(row)] = values.Value(row);
    }
  }
}

UserFunction::Reply BroadcastMirror::Answer(const arrow::RecordBatch& rows) const {
  const auto& keys = static_cast<const arrow::StringArray&>(*rows.column(0));
  arrow::Int32Builder of;
  arrow::Int64Builder values;
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    const auto found = map_.find(keys.GetString(row));
    if (found == map_.end() && !otherwise_) continue;
    ARROW_RETURN_NOT_OK(of.Append(static_cast<int32_t>(row)));
    ARROW_RETURN_NOT_OK(values.Append(found == map_.end() ? *otherwise_ : found->second));
  }
  ARROW_ASSIGN_OR_RAISE(auto numbers, of.Finish());
  ARROW_ASSIGN_OR_RAISE(auto found, values.Finish());
  const auto schema = ToArrow(MakeSchema({"row INT NOT NULL", "value BIGINT"}));
  return MakeReply(arrow::RecordBatch::Make(schema, found->length(), {numbers, found}));
}

}  // namespace sabot::test
