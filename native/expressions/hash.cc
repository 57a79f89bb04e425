// MD5, SHA1, SHA224 .. SHA512, SHA2 of text or bytes, as lower-case hex; UUID.
#include <sys/random.h>

#include "expressions/any_integer.h"
#include "expressions/digest.h"
#include "expressions/lift.h"

namespace sabot {
namespace {

using Text = std::string_view;

void AppendDigest(DigestKind kind, Text bytes, TextWriter& out) {
  HexDigest(kind, bytes, out.Grow(HexDigestSize(kind)));
}

template <DigestKind kKind>
KernelResult BindDigest(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call,
                          [](Text bytes, TextWriter& out) { AppendDigest(kKind, bytes, out); });
}

arrow::Result<DigestKind> Sha2Kind(int64_t bits) {
  switch (bits) {
    case 224:
      return DigestKind::kSha224;
    case 256:
      return DigestKind::kSha256;
    case 384:
      return DigestKind::kSha384;
    case 512:
      return DigestKind::kSha512;
    default:
      return arrow::Status::Invalid("SHA2: the length must be 224, 256, 384 or 512 bits, not ",
                                    bits);
  }
}
KernelResult BindSha2(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, AnyInteger>(
      call, [](Text bytes, AnyInteger bits, TextWriter& out) -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(const DigestKind kind, Sha2Kind(bits.value));
        AppendDigest(kind, bytes, out);
        return arrow::Status::OK();
      });
}

// UUID() has a fresh version 4 per row; UUID(bytes) the version 3 of Java's nameUUIDFromBytes.
void AppendUuid(unsigned char* id, unsigned version, TextWriter& out) {
  id[6] = static_cast<unsigned char>((id[6] & 0x0F) | version << 4);
  id[8] = static_cast<unsigned char>((id[8] & 0x3F) | 0x80);
  constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.Append('-');
    out.Append(kHex[id[i] >> 4]);
    out.Append(kHex[id[i] & 15]);
  }
}
KernelResult BindUuid(const Expression& call, const SessionContext&) {
  if (call.args.size() == 1) {
    return Lift<Text, Text>(call, [](Text bytes, TextWriter& out) {
      unsigned char id[16];
      Md5(bytes, id);
      AppendUuid(id, 3, out);
    });
  }
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector>,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto out, TextWriter::Make(rows, rows * 36));
    for (int64_t row = 0; row < rows; ++row) {
      unsigned char id[16];
      if (getrandom(id, sizeof id, 0) != sizeof id)
        return arrow::Status::IOError("UUID: no random bytes");
      AppendUuid(id, 4, out);
      out.EndRow();
    }
    return out.Finish(type, nullptr);
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "md5", .bind = BindDigest<DigestKind::kMd5>},
    {.name = "sha1", .bind = BindDigest<DigestKind::kSha1>},
    {.name = "sha224", .bind = BindDigest<DigestKind::kSha224>},
    {.name = "sha256", .bind = BindDigest<DigestKind::kSha256>},
    {.name = "sha384", .bind = BindDigest<DigestKind::kSha384>},
    {.name = "sha512", .bind = BindDigest<DigestKind::kSha512>},
    {.name = "sha2", .selective = true, .bind = BindSha2},
    {.name = "uuid", .bind = BindUuid, .deterministic = false},
};

}  // namespace

std::span<const FunctionSpec> HashFunctions() { return kFunctions; }

}  // namespace sabot
