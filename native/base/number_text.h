// Numbers as text: as Java prints them and as Flink's formats read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sabot {

__extension__ typedef __int128 Int128;

// These write to `to`, which has room for kNumberTextMax bytes, and return the end; the Append
// forms below say what.
inline constexpr size_t kNumberTextMax = 48;
char* FormatDouble(double value, char* to);
char* FormatFloat(float value, char* to);
char* FormatDecimal(Int128 unscaled, int32_t scale, char* to);

// The shortest digits that read back, in Java's look: 1.0, 1.0E10, 3.0E-5, NaN, -Infinity.
void AppendDouble(double value, std::string* out);
void AppendFloat(float value, std::string* out);
void AppendInteger(int64_t value, std::string* out);
// Plain digits with exactly `scale` of them after the point: 12.30, 0.05, -1.
void AppendDecimal(Int128 unscaled, int32_t scale, std::string* out);
// As Java's BigDecimal prints itself: plain, or 1E-10 where the exponent is below -6.
void AppendJavaDecimal(Int128 unscaled, int32_t scale, std::string* out);
// The same without trailing zeros: 1E+1, 120.5, 0, 1E-10.
void AppendDecimalStripped(Int128 unscaled, int32_t scale, std::string* out);

// Double.parseDouble, Float.parseFloat: blanks around it, a trailing d or f, hexadecimal, NaN,
// Infinity; too large is infinite.
bool ParseJavaDouble(std::string_view text, double* value);
bool ParseJavaFloat(std::string_view text, float* value);
// Long.parseLong of trimmed text: an optional sign and decimal digits. False where it does not fit.
bool ParseJavaLong(std::string_view text, int64_t* value);

enum class DecimalParse : uint8_t { kOk, kOverflow, kMalformed };
// new BigDecimal(trimmed text) as DECIMAL(precision, scale): excess digits rounded HALF_UP;
// kOverflow where it does not fit.
DecimalParse ParseDecimal(std::string_view text, int32_t precision, int32_t scale,
                          Int128* unscaled);

// Without blanks and control characters at both ends, as Java's String.trim.
std::string_view TrimJava(std::string_view text);

}  // namespace sabot
