// dead_letters, and the letters of functions that fail at rows.
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dead_letter_columns.h"
#include "harness.h"
#include "operators/dead_letter_writer.h"
#include "operators/failed_rows.h"

namespace sabot {
namespace {

using test::UserFunctionModel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Takes letters.
class LetterBox final : public Collector {
 public:
  arrow::Status Emit(Batch) override { return arrow::Status::OK(); }
  arrow::Status Emit(Watermark) override { return arrow::Status::OK(); }
  arrow::Status Emit(StreamStatus) override { return arrow::Status::OK(); }
  arrow::Status EmitLate(int, const Batch&, std::span<const int32_t>) override {
    return arrow::Status::OK();
  }
  arrow::Status EmitDeadLetters(Batch letters) override {
    taken.push_back(std::move(letters));
    return arrow::Status::OK();
  }
  bool has_room() const override { return true; }

  std::vector<Batch> taken;
};

TEST(DeadLettersTest, RowsAreWhatWasWrittenAndGoOnAsTheyAre) {
  VirtualClock clock;
  OperatorMetrics metrics;
  std::vector<std::string> warnings;
  OperatorContext context;
  context.clock = &clock;
  context.metrics = &metrics;
  context.job = "j";
  context.uid = "op";
  context.warn = [&](std::string message) { warnings.push_back(std::move(message)); };
  PlanNode node;
  node.config = std::make_shared<const nlohmann::json>(nlohmann::json{{"onError", "dead-letter"}});
  const auto writer = DeadLetterWriter::Make(node, context).ValueOrDie();
  const std::vector<DeadLetterHeader> headers = {{"a", "1"}, {"a", {}}, {kAttemptsHeader, "2"}};
  writer->Add({.value = std::string_view("v\0w", 3),
               .headers = headers,
               .topic = "t",
               .partition = 4,
               .offset = 7,
               .timestamp_ms = 1,
               .error = "no"});
  for (int i = 0; i < 9; ++i) writer->Add({.error = "nor this"});
  LetterBox box;
  ASSERT_TRUE(writer->Flush(box).ok());
  ASSERT_TRUE(writer->Flush(box).ok());
  ASSERT_THAT(box.taken, SizeIs(1));
  EXPECT_EQ(metrics.dead_letters.value(), 10);
  EXPECT_THAT(warnings, SizeIs(3));  // The others are told together, a minute later.

  const std::string op =
      R"({"op": "dead_letters", "config": {}, "schema": )" + test::LetterColumns().dump() + "}";
  test::Harness harness(op, {DecodeSchema(test::LetterColumns()).ValueOrDie()});
  harness.Feed(box.taken[0]);
  const std::vector<std::string> lines = harness.Take();
  ASSERT_THAT(lines, SizeIs(10));
  EXPECT_THAT(lines[0], HasSubstr(", t, 4, 7, 1970-01-01 00:00:00.001"));
  EXPECT_THAT(lines[0], HasSubstr("no, j, op, "));
  EXPECT_THAT(lines[0], ::testing::EndsWith(", 3]"));  // It had failed twice before.
  EXPECT_THAT(lines[1], HasSubstr("+I[NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, nor this, "));
}

const std::vector<std::string> kInput = {"k STRING", "v INT", "$hidden BIGINT"};

// v as it is; of those below 0, and of NULLs, it says that they have failed.
UserFunction::Reply Refusing(const std::shared_ptr<arrow::Buffer>& request) {
  const auto rows = test::ReadRequest(request, ToArrow(test::MakeSchema({"v INT"})));
  const auto& values = static_cast<const arrow::Int32Array&>(*rows->column(0));
  arrow::Int32Builder good;
  arrow::Int32Builder failed;
  arrow::Int32Builder keys;
  arrow::Int64Builder times;
  arrow::StringBuilder errors;
  for (int32_t row = 0; row < rows->num_rows(); ++row) {
    if (values.IsValid(row) && values.Value(row) >= 0) {
      ARROW_RETURN_NOT_OK(good.Append(values.Value(row)));
      continue;
    }
    ARROW_RETURN_NOT_OK(failed.Append(row));
    ARROW_RETURN_NOT_OK(keys.Append(-1));
    ARROW_RETURN_NOT_OK(times.Append(0));
    ARROW_RETURN_NOT_OK(errors.Append("not " + std::to_string(values.Value(row))));
  }
  const auto finish = [](arrow::ArrayBuilder& builder) { return builder.Finish().ValueOrDie(); };
  const int64_t num_failed = failed.length();
  const auto column = finish(good);
  const auto reply = test::MakeReply(
      arrow::RecordBatch::Make(ToArrow(test::MakeSchema({"w INT"})), column->length(), {column}));
  if (num_failed == 0) return reply;
  const auto message = test::MakeReply(
      arrow::RecordBatch::Make(FailedRows::ReplySchema(), num_failed,
                               {finish(failed), finish(keys), finish(times), finish(errors)}));
  const std::string letters = message->ToString().substr(8);
  std::string bytes(8, '\0');
  bytes[0] = 2;
  const int64_t size = std::ssize(letters);
  bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes += letters + reply->ToString().substr(8);
  return arrow::Buffer::FromString(std::move(bytes));
}

test::Harness Function(UserFunctionModel& owner, const std::string& on_error,
                       int64_t batch_rows = INT64_MAX) {
  return test::Harness(R"({"op": "user_function", "config": {"columns": [0], "reads": [1], )"
                       R"("onError": ")" +
                           on_error + R"("}, "schema": )" +
                           test::SchemaJson({"k STRING", "w INT"}) + "}",
                       {test::MakeSchema(kInput)}, {.batch_rows_max = batch_rows, .owner = &owner});
}

const char* const kRows =
    R"([["+I", "a", 1, 7], ["+I", "b", -2, 7], ["-U", "c", -3, 7], ["+U", "d", null, 7], ["+I", "e", 5, 7]])";

TEST(DeadLettersTest, RowsThatAFunctionFailsAtAreLettersAndTheOthersGoOn) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    UserFunctionModel owner({{0, Refusing}});
    test::Harness harness = Function(owner, "dead-letter", batch_rows);
    harness.Rows(kRows);
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+I[e, 5]"));
    const std::vector<std::string> letters = harness.TakeLetters();
    ASSERT_THAT(letters, SizeIs(2));  // What is taken back has had its letter when it came.
    EXPECT_THAT(letters[0], HasSubstr("not -2, test, "));
    EXPECT_THAT(letters[1], HasSubstr("not 0, test, "));
    EXPECT_EQ(harness.metrics().dead_letters.value(), 2);
    harness.Restart();
    harness.Rows(R"([["f", 6, 7]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[f, 6]"));
    EXPECT_THAT(harness.TakeLetters(), IsEmpty());
  }
}

TEST(DeadLettersTest, DroppedRowsAreCounted) {
  UserFunctionModel owner({{0, Refusing}});
  test::Harness harness = Function(owner, "drop");
  harness.Rows(kRows);
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+I[e, 5]"));
  EXPECT_THAT(harness.TakeLetters(), IsEmpty());
  EXPECT_EQ(harness.metrics().dropped_records.value(), 2);
}

TEST(DeadLettersTest, AnOwnerThatGoesOnUnaskedIsRefused) {
  UserFunctionModel owner({{0, Refusing}});
  test::Harness harness = Function(owner, "fail");
  EXPECT_THAT(harness.TryRows(kRows).ToString(), HasSubstr("do not fit the rows"));
}

}  // namespace
}  // namespace sabot
