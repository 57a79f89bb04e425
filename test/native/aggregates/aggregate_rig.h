// Runs aggregate calls over rows of one key or several, and checks on the way what must hold for
// every aggregate.
//
//   Values({"v INT"}, R"([{"function": "sum", "args": [0], "type": {"kind": "INTEGER"}}])",
//   R"([[1], [null], [2]])")
//     -> {"1", "1", "3"}    the calls' values after each row, joined by " "
//
// Checked: values before a row are those after the row before it; `changed` says where they differ;
// after-only tracking and plain updates agree; so do small batches, a restored snapshot, and
// (insert-only) two halves merged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sabot::test {

struct RigOptions {
  bool retracts = false;  // Rows may carry a kind.
  int key = -1;           // A column that is the key; -1: one key for all rows.
  bool merges = true;     // Whether halves may be merged (not: kinds that take back what the other
                          // half brought).
  bool exact = true;      // Whether a row that changes no value must not be told as a change.
};

// The argument types are taken from the schema ("argTypes" is filled in).
std::vector<std::string> Values(const std::vector<std::string>& schema, std::string_view calls,
                                std::string_view rows, RigOptions options = {});
// The error of the same.
std::string Failure(const std::vector<std::string>& schema, std::string_view calls,
                    std::string_view rows, RigOptions options = {});

}  // namespace sabot::test
