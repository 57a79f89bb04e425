// The one list of operators.
#pragma once

#include <span>
#include <string_view>

#include "stream/operator.h"

namespace sabot {

// nullptr where no operator has that name.
const OperatorSpec* FindOperator(std::string_view name);
std::span<const OperatorSpec* const> AllOperators();

}  // namespace sabot
