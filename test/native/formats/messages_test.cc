// Messages in, rows and refusals out; rows in, messages out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/decode_messages.h"
#include "formats/format.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Schema& AAndS() {
  static const Schema schema = Columns(
      R"([{"name": "a", "type": {"kind": "BIGINT"}}, {"name": "s", "type": {"kind": "VARCHAR"}}])");
  return schema;
}

TEST(Messages, JsonOfSeveralLines) {
  const auto decoded = DecodeMessages(
      "json", AAndS(),
      {"{\n  \"a\": 1,\n  \"s\": \"x\"\n}\n", "{\"s\": \"one\ntwo\\\\\n\", \"a\":\n2}",
       "[{\"a\": 3},\n {\"a\": 4}]", "{\"a\": 5} what follows is not read\n{"});
  EXPECT_THAT(
      decoded.rows,
      ElementsAre("0: {\"a\":1,\"s\":\"x\"}", "1: {\"a\":2,\"s\":\"one\\ntwo\\\\\\n\"}",
                  "2: {\"a\":3,\"s\":null}", "2: {\"a\":4,\"s\":null}", "3: {\"a\":5,\"s\":null}"));
  EXPECT_THAT(decoded.refusals, IsEmpty());
}

TEST(Messages, NoValueAndAnEmptyOneAreNoJsonRecord) {
  const auto decoded = DecodeMessages("json", AAndS(), {kNull, "{\"a\": 1}", "", kNull});
  EXPECT_THAT(decoded.rows, ElementsAre("1: {\"a\":1,\"s\":null}"));
  EXPECT_THAT(decoded.refusals, IsEmpty());
}

TEST(Messages, BadJsonIsRefusedByItself) {
  const std::vector<std::string_view> messages = {
      "{\"a\": 1}",        "{\"a\": 1",  "nothing",        "{\"s\": \"\n\n\", \"a\": 2x}",
      "{\"s\": \"\\\n\"}", "{\"a\": 7}", "[{\"a\": 8}, 9]"};
  const auto decoded = DecodeMessages("json", AAndS(), messages);
  EXPECT_THAT(decoded.rows, ElementsAre("0: {\"a\":1,\"s\":null}", "5: {\"a\":7,\"s\":null}",
                                        "6: {\"a\":8,\"s\":null}"));
  EXPECT_THAT(decoded.refusals,
              ElementsAre(HasSubstr("1 at 7: "), "2 at 0: a record must be a JSON object",
                          HasSubstr("3 at 18: "), HasSubstr("4 at "), HasSubstr("6 at 11: ")));
  const auto ignored =
      DecodeMessages("json", AAndS(), {"{\"a\": 1}", "nothing", "{\"a\": \"x\", \"s\": \"y\"}"},
                     R"({"json.ignore-parse-errors": "true"})");
  EXPECT_THAT(ignored.rows, ElementsAre("0: {\"a\":1,\"s\":null}", "2: {\"a\":null,\"s\":\"y\"}"));
  EXPECT_EQ(ignored.skipped, 1);
}

TEST(Messages, OneOfAMegabyteAmongSmallOnes) {
  const std::string large = "{\"s\": \"" + std::string(1 << 20, 'x') + "\"}";
  const auto decoded = DecodeMessages("json", AAndS(), {"{\"a\": 1}", large, "{\"a\": 2}"});
  ASSERT_EQ(decoded.rows.size(), 3u);
  EXPECT_EQ(decoded.rows[1].size(), large.size() + 11);
  EXPECT_EQ(decoded.rows[2], "2: {\"a\":2,\"s\":null}");
}

TEST(Messages, CsvReadsTheFirstRecordOfEach) {
  const auto decoded =
      DecodeMessages("csv", AAndS(), {"1,\"x\ny\"\n2,z", kNull, "", "3", "q,w", "4,\xff", "5,"});
  EXPECT_THAT(decoded.rows, ElementsAre("0: {\"a\":1,\"s\":\"x\\ny\"}", "6: {\"a\":5,\"s\":\"\"}"));
  EXPECT_THAT(
      decoded.refusals,
      ElementsAre("2 at 0: the message holds no record", "3 at 0: the record has 1 fields, not 2",
                  HasSubstr("4 at 0: field 'a': the value"), "5 at 0: the record is not UTF-8"));
}

TEST(Messages, TheErrorNamesTheMessage) {
  const auto status = BadMessage("orders", "topic 'orders', partition 3, offset 17", "{\"a\": 2x}",
                                 7, "no number", "json.ignore-parse-errors");
  EXPECT_EQ(status.message(),
            "cannot read topic 'orders', partition 3, offset 17, byte 7: no number; the text "
            "there: {\"a\": 2>>>x}; to leave such records out, set 'json.ignore-parse-errors' = "
            "'true'");
  EXPECT_EQ(DetailOf(status)->kind(), "bad-record");
  EXPECT_EQ(DetailOf(status)->identifier(), "orders");
}

TEST(Messages, EncodersWriteOnePerRow) {
  auto decoder = MakeDecoder("json", AAndS(), NodeWithOptions()).ValueOrDie();
  Refusals refusals;
  std::vector<int32_t> row_messages;
  const std::vector<std::string_view> messages = {R"({"a": 1, "s": "x\ny"})", R"({"a": 2})"};
  ASSERT_TRUE(decoder->DecodeMessages(messages, refusals, &row_messages).ok());
  const Batch batch = decoder->Flush().ValueOrDie();
  EncodedMessages json;
  ASSERT_TRUE(MakeEncoder("json", AAndS(), NodeWithOptions())
                  .ValueOrDie()
                  ->EncodeMessages(batch, &json)
                  .ok());
  EXPECT_EQ(json.bytes, R"({"a":1,"s":"x\ny"}{"a":2,"s":null})");
  EXPECT_THAT(json.ends, ElementsAre(18, 34));
  EncodedMessages csv;
  ASSERT_TRUE(MakeEncoder("csv", AAndS(), NodeWithOptions())
                  .ValueOrDie()
                  ->EncodeMessages(batch, &csv)
                  .ok());
  EXPECT_EQ(csv.bytes, "1,\"x\ny\"2,");
  EXPECT_THAT(csv.ends, ElementsAre(7, 9));
}

}  // namespace
}  // namespace sabot::test
