// For tests of formats: messages in, JSON lines of the decoded rows and what was refused out.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/decode_text.h"

namespace sabot::test {

inline constexpr std::string_view kNull;  // No data: Kafka's null.

class Refusals final : public BadMessageHandler {
 public:
  arrow::Status OnBadMessage(size_t index, size_t at, std::string_view reason,
                             std::string_view) override {
    seen.push_back(std::to_string(index) + " at " + std::to_string(at) + ": " +
                   std::string(reason));
    return arrow::Status::OK();
  }
  std::vector<std::string> seen;
};

struct DecodedMessages {
  std::vector<std::string> rows;  // "message: row"
  std::vector<std::string> refusals;
  int64_t skipped = 0;
};

inline DecodedMessages DecodeMessages(const std::string& format, const Schema& columns,
                                      std::vector<std::string_view> messages,
                                      std::string_view options = "{}") {
  auto decoder = MakeDecoder(format, columns, NodeWithOptions(options)).ValueOrDie();
  // Exactly allocated: nothing may be read behind a message.
  std::vector<std::unique_ptr<char[]>> copies;
  for (std::string_view& message : messages) {
    if (message.data() == nullptr) continue;
    copies.push_back(std::make_unique<char[]>(message.size()));
    std::copy(message.begin(), message.end(), copies.back().get());
    message = {copies.back().get(), message.size()};
  }
  Refusals refusals;
  std::vector<int32_t> row_messages;
  EXPECT_TRUE(decoder->DecodeMessages(messages, refusals, &row_messages).ok());
  EXPECT_EQ(static_cast<int64_t>(row_messages.size()), decoder->num_rows());
  const Batch batch = decoder->Flush().ValueOrDie();
  EXPECT_TRUE(batch.rows->ValidateFull().ok());
  std::string lines;
  const JsonStyle style{.results = true, .with_op = !batch.insert_only()};
  EXPECT_TRUE(MakeJsonEncoder(columns, style)->Encode(batch, &lines).ok());
  DecodedMessages result;
  result.refusals = refusals.seen;
  result.skipped = decoder->skipped_records();
  size_t begin = 0;
  for (const int32_t message : row_messages) {
    const size_t end = lines.find('\n', begin);
    result.rows.push_back(std::to_string(message) + ": " + lines.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

}  // namespace sabot::test
