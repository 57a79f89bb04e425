// Timestamps with digits below their unit, as whole nanoseconds.
#include "expressions/exact_timestamp.h"

#include <limits>

namespace sabot {
namespace {

class ByRemainders final : public Kernel {
 public:
  ByRemainders(KernelPtr by_ticks, KernelPtr by_nanos)
      : by_ticks_(std::move(by_ticks)), by_nanos_(std::move(by_nanos)) {}

  arrow::Result<Vector> Run(std::span<const Vector> args, int64_t length) override {
    const bool exact = std::any_of(args.begin(), args.end(), [](const Vector& arg) {
      return RemaindersOf(*arg.array->data()) != nullptr;
    });
    return (exact ? by_nanos_ : by_ticks_)->Run(args, length);
  }

 private:
  KernelPtr by_ticks_;
  KernelPtr by_nanos_;
};

class Mover final : public Kernel {
 public:
  Mover(KernelPtr by_ticks, size_t moved) : by_ticks_(std::move(by_ticks)), moved_(moved) {}

  arrow::Result<Vector> Run(std::span<const Vector> args, int64_t length) override {
    ARROW_ASSIGN_OR_RAISE(auto result, by_ticks_->Run(args, length));
    const Vector& from = args[moved_];
    const int32_t* const remainders = RemaindersOf(*from.array->data());
    if (remainders == nullptr || result.constant) return result;
    std::vector<int32_t> kept(static_cast<size_t>(length));
    for (int64_t row = 0; row < length; ++row)
      kept[static_cast<size_t>(row)] = remainders[from.at(row)];
    return Vector{AttachRemainders(result.array, std::move(kept)), false};
  }

 private:
  KernelPtr by_ticks_;
  size_t moved_;
};

class Widener final : public Kernel {
 public:
  Widener(const Expression& call, KernelPtr by_ticks, KernelPtr by_nanos)
      : type_(call.args[0].type), by_ticks_(std::move(by_ticks)), by_nanos_(std::move(by_nanos)) {}

  arrow::Result<Vector> Run(std::span<const Vector> args, int64_t length) override {
    const Vector& from = args[0];
    if (RemaindersOf(*from.array->data()) == nullptr) return by_ticks_->Run(args, length);
    const int64_t rows = from.array->length();
    const NanosReader nanos(from, type_);
    ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<int64_t>::Make(rows));
    for (int64_t row = 0; row < rows; ++row) {
      const Int128 value = from.array->IsNull(row) ? 0 : nanos[row];
      if (value < std::numeric_limits<int64_t>::min() ||
          value > std::numeric_limits<int64_t>::max()) {
        return by_ticks_->Run(args, length);
      }
      writer.Set(row, static_cast<int64_t>(value));
    }
    Type wide = type_;
    wide.precision = 9;
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args.first(1), {}, rows));
    std::vector<Vector> widened(args.begin(), args.end());
    if (validity.none) {
      ARROW_ASSIGN_OR_RAISE(widened[0].array, arrow::MakeArrayOfNull(ToArrow(wide), rows));
    } else {
      widened[0].array = writer.Finish(ToArrow(wide), std::move(validity.bits));
    }
    return by_nanos_->Run(widened, length);
  }

 private:
  Type type_;
  KernelPtr by_ticks_;
  KernelPtr by_nanos_;
};

}  // namespace

KernelPtr OnRemainders(KernelPtr by_ticks, KernelPtr by_nanos) {
  return std::make_unique<ByRemainders>(std::move(by_ticks), std::move(by_nanos));
}

KernelPtr KeepRemainders(KernelPtr by_ticks, size_t moved) {
  return std::make_unique<Mover>(std::move(by_ticks), moved);
}

KernelResult BindAtNanos(const Expression& call, const SessionContext& session,
                         decltype(FunctionSpec::bind) bind) {
  ARROW_ASSIGN_OR_RAISE(auto by_ticks, bind(call, session));
  if (!call.args[0].type.is_timestamp()) return by_ticks;
  Expression wide = call;
  wide.args[0].type.precision = 9;
  ARROW_ASSIGN_OR_RAISE(auto by_nanos, bind(wide, session));
  return std::make_unique<Widener>(call, std::move(by_ticks), std::move(by_nanos));
}

}  // namespace sabot
