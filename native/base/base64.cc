// Base64 as Java's decoder reads and its encoder prints it.
#include "base/base64.h"

#include <array>
#include <cstdint>

namespace sabot {
namespace {

constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> MakeValues() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 64; ++i)
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<int8_t>(i);
  return values;
}
constexpr std::array<int8_t, 256> kValues = MakeValues();

int32_t ValueOf(char c) { return kValues[static_cast<unsigned char>(c)]; }

}  // namespace

void AppendBase64(std::string_view bytes, std::string* out) {
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    uint32_t group = static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << 16;
    if (left > 1) group |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i + 1])) << 8;
    if (left > 2) group |= static_cast<unsigned char>(bytes[i + 2]);
    out->push_back(kLetters[group >> 18]);
    out->push_back(kLetters[group >> 12 & 63]);
    out->push_back(left > 1 ? kLetters[group >> 6 & 63] : '=');
    out->push_back(left > 2 ? kLetters[group & 63] : '=');
  }
}

bool DecodeBase64(std::string_view text, std::string* out) {
  if (text.size() % 4 != 0) return false;
  for (size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const int num_pads = last ? (text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0) : 0;
    int32_t group = 0;
    for (size_t k = 0; k < 4; ++k) {
      const int32_t value = k >= 4 - static_cast<size_t>(num_pads) ? 0 : ValueOf(text[i + k]);
      if (value < 0) return false;
      group = group << 6 | value;
    }
    out->push_back(static_cast<char>(group >> 16));
    if (num_pads < 2) out->push_back(static_cast<char>(group >> 8 & 255));
    if (num_pads < 1) out->push_back(static_cast<char>(group & 255));
  }
  return true;
}

}  // namespace sabot
