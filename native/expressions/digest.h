// MD5 and the SHA family, ours: a hash of OpenSSL's would bind to the copy that Node exports.
#pragma once

#include <string>
#include <string_view>

namespace sabot {

enum class DigestKind { kMd5, kSha1, kSha224, kSha256, kSha384, kSha512 };

// Writes the digest in lower-case hex, two characters a byte, and returns how many characters;
// `out` has room for 128.
size_t HexDigest(DigestKind kind, std::string_view bytes, char* out);

// The 16 bytes of MD5.
void Md5(std::string_view bytes, unsigned char out[16]);

// The characters of HexDigest.
size_t HexDigestSize(DigestKind kind);

}  // namespace sabot
