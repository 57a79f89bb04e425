// Evaluates expressions for tests; values go in and come out as JSON.
//
//   EXPECT_EQ(Apply("plus", "INT", {Values("INT", "[1, null]"), Literal("INT", "2")}), "[3,
//   null]"); EXPECT_EQ(Apply("divide", "INT", {Values("INT", "[1]"), Values("INT", "[0]")}),
//   "error: / by zero");
//
// Decimals, timestamps, dates and the like are JSON strings, maps arrays of pairs, rows arrays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expressions/evaluator.h"

namespace sabot::test {

// "DECIMAL(10,2)", "ARRAY<INT>", "MAP<STRING, INT>", "ROW<a INT, b STRING> NOT NULL".
Type TypeOf(std::string_view text);

struct Argument {
  Expression expression;
  std::vector<ArrayPtr> columns;  // What its column references stand for.
};

Argument Values(std::string_view type, std::string_view json_array);
Argument Literal(std::string_view type, std::string_view json_value);
// A call as an argument of another.
Argument Call(std::string_view function, std::string_view type, std::vector<Argument> args,
              std::string_view options = "{}");

// Every row of the result, as JSON; or "error: " and the message.
std::string Evaluate(const Argument& argument, const SessionContext& session = {});

inline std::string Apply(std::string_view function, std::string_view type,
                         std::vector<Argument> args, std::string_view options = "{}",
                         const SessionContext& session = {}) {
  return Evaluate(Call(function, type, std::move(args), options), session);
}

}  // namespace sabot::test
