// What has changed between the state that a checkpoint has of an operator and the state that a plan
// gives it.
//
//   was  [price BIGINT, COUNT(*) BIGINT]    is  [price INTEGER]
//     ->  "'price' was BIGINT and is INTEGER; 'COUNT(*)' (BIGINT) is gone"
#pragma once

#include <string>
#include <vector>

#include "checkpoint/manifest.h"

namespace sabot {

// Empty: the types agree, one by one. Where either side does not say what it holds, nothing is
// compared.
std::string DescribeChange(const std::vector<StateField>& was, const std::vector<StateField>& is);
// Of fields whose types agree: those that go by another name now. Empty: none do.
std::string DescribeRenamed(const std::vector<StateField>& was, const std::vector<StateField>& is);

}  // namespace sabot
