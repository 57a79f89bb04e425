// Arithmetic with intervals.
#include "expressions/arithmetic.h"
namespace sabot {
KernelResult BindIntervalPlus(const Expression& call, const SessionContext&) {
  return NoSuchCall(call);
}
KernelResult BindIntervalMinus(const Expression& call, const SessionContext&) {
  return NoSuchCall(call);
}
KernelResult BindIntervalTimes(const Expression& call, const SessionContext&) {
  return NoSuchCall(call);
}
KernelResult BindIntervalDivide(const Expression& call, const SessionContext&) {
  return NoSuchCall(call);
}
KernelResult BindIntervalMod(const Expression& call, const SessionContext&) {
  return NoSuchCall(call);
}
}  // namespace sabot
