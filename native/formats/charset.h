// Text in other encodings than UTF-8, as Java's decoders and encoders treat it.
//
//   ISO-8859-1 "h\xe9"  <->  "hé"
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sabot {

enum class Charset : uint8_t { kUtf8, kAscii, kLatin1, kUtf16, kUtf16Be, kUtf16Le };

// By any of Java's names for it ("UTF-8", "utf8", "latin1"); nullopt: not one of ours.
std::optional<Charset> FindCharset(std::string_view name);

// Appends `bytes` as UTF-8; what is malformed becomes U+FFFD.
void AppendAsUtf8(std::string_view bytes, Charset charset, std::string* out);
// Appends UTF-8 text in `charset`; what it has no bytes for becomes '?'. UTF-16 begins with a byte
// order mark and is big-endian, unless it is empty.
void AppendInCharset(std::string_view text, Charset charset, std::string* out);

}  // namespace sabot
