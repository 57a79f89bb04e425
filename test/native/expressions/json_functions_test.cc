// JSON, arrays and maps: answers that Flink gave (test/parity/cases/scalar has many more).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "expressions/evaluate.h"
#include "expressions/json_document.h"
#include "expressions/json_path.h"

namespace sabot::test {
namespace {

// A JSON string literal of the text.
std::string Quoted(std::string_view text) { return nlohmann::json(text).dump(); }

std::string OnJson(std::string_view function, std::string_view json, std::string_view path,
                   std::string_view options = "{}", std::string_view type = "STRING") {
  return Apply(function, type,
               {Values("STRING", "[" + Quoted(json) + "]"), Literal("STRING", Quoted(path))},
               options);
}

TEST(JsonDocument, CanonicalText) {
  const auto canonical = [](std::string_view text) -> std::string {
    JsonDocument document;
    if (!document.Parse(text)) return "invalid";
    std::string out;
    document.Append(document.root(), &out);
    return out;
  };
  EXPECT_EQ(canonical(R"({"b": 1.0e3, "a": [null, true], "b": 2})"), R"({"a":[null,true],"b":2})");
  EXPECT_EQ(canonical(R"({"a":-0.0,"b":1E400,"c":12345678901234567890123})"),
            R"({"a":0.0,"b":1E+400,"c":12345678901234567890123})");
  EXPECT_EQ(canonical(R"("\ud83d\ude00\u0001\/<")"), "\"😀\\u0001/<\"");
  EXPECT_EQ(canonical(R"({"a":1} trailing)"), R"({"a":1})");
  for (const char* bad :
       {"", "{'a':1}", "01", "1.", "[1,]", "{\"a\"}", "\"\\q\"", "tru", "truex", "12x", "nul"}) {
    EXPECT_EQ(canonical(bad), "invalid") << bad;
  }
  EXPECT_EQ(canonical(std::string(1002, '[')), "invalid");
}

TEST(JsonValue, LaxAndStrict) {
  const char* const json = R"({"a":1,"b":"x","c":[10,20],"d":{"e":null},"k.z":2})";
  EXPECT_EQ(OnJson("json_value", json, "$.c[-1]"), "[\"20\"]");
  EXPECT_EQ(OnJson("json_value", json, "$['k.z']"), "[\"2\"]");
  EXPECT_EQ(OnJson("json_value", json, "$.c.length()"), "[\"2\"]");
  EXPECT_EQ(OnJson("json_value", json, "strict $.zz", R"({"onError": "ERROR"})").substr(0, 5),
            "error");
  EXPECT_EQ(OnJson("json_value", json, "lax $.zz", R"({"onError": "ERROR"})"), "[null]");
  EXPECT_EQ(OnJson("json_value", json, "lax $.c", R"({"onEmpty": "ERROR"})").substr(0, 5), "error");
  EXPECT_EQ(OnJson("json_value", json, "$.a", "{}", "INT"), "[1]");
  EXPECT_EQ(OnJson("json_value", json, "$.b", "{}", "INT"), "[null]");
  EXPECT_EQ(Apply("json_value", "STRING",
                  {Values("STRING", "[" + Quoted(json) + "]"), Literal("STRING", "\"lax $.zz\""),
                   Literal("STRING", "\"none\"")},
                  R"({"onEmpty": "DEFAULT"})"),
            "[\"none\"]");
}

TEST(JsonQuery, PathsAndWrappers) {
  const char* const json =
      R"({"s":{"book":[{"t":"A","p":8.95},{"t":"B","p":12.99}]},"c":[1,2,3],"a":{"a":7}})";
  const auto query = [&](std::string_view path, std::string_view options = "{}") {
    return nlohmann::json::parse(OnJson("json_query", json, path, options))[0];
  };
  EXPECT_EQ(query("$.s.book[?(@.p > 10)]"), R"([{"p":12.99,"t":"B"}])");
  EXPECT_EQ(query("$.s.book[?(@.t == 'A' && !(@.x))].p"), "[8.95]");
  EXPECT_EQ(query("$.s.book[?(@.t in ['B','C'])].t"), R"(["B"])");
  EXPECT_EQ(query("$..a"), R"([{"a":7},7])");
  EXPECT_EQ(query("$.c[-2:]"), "[2,3]");
  EXPECT_EQ(query("$.c[0,2]"), "[1,3]");
  EXPECT_EQ(query("$.c[0]", R"({"wrapper": "CONDITIONAL"})"), "[1]");
  EXPECT_EQ(query("$.c", R"({"wrapper": "UNCONDITIONAL"})"), "[[1,2,3]]");
  EXPECT_EQ(query("lax $.zz", R"({"onEmpty": "EMPTY OBJECT"})"), "{}");
  EXPECT_EQ(query("$.c[", R"({"onError": "EMPTY ARRAY"})"), "[]");
}

TEST(JsonObject, SortsKeysAndNests) {
  const auto object = [](std::vector<Argument> args, std::string_view options) {
    return Apply("json_object", "STRING", std::move(args), options);
  };
  EXPECT_EQ(object({Literal("STRING", "\"z\""), Values("INT", "[1]"), Literal("STRING", "\"a\""),
                    Values("STRING", "[\"x\\\"y\"]")},
                   "{}"),
            "[" + Quoted(R"({"a":"x\"y","z":1})") + "]");
  EXPECT_EQ(
      object({Literal("STRING", "\"j\""),
              Call("json_array", "STRING NOT NULL",
                   {Values("INT", "[null]"), Values("DOUBLE", "[1e20]")}, R"({"onNull": "NULL"})")},
             R"({"json": "1"})"),
      "[" + Quoted(R"({"j":[null,1.0E+20]})") + "]");
  EXPECT_EQ(
      object({Literal("STRING", "\"a\""), Values("INT", "[null]")}, R"({"onNull": "ABSENT"})"),
      "[\"{}\"]");
}

TEST(Arrays, SetsKeepOrderAndNulls) {
  const auto two = [](std::string_view function, std::string_view a, std::string_view b) {
    return Apply(function, "ARRAY<INT>",
                 {Values("ARRAY<INT>", "[" + std::string(a) + "]"),
                  Values("ARRAY<INT>", "[" + std::string(b) + "]")});
  };
  EXPECT_EQ(two("array_union", "[3, 1, 3, null]", "[3, 5]"), "[[3, 1, null, 5]]");
  EXPECT_EQ(two("array_except", "[3, 1, 2, 3, null]", "[3, 5]"), "[[1, 2, null]]");
  EXPECT_EQ(two("array_intersect", "[null, 4]", "[null, 1]"), "[[null]]");
  EXPECT_EQ(two("array_concat", "[1]", "null"), "[null]");
}

TEST(Arrays, SliceSortSearch) {
  const auto slice = [](int start, int end) {
    return Apply("array_slice", "ARRAY<INT>",
                 {Values("ARRAY<INT>", "[[1, 2, 3]]"), Literal("INT", std::to_string(start)),
                  Literal("INT", std::to_string(end))});
  };
  EXPECT_EQ(slice(-2, -1), "[[2, 3]]");
  EXPECT_EQ(slice(0, 2), "[[1, 2]]");
  EXPECT_EQ(slice(3, 2), "[[]]");
  const auto sort = [](std::vector<Argument> more) {
    std::vector<Argument> args = {Values("ARRAY<INT>", "[[3, null, -1]]")};
    for (auto& arg : more) args.push_back(std::move(arg));
    return Apply("array_sort", "ARRAY<INT>", std::move(args));
  };
  EXPECT_EQ(sort({}), "[[null, -1, 3]]");
  EXPECT_EQ(sort({Literal("BOOLEAN", "false")}), "[[3, -1, null]]");
  EXPECT_EQ(sort({Literal("BOOLEAN", "true"), Literal("BOOLEAN", "false")}), "[[-1, 3, null]]");
  EXPECT_EQ(
      Apply("array_position", "INT",
            {Values("ARRAY<STRING>", R"([["a", "b"], ["a"], null])"), Literal("STRING", "\"b\"")}),
      "[2, 0, null]");
  EXPECT_EQ(Apply("array_join", "STRING",
                  {Values("ARRAY<STRING>", R"([["a", null, "b"]])"), Literal("STRING", "\"-\""),
                   Literal("STRING", "\"*\"")}),
            "[\"a-*-b\"]");
  EXPECT_EQ(Apply("element", "INT", {Values("ARRAY<INT>", "[[1, 2]]")}).substr(0, 5), "error");
}

TEST(Maps, LastValueOfAKeyCounts) {
  EXPECT_EQ(Apply("map_union", "MAP<STRING, INT>",
                  {Values("MAP<STRING, INT>", R"([[["x", 1], ["y", 2]]])"),
                   Values("MAP<STRING, INT>", R"([[["x", 9]]])")}),
            Apply("map_from_arrays", "MAP<STRING, INT>",
                  {Values("ARRAY<STRING>", R"([["x", "y"]])"), Values("ARRAY<INT>", "[[9, 2]]")}));
  EXPECT_EQ(Apply("map_keys", "ARRAY<STRING>",
                  {Values("MAP<STRING, INT>", R"([[["x", 1], ["y", null]], null])")}),
            "[[\"x\", \"y\"], null]");
  EXPECT_EQ(Apply("map_from_arrays", "MAP<STRING, INT>",
                  {Values("ARRAY<STRING>", R"([["x"]])"), Values("ARRAY<INT>", "[[9, 2]]")})
                .substr(0, 5),
            "error");
}

}  // namespace
}  // namespace sabot::test
