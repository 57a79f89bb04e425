// What a function is to the evaluator: bound once per call in the plan, run once per batch.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "plan/expression.h"

namespace sabot {

// A value per row: an array of `length` values, or one value that stands for every row
// (`constant`, array of length 1). Kernels read row i at array[constant ? 0 : i].
struct Vector {
  ArrayPtr array;
  bool constant = false;

  int64_t at(int64_t row) const { return constant ? 0 : row; }
};

// What every expression of a job may ask about its surroundings.
struct SessionContext {
  std::string time_zone = "UTC";
  int64_t query_start_ms = 0;
};

// A bound function. Run sees only rows it must compute: inside a branch of CASE, AND, OR or
// COALESCE the evaluator passes the selected rows alone, so that a failing row is a real failure.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // args are as bound, `length` rows. The result has ToArrow(call.type); it may be constant only if
  // all args are.
  virtual arrow::Result<Vector> Run(std::span<const Vector> args, int64_t length) = 0;
};

struct FunctionSpec {
  std::string_view name;
  // Whether some input makes Run return an error, or Run is much dearer than copying its inputs:
  // then branches evaluate it on their own rows only.
  bool selective = false;
  // Called once per call in the plan. Literal arguments are visible in call.args: bind patterns and
  // formats here.
  arrow::Result<std::unique_ptr<Kernel>> (*bind)(const Expression& call,
                                                 const SessionContext& session);
  // False for RAND, UUID, ...: never folded, never shared.
  bool deterministic = true;
  // For a selective function: which of its calls cannot fail after all (doubles divided, integers
  // widened).
  bool (*total)(const Expression& call) = nullptr;
};

// One family of functions per file; the families are listed in functions.cc and nowhere else.
const FunctionSpec* FindFunction(std::string_view name);

}  // namespace sabot
