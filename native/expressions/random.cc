// Random numbers: RAND, RAND_INTEGER, with the numbers that Java's generator gives for a seed.
#include <random>
#include <span>

#include "base/error.h"
#include "expressions/lift.h"

namespace sabot {
namespace {

// java.util.Random: RAND(seed) gives Flink's numbers.
class JavaRandom {
 public:
  explicit JavaRandom(int64_t seed) : state_((static_cast<uint64_t>(seed) ^ kMultiplier) & kMask) {}
  double NextDouble() {
    const int64_t high = int64_t{Next(26)} << 27;
    return static_cast<double>(high + Next(27)) * 0x1.0p-53;
  }
  // bound is positive.
  int32_t NextInt(int32_t bound) {
    int32_t bits = Next(31);
    const int32_t last = bound - 1;
    if ((bound & last) == 0) return static_cast<int32_t>((int64_t{bound} * bits) >> 31);
    for (int32_t value = bits % bound;; bits = Next(31), value = bits % bound) {
      // Beyond the last whole multiple of bound: draw again.
      if (int64_t{bits} - value + last <= std::numeric_limits<int32_t>::max()) return value;
    }
  }

 private:
  static constexpr uint64_t kMultiplier = 0x5DEECE66D;
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  int32_t Next(int bits) {
    state_ = (state_ * kMultiplier + 0xB) & kMask;
    return static_cast<int32_t>(static_cast<uint32_t>(state_ >> (48 - bits)));
  }
  uint64_t state_;
};

int64_t FreshSeed() {
  std::random_device device;
  return static_cast<int64_t>(uint64_t{device()} << 32 | device());
}

arrow::Result<int32_t> DrawBelow(JavaRandom* random, int32_t bound) {
  if (bound <= 0)
    return UserError("runtime-arithmetic", std::to_string(bound), "bound must be positive");
  return random->NextInt(bound);
}

// A value for every row, even where all arguments are constant.
template <typename F>
class RandomKernel final : public Kernel {
 public:
  explicit RandomKernel(F f) : f_(std::move(f)) {}
  arrow::Result<Vector> Run(std::span<const Vector> args, int64_t length) override {
    ARROW_ASSIGN_OR_RAISE(ArrayPtr array, f_(args, length));
    return Vector{std::move(array), false};
  }

 private:
  F f_;
};

// RAND(), RAND(seed); RAND_INTEGER(bound), RAND_INTEGER(seed, bound). A literal seed starts one
// sequence; a seed that varies starts one for every row.
template <typename T, bool bounded>
KernelResult BindRandom(const Expression& call, const SessionContext&) {
  const size_t seeded_size = bounded ? 2 : 1;
  if (call.args.size() != seeded_size && call.args.size() + 1 != seeded_size)
    return NoSuchCall(call);
  for (const Expression& arg : call.args) {
    if (arg.type.kind != TypeKind::kInteger) return NoSuchCall(call);
  }
  const bool seeded = call.args.size() == seeded_size;
  const auto literal = seeded ? IntegerLiteral(call.args[0]) : std::nullopt;
  auto run = [type = ToArrow(call.type), seeded, one_sequence = !seeded || literal.has_value(),
              random = JavaRandom(literal.value_or(seeded ? 0 : FreshSeed()))](
                 std::span<const Vector> args, int64_t rows) mutable -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<T>::Make(std::move(validity), rows));
    std::optional<Reader<int32_t>> seeds;
    std::optional<Reader<int32_t>> bounds;
    if (seeded) seeds.emplace(args[0]);
    if (bounded) bounds.emplace(args.back());
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> arrow::Result<T> {
      if (!one_sequence) random = JavaRandom((*seeds)[row]);
      if constexpr (bounded) {
        return DrawBelow(&random, (*bounds)[row]);
      } else {
        return random.NextDouble();
      }
    }));
    return sink.Finish(type);
  };
  return std::make_unique<RandomKernel<decltype(run)>>(std::move(run));
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "rand", .bind = &BindRandom<double, false>, .deterministic = false},
    {.name = "rand_integer",
     .selective = true,
     .bind = &BindRandom<int32_t, true>,
     .deterministic = false},
};

}  // namespace

std::span<const FunctionSpec> RandomFunctions() { return kFunctions; }

}  // namespace sabot
