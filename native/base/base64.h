// Base64 (RFC 4648, with padding, one line): how Flink's formats write BYTES.
#pragma once

#include <string>
#include <string_view>

namespace sabot {

void AppendBase64(std::string_view bytes, std::string* out);
// False where the text is not base64; *out is then unspecified.
bool DecodeBase64(std::string_view text, std::string* out);

}  // namespace sabot
