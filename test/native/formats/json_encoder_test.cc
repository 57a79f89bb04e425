// What Flink's json format writes, and how results look. The lines of the first test were written
// by Flink 2.3.
#include <arrow/array.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrays.h"
#include "base/error.h"
#include "formats/decode_text.h"
#include "harness.h"

namespace sabot::test {
namespace {

using ::testing::HasSubstr;

std::string Encode(Encoder& encoder, const Batch& batch) {
  std::string out;
  const arrow::Status status = encoder.Encode(batch, &out);
  return status.ok() ? out : status.message();
}

Batch Decode(const Schema& schema, std::string text) {
  auto decoder = MakeDecoder("json", schema, NodeWithOptions()).ValueOrDie();
  const size_t size = text.size();
  text.append(kDecodePadding, '\0');
  EXPECT_TRUE(decoder->Decode({text.data(), size}, true, 1'000).ok());
  return decoder->Flush().ValueOrDie();
}

TEST(JsonEncoder, WritesBackWhatFlinkWrote) {
  const Schema schema = Columns(R"([
    {"name": "id", "type": {"kind": "INTEGER"}}, {"name": "dec", "type": {"kind": "DECIMAL", "precision": 10, "scale": 2}},
    {"name": "f", "type": {"kind": "FLOAT"}}, {"name": "d", "type": {"kind": "DOUBLE"}}, {"name": "b", "type": {"kind": "VARBINARY"}},
    {"name": "ts", "type": {"kind": "TIMESTAMP", "precision": 3}}, {"name": "lz", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}},
    {"name": "dt", "type": {"kind": "DATE"}}, {"name": "t", "type": {"kind": "TIME", "precision": 0}},
    {"name": "bo", "type": {"kind": "BOOLEAN"}}, {"name": "s", "type": {"kind": "VARCHAR"}},
    {"name": "a", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}},
    {"name": "m", "type": {"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "INTEGER"}}},
    {"name": "r", "type": {"kind": "ROW", "fields": [{"name": "x", "type": {"kind": "INTEGER"}}, {"name": "y", "type": {"kind": "VARCHAR"}}]}},
    {"name": "ti", "type": {"kind": "TINYINT"}}])");
  const std::string flink =
      R"({"id":1,"dec":1E+1,"f":1.0E10,"d":1.0E-5,"b":"Cv8=","ts":"2024-01-01 00:00:00.5","lz":"2024-01-01 00:00:00Z","dt":"2024-01-01","t":"10:11:12","bo":true,"s":"aé\u0001\"\\/","a":[1,2],"m":{"a":1,"b":2},"r":{"x":1,"y":"z"},"ti":1}
{"id":2,"dec":0,"f":1.5,"d":1.0E7,"b":null,"ts":"2024-01-01 00:00:00","lz":"2024-01-01 00:00:00.123Z","dt":null,"t":"10:11:00","bo":false,"s":null,"a":null,"m":null,"r":null,"ti":null}
{"id":3,"dec":120.5,"f":1.1,"d":1.23456789E8,"b":"","ts":"2024-01-01 10:00:00.12","lz":"2024-01-01 00:00:00Z","dt":"2024-01-01","t":"10:11:12","bo":true,"s":"x","a":[1,null],"m":{"a":null},"r":{"x":null,"y":"z"},"ti":-1}
)";
  const Batch batch = Decode(schema, flink);
  const auto encoder = MakeEncoder("json", schema, NodeWithOptions()).ValueOrDie();
  EXPECT_EQ(Encode(*encoder, batch), flink);

  const auto results = MakeJsonEncoder(schema, {.results = true});
  EXPECT_THAT(
      Encode(*results, batch),
      HasSubstr(
          R"({"id":1,"dec":10.00,"f":1.0E10,"d":1.0E-5,"b":"0aff","ts":"2024-01-01 00:00:00.500","lz":"2024-01-01 00:00:00.000Z")"));
}

TEST(JsonEncoder, ResultsPutTheChangeFirst) {
  const Schema schema = MakeSchema({"k VARCHAR", "n BIGINT"});
  const Batch batch = MakeBatch(
      schema, R"([["a", 1], ["-U", "a", 1], ["+U", "a", 9007199254740993], ["-D", null, null]])");
  const auto encoder = MakeJsonEncoder(schema, {.results = true, .with_op = true});
  EXPECT_EQ(Encode(*encoder, batch),
            R"({"op":"+I","k":"a","n":1}
{"op":"-U","k":"a","n":1}
{"op":"+U","k":"a","n":9007199254740993}
{"op":"-D","k":null,"n":null}
)");
}

// A batch of one column from Arrow's JSON.
Batch OneColumn(const Schema& schema, std::string_view json) {
  const auto arrow_schema = ToArrow(schema);
  const ArrayPtr array = Array(arrow_schema->field(0)->type(), json);
  Batch batch;
  batch.rows = arrow::RecordBatch::Make(arrow_schema, array->length(), {array});
  return batch;
}

TEST(JsonEncoder, ResultsShowIntervalsAndSortedMaps) {
  const auto show = [](std::string_view type, std::string_view json) {
    const Schema schema = Columns(R"([{"name": "v", "type": )" + std::string(type) + "}]");
    return Encode(*MakeJsonEncoder(schema, {.results = true}), OneColumn(schema, json));
  };
  EXPECT_EQ(show(R"({"kind": "INTERVAL_DAY_TIME"})", "[86400000, 1500, -61001, 0]"),
            "{\"v\":\"PT24H\"}\n{\"v\":\"PT1.5S\"}\n{\"v\":\"PT-1M-1.001S\"}\n{\"v\":\"PT0S\"}\n");
  EXPECT_EQ(show(R"({"kind": "INTERVAL_YEAR_MONTH"})", "[2, -14]"),
            "{\"v\":\"P2M\"}\n{\"v\":\"P-14M\"}\n");
  EXPECT_EQ(show(R"({"kind": "MULTISET", "element": {"kind": "INTEGER"}})",
                 "[[[10, 2], [-3, 1], [1, 4]]]"),
            "{\"v\":{\"-3\":1,\"1\":4,\"10\":2}}\n");
  EXPECT_EQ(show(R"({"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "DOUBLE"}})",
                 R"([[["b", 1.5], ["a", null]], null])"),
            "{\"v\":{\"a\":null,\"b\":1.5}}\n{\"v\":null}\n");
}

TEST(JsonEncoder, OptionsOfTheFormat) {
  const Schema schema = MakeSchema({"d DECIMAL(10,2)", "ts TIMESTAMP(3)", "s VARCHAR"});
  const Batch batch = Decode(schema, R"({"d": 1000, "ts": "2024-01-01 10:00:00"})");
  const auto encoder =
      MakeEncoder("json", schema, NodeWithOptions(R"({"json.encode.decimal-as-plain-number": "true",
    "json.encode.ignore-null-fields": "true", "json.timestamp-format.standard": "ISO-8601"})"))
          .ValueOrDie();
  EXPECT_EQ(Encode(*encoder, batch), "{\"d\":1000.00,\"ts\":\"2024-01-01T10:00:00\"}\n");
}

}  // namespace
}  // namespace sabot::test
