// user_function: results beside the columns that go on, flattened rows, failures.
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness.h"

namespace sabot {
namespace {

using test::UserFunctionModel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kInput = {"k STRING", "v INT", "w BIGINT"};

// What the function sees: v, w.
std::shared_ptr<arrow::Schema> Read() { return ToArrow(test::MakeSchema({"v INT", "w BIGINT"})); }

// v as text with a mark, NULL for NULL.
UserFunction::Reply Marked(const std::shared_ptr<arrow::Buffer>& request) {
  const auto rows = test::ReadRequest(request, Read());
  const auto& values = static_cast<const arrow::Int32Array&>(*rows->column(0));
  arrow::StringBuilder marked;
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    ARROW_RETURN_NOT_OK(values.IsNull(row)
                            ? marked.AppendNull()
                            : marked.Append(std::to_string(values.Value(row)) + "!"));
  }
  ARROW_ASSIGN_OR_RAISE(auto column, marked.Finish());
  const auto schema = ToArrow(test::MakeSchema({"mark STRING"}));
  return test::MakeReply(arrow::RecordBatch::Make(schema, rows->num_rows(), {column}));
}

// Row i gives v rows i, in two pieces: all but the last, then the last.
class Repeated {
 public:
  UserFunction::Reply operator()(const std::shared_ptr<arrow::Buffer>& request) {
    if (request->size() > 0) {
      const auto rows = test::ReadRequest(request, Read());
      const auto& values = static_cast<const arrow::Int32Array&>(*rows->column(0));
      for (int32_t row = 0; row < rows->num_rows(); ++row)
        rows_.insert(rows_.end(), static_cast<size_t>(values.Value(row)), row);
      if (rows_.empty()) return test::MakeReply(nullptr);
      const std::vector<int32_t> first(rows_.begin(), rows_.end() - 1);
      rows_.erase(rows_.begin(), rows_.end() - 1);
      return test::MakeReply(Batch(first), true);
    }
    return test::MakeReply(Batch(std::exchange(rows_, {})));
  }

 private:
  static std::shared_ptr<arrow::RecordBatch> Batch(const std::vector<int32_t>& rows) {
    arrow::Int32Builder of;
    EXPECT_TRUE(of.AppendValues(rows).ok());
    const auto column = of.Finish().ValueOrDie();
    const auto schema = ToArrow(test::MakeSchema({"row INT NOT NULL", "n INT"}));
    return arrow::RecordBatch::Make(schema, column->length(), {column, column});
  }
  std::vector<int32_t> rows_;
};

std::string Node(const std::string& config, const std::vector<std::string>& output) {
  return R"({"op": "user_function", "config": )" + config + R"(, "schema": )" +
         test::SchemaJson(output) + "}";
}

const char* const kMark = R"({"columns": [2, 0], "reads": [1, 2]})";

TEST(UserFunctionTest, ResultsFollowTheColumnsThatGoOn) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    UserFunctionModel owner({{0, Marked}});
    test::Harness harness(Node(kMark, {"w BIGINT", "k STRING", "mark STRING"}),
                          {test::MakeSchema(kInput)},
                          {.batch_rows_max = batch_rows, .owner = &owner});
    harness.Rows(R"([["+I", "a", 1, 10], ["-U", "b", null, 20], ["+U", null, 3, null]])");
    harness.AdvanceWatermark(3);
    harness.Restart();
    harness.Rows(R"([["c", 4, 40]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[10, a, 1!]", "-U[20, b, NULL]",
                                            "+U[NULL, NULL, 3!]", "W(3)", "+I[40, c, 4!]"));
  }
}

TEST(UserFunctionTest, ARowMayGiveAnyNumberOfRowsInPieces) {
  UserFunctionModel owner({{0, Repeated()}});
  test::Harness harness(
      Node(R"({"columns": [0], "reads": [1, 2], "flattens": true})", {"k STRING", "n INT"}),
      {test::MakeSchema(kInput)}, {.owner = &owner});
  harness.Rows(R"([["+I", "a", 2, 0], ["-D", "b", 0, 0], ["-D", "c", 2, 0]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 0]", "+I[a, 0]", "-D[c, 2]", "-D[c, 2]"));
  harness.Rows(R"([["a", 0, 0]])");
  EXPECT_THAT(harness.Take(), ElementsAre());
}

TEST(UserFunctionTest, TheOwnersErrorIsTheJobs) {
  UserFunctionModel owner({{0, [](const auto&) -> UserFunction::Reply {
                              return UserError("user-function", "f", "f failed at row 2");
                            }}});
  test::Harness harness(Node(kMark, {"w BIGINT", "k STRING", "mark STRING"}),
                        {test::MakeSchema(kInput)}, {.owner = &owner});
  const arrow::Status status = harness.TryRows(R"([["a", 1, 1]])");
  EXPECT_EQ(status.message(), "f failed at row 2");
  EXPECT_EQ(DetailOf(status)->kind(), "user-function");
}

TEST(UserFunctionTest, RepliesThatDoNotFitAreRefused) {
  const auto reply_with = [](std::shared_ptr<arrow::Buffer> bytes) {
    return [bytes](const auto&) -> UserFunction::Reply { return bytes; };
  };
  const auto of = [&](std::shared_ptr<arrow::Buffer> bytes) {
    UserFunctionModel owner({{0, reply_with(std::move(bytes))}});
    test::Harness harness(Node(kMark, {"w BIGINT", "k STRING", "mark STRING"}),
                          {test::MakeSchema(kInput)}, {.owner = &owner});
    return harness.TryRows(R"([["a", 1, 1]])").ToString();
  };
  EXPECT_THAT(of(arrow::Buffer::FromString("")), HasSubstr("cut off"));
  EXPECT_THAT(of(arrow::Buffer::FromString(std::string(8, '\0') + "no message")),
              HasSubstr("Invalid"));
  const auto none = arrow::RecordBatch::MakeEmpty(ToArrow(test::MakeSchema({"mark STRING"})));
  EXPECT_THAT(of(test::MakeReply(none.ValueOrDie())), HasSubstr("do not fit"));
}

}  // namespace
}  // namespace sabot
