// fdlibm's algorithms: a polynomial or rational approximation per range, in this order of
// operations.
#include "expressions/java_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace sabot {
namespace {

constexpr double kPi = 3.14159265358979311600e+00;
constexpr double kHalfPi = 1.57079632679489655800e+00;
constexpr double kHalfPiLow = 6.12323399573676603587e-17;
constexpr double kPiLow = 1.2246467991473531772e-16;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

uint64_t Bits(double x) { return std::bit_cast<uint64_t>(x); }
double WithoutLowWord(double x) { return std::bit_cast<double>(Bits(x) & 0xFFFF'FFFF'0000'0000u); }
// x times 2^k, by adding to the exponent.
double Scaled(double x, int k) {
  return std::bit_cast<double>(Bits(x) + (static_cast<uint64_t>(static_cast<int64_t>(k)) << 52));
}
// c[0] + x (c[1] + x (c[2] + ...)).
double Polynomial(double x, std::span<const double> c) {
  double sum = c.back();
  for (size_t i = c.size() - 1; i-- > 0;) sum = c[i] + x * sum;
  return sum;
}

// --- exponentials ---

constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kInverseLn2 = 1.44269504088896338700e+00;

double Exp(double x) {
  static constexpr double kCoefficients[] = {
      1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05,
      -1.65339022054652515390e-06, 4.13813679705723846039e-08};
  const double size = std::fabs(x);
  if (size > 709.782712893383973096) return std::exp(x);
  double high = 0;
  double low = 0;
  int k = 0;
  if (size > 0.5 * kLn2High) {
    const double sign = x < 0 ? -1 : 1;
    if (size < 1.5 * kLn2High) {
      high = x - sign * kLn2High;
      low = sign * kLn2Low;
      k = x < 0 ? -1 : 1;
    } else {
      k = static_cast<int>(kInverseLn2 * x + sign * 0.5);
      high = x - k * kLn2High;
      low = k * kLn2Low;
    }
    x = high - low;
  } else if (size < 0x1p-28) {
    return 1 + x;
  }
  const double t = x * x;
  const double c = x - t * Polynomial(t, kCoefficients);
  if (k == 0) return 1 - ((x * c) / (c - 2) - x);
  const double y = 1 - ((low - (x * c) / (2 - c)) - high);
  return k >= -1021 ? Scaled(y, k) : Scaled(y, k + 1000) * 9.33263618503218878990e-302;
}

// e^x - 1 of x in 0..56 ln 2; what JavaSinh and JavaCosh need.
double ExpMinus1(double x) {
  static constexpr double kCoefficients[] = {1.0,
                                             -3.33333333333331316428e-02,
                                             1.58730158725481460165e-03,
                                             -7.93650757867487942473e-05,
                                             4.00821782732936239552e-06,
                                             -2.01099218183624371326e-07};
  double c = 0;
  int k = 0;
  if (x > 0.5 * kLn2High) {
    const double turns = kInverseLn2 * x + 0.5;
    k = x < 1.5 * kLn2High ? 1 : static_cast<int>(turns);
    const double high = x - k * kLn2High;
    const double low = k * kLn2Low;
    x = high - low;
    c = (high - x) - low;
  } else if (x < 0x1p-54) {
    return x;
  }
  const double half = 0.5 * x;
  const double square = x * half;
  const double r1 = Polynomial(square, kCoefficients);
  const double t = 3.0 - r1 * half;
  double e = square * ((r1 - t) / (6.0 - x * t));
  if (k == 0) return x - (x * e - square);
  e = (x * (e - c) - c) - square;
  if (k == 1) return x < -0.25 ? -2.0 * (e - (x + 0.5)) : 1.0 + 2.0 * (x - e);
  if (k <= -2 || k > 56) return Scaled(1.0 - (e - x), k) - 1.0;
  if (k < 20) return Scaled((1.0 - std::ldexp(1.0, -k)) - (e - x), k);
  return Scaled((x - (e + std::ldexp(1.0, -k))) + 1.0, k);
}

// --- arcs ---

constexpr double kArcNumerator[] = {1.66666666666666657415e-01, -3.25565818622400915405e-01,
                                    2.01212532134862925881e-01, -4.00555345006794114027e-02,
                                    7.91534994289814532176e-04, 3.47933107596021167570e-05};
constexpr double kArcDenominator[] = {1.0, -2.40339491173441421878e+00, 2.02094576023350569471e+00,
                                      -6.88283971605453293030e-01, 7.70381505559019352791e-02};

// (asin(x) - x) / x of the square root x of t.
double ArcRatio(double t) {
  return t * Polynomial(t, kArcNumerator) / Polynomial(t, kArcDenominator);
}

}  // namespace

double JavaAsin(double x) {
  const double size = std::fabs(x);
  if (size > 1 || std::isnan(x)) return kNaN;
  if (size == 1) return x * kHalfPi + x * kHalfPiLow;
  if (size < 0.5) return size < 0x1p-27 ? x : x + x * ArcRatio(x * x);
  const double t = (1 - size) * 0.5;
  const double r = ArcRatio(t);
  const double s = std::sqrt(t);
  double result = 0;
  // fdlibm compares the high words: 0x3FEF3333 begins just above 0.975.
  if (Bits(size) >> 32 >= 0x3FEF3333) {
    result = kHalfPi - (2.0 * (s + s * r) - kHalfPiLow);
  } else {
    const double w = WithoutLowWord(s);
    const double c = (t - w * w) / (s + w);
    const double p = 2.0 * s * r - (kHalfPiLow - 2.0 * c);
    const double q = 0.25 * kPi - 2.0 * w;
    result = 0.25 * kPi - (p - q);
  }
  return x > 0 ? result : -result;
}

double JavaAcos(double x) {
  const double size = std::fabs(x);
  if (size > 1 || std::isnan(x)) return kNaN;
  if (size == 1) return x > 0 ? 0.0 : kPi + 2.0 * kHalfPiLow;
  if (size < 0.5) {
    if (size <= 0x1p-57) return kHalfPi + kHalfPiLow;
    return kHalfPi - (x - (kHalfPiLow - x * ArcRatio(x * x)));
  }
  const double t = (1 - size) * 0.5;
  const double s = std::sqrt(t);
  const double r = ArcRatio(t);
  if (x < 0) return kPi - 2.0 * (s + (r * s - kHalfPiLow));
  const double high = WithoutLowWord(s);
  const double c = (t - high * high) / (s + high);
  return 2.0 * (high + (r * s + c));
}

double JavaAtan(double x) {
  static constexpr double kHigh[] = {4.63647609000806093515e-01, 7.85398163397448278999e-01,
                                     9.82793723247329054082e-01, kHalfPi};
  static constexpr double kLow[] = {2.26987774529616870924e-17, 3.06161699786838301793e-17,
                                    1.39033110312309984516e-17, kHalfPiLow};
  static constexpr double kEven[] = {3.33333333333329318027e-01, 1.42857142725034663711e-01,
                                     9.09088713343650656196e-02, 6.66107313738753120669e-02,
                                     4.97687799461593236017e-02, 1.62858201153657823623e-02};
  static constexpr double kOdd[] = {-1.99999999998764832476e-01, -1.11111104054623557880e-01,
                                    -7.69187620504482999495e-02, -5.83357013379057348645e-02,
                                    -3.65315727442169155270e-02};
  if (std::isnan(x)) return x;
  const double size = std::fabs(x);
  if (size >= 0x1p66) return x > 0 ? kHalfPi + kHalfPiLow : -kHalfPi - kHalfPiLow;
  int range = -1;
  double at = x;
  if (size < 0.4375) {
    if (size < 0x1p-29) return x;
  } else if (size < 0.6875) {
    range = 0;
    at = (2.0 * size - 1.0) / (2.0 + size);
  } else if (size < 1.1875) {
    range = 1;
    at = (size - 1.0) / (size + 1.0);
  } else if (size < 2.4375) {
    range = 2;
    at = (size - 1.5) / (1.0 + 1.5 * size);
  } else {
    range = 3;
    at = -1.0 / size;
  }
  const double z = at * at;
  const double w = z * z;
  const double sum = z * Polynomial(w, kEven) + w * Polynomial(w, kOdd);
  if (range < 0) return at - at * sum;
  const double result = kHigh[range] - ((at * sum - kLow[range]) - at);
  return x < 0 ? -result : result;
}

double JavaAtan2(double y, double x) {
  if (std::isnan(x) || std::isnan(y)) return x + y;
  if (x == 1.0) return JavaAtan(y);
  if (y == 0 || x == 0 || std::isinf(x) || std::isinf(y)) return std::atan2(y, x);
  const auto exponent = [](double v) { return static_cast<int>(Bits(v) >> 52 & 0x7FF); };
  // Of the high words, as fdlibm has it; 60 binary orders apart one of them does not count.
  const int apart = exponent(y) - exponent(x);
  double z = 0;
  if (apart > 60) {
    z = kHalfPi + 0.5 * kPiLow;
  } else if (x < 0 && apart < -60) {
    z = 0;
  } else {
    z = JavaAtan(std::fabs(y / x));
  }
  if (x > 0) return y > 0 ? z : -z;
  return y > 0 ? kPi - (z - kPiLow) : (z - kPiLow) - kPi;
}

double JavaSinh(double x) {
  const double size = std::fabs(x);
  const double half = x < 0 ? -0.5 : 0.5;
  if (size < 22) {
    if (size < 0x1p-28) return x;
    const double t = ExpMinus1(size);
    return size < 1 ? half * (2.0 * t - t * t / (t + 1.0)) : half * (t + t / (t + 1.0));
  }
  if (size < 709.78) return half * Exp(size);
  if (size > 710.4758600739439 || std::isnan(x)) return x * 1.0e307 * 1.0e307;
  const double w = Exp(0.5 * size);
  return half * w * w;
}

double JavaCosh(double x) {
  const double size = std::fabs(x);
  if (size < 0.5 * kLn2High) {
    const double t = ExpMinus1(size);
    const double w = 1.0 + t;
    return size < 0x1p-55 ? w : 1.0 + (t * t) / (w + w);
  }
  if (size < 22) {
    const double t = Exp(size);
    return 0.5 * t + 0.5 / t;
  }
  if (size < 709.78) return 0.5 * Exp(size);
  if (size > 710.4758600739439 || std::isnan(x)) return x * x * 1.0e307;
  const double w = Exp(0.5 * size);
  return 0.5 * w * w;
}

double JavaLog10(double x) { return static_cast<double>(std::log10(static_cast<long double>(x))); }

}  // namespace sabot
