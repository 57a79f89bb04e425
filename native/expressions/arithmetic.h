// What arithmetic dispatches to by the types of a call.
#pragma once

#include "expressions/lift.h"

namespace sabot {

arrow::Status DivisionByZero();

// decimal.cc: a call of DECIMAL result, operands DECIMAL or exact integers.
KernelResult BindDecimalPlus(const Expression& call);
KernelResult BindDecimalMinus(const Expression& call);
KernelResult BindDecimalTimes(const Expression& call);
KernelResult BindDecimalDivide(const Expression& call);
KernelResult BindDecimalMod(const Expression& call);

// interval_arithmetic.cc: (TIMESTAMP | DATE | TIME | INTERVAL) with INTERVAL, INTERVAL with number.
KernelResult BindIntervalPlus(const Expression& call, const SessionContext& session);
KernelResult BindIntervalMinus(const Expression& call, const SessionContext& session);
KernelResult BindIntervalTimes(const Expression& call, const SessionContext& session);
KernelResult BindIntervalDivide(const Expression& call, const SessionContext& session);
KernelResult BindIntervalMod(const Expression& call, const SessionContext& session);

}  // namespace sabot
