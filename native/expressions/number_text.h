// Numbers as text, in Java's forms: what CAST, CSV and JSON read and write. (Decimals: decimal.h.)
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabot {

// Double.toString: "1.0", "1.0E7", "9.99E-4", "NaN", "-Infinity"; the shortest digits that read back, as Java has
// written them since 19. Room for kFloatingTextMax bytes at `to`; return the end.
inline constexpr size_t kFloatingTextMax = 32;
char* FormatDouble(double value, char* to);
char* FormatFloat(float value, char* to);

// Double.parseDouble: blanks around, "1.", ".5", "1e3", "1d", "0x1p3", "NaN", "-Infinity".
std::optional<double> ParseDouble(std::string_view text);
std::optional<float> ParseFloat(std::string_view text);

// CAST(text AS INT and the like): a sign, digits, and a fraction that is checked and dropped; no blanks (CAST trims
// before). `error` is Flink's reason.
enum class IntegerTextError { kNone, kEmpty, kOnlySign, kInvalidCharacter, kOverflow };
IntegerTextError ParseInteger(std::string_view text, int64_t* value);
const char* Reason(IntegerTextError error);

}  // namespace sabot
