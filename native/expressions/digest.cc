// MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4): blocks of 64 or 128 bytes over a padded message.
#include "expressions/digest.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace sabot {
namespace {

template <typename Word>
Word LoadBig(const uint8_t* at) {
  Word word = 0;
  for (size_t i = 0; i < sizeof(Word); ++i) word = static_cast<Word>(word << 8) | at[i];
  return word;
}
template <typename Word>
void StoreBig(Word word, uint8_t* at) {
  for (size_t i = 0; i < sizeof(Word); ++i)
    at[i] = static_cast<uint8_t>(word >> (8 * (sizeof(Word) - 1 - i)));
}

// Calls block(p) for each block of the message padded with 80 00 .. and its length in bits.
template <size_t kBlock, bool kBigEndian, typename F>
void ForEachBlock(std::string_view message, F&& block) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(message.data());
  size_t left = message.size();
  for (; left >= kBlock; left -= kBlock, bytes += kBlock) block(bytes);
  std::array<uint8_t, 2 * kBlock> tail{};
  if (left > 0) std::memcpy(tail.data(), bytes, left);
  tail[left] = 0x80;
  constexpr size_t kLength = kBlock / 8;
  const size_t size = left + 1 + kLength <= kBlock ? kBlock : 2 * kBlock;
  const uint64_t bits = uint64_t{message.size()} * 8;
  if (kBigEndian) {
    StoreBig(bits, tail.data() + size - 8);
  } else {
    std::memcpy(tail.data() + size - 8, &bits, 8);
  }
  block(tail.data());
  if (size > kBlock) block(tail.data() + kBlock);
}

constexpr std::array<uint32_t, 64> kMd5Add = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::array<int, 4>, 4> kMd5Shift = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

constexpr std::array<uint32_t, 64> kSha256Round = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
constexpr std::array<uint64_t, 80> kSha512Round = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

void Sha1(std::string_view bytes, uint8_t* out) {
  std::array<uint32_t, 5> h = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  ForEachBlock<64, true>(bytes, [&](const uint8_t* block) {
    std::array<uint32_t, 80> w;
    for (size_t i = 0; i < 16; ++i) w[i] = LoadBig<uint32_t>(block + 4 * i);
    for (size_t i = 16; i < 80; ++i)
      w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = h;
    for (size_t i = 0; i < 80; ++i) {
      const uint32_t f = i < 20   ? (b & c) | (~b & d)
                         : i < 40 ? b ^ c ^ d
                         : i < 60 ? (b & c) | (b & d) | (c & d)
                                  : b ^ c ^ d;
      const uint32_t k = i < 20   ? 0x5A827999
                         : i < 40 ? 0x6ED9EBA1
                         : i < 60 ? 0x8F1BBCDC
                                  : 0xCA62C1D6;
      const uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
  });
  for (size_t i = 0; i < 5; ++i) StoreBig(h[i], out + 4 * i);
}

// What SHA-256 and SHA-512 differ in.
struct Sha256Form {
  using Word = uint32_t;
  static constexpr const auto& kRound = kSha256Round;
  static constexpr std::array<int, 12> kRotations = {2, 13, 22, 6, 11, 25, 7, 18, 3, 17, 19, 10};
};
struct Sha512Form {
  using Word = uint64_t;
  static constexpr const auto& kRound = kSha512Round;
  static constexpr std::array<int, 12> kRotations = {28, 34, 39, 14, 18, 41, 1, 8, 7, 19, 61, 6};
};

template <typename Form>
void Sha2(std::string_view bytes, std::array<typename Form::Word, 8> h, uint8_t* out) {
  using Word = typename Form::Word;
  constexpr size_t kRounds = Form::kRound.size();
  constexpr const auto& kR = Form::kRotations;
  ForEachBlock<16 * sizeof(Word), true>(bytes, [&](const uint8_t* block) {
    std::array<Word, kRounds> w;
    for (size_t i = 0; i < 16; ++i) w[i] = LoadBig<Word>(block + sizeof(Word) * i);
    for (size_t i = 16; i < kRounds; ++i) {
      const Word s0 =
          std::rotr(w[i - 15], kR[6]) ^ std::rotr(w[i - 15], kR[7]) ^ (w[i - 15] >> kR[8]);
      const Word s1 =
          std::rotr(w[i - 2], kR[9]) ^ std::rotr(w[i - 2], kR[10]) ^ (w[i - 2] >> kR[11]);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    std::array<Word, 8> v = h;
    for (size_t i = 0; i < kRounds; ++i) {
      const Word s1 = std::rotr(v[4], kR[3]) ^ std::rotr(v[4], kR[4]) ^ std::rotr(v[4], kR[5]);
      const Word choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
      const Word t1 = v[7] + s1 + choice + Form::kRound[i] + w[i];
      const Word s0 = std::rotr(v[0], kR[0]) ^ std::rotr(v[0], kR[1]) ^ std::rotr(v[0], kR[2]);
      const Word majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
      v = {t1 + s0 + majority, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]};
    }
    for (size_t i = 0; i < 8; ++i) h[i] += v[i];
  });
  for (size_t i = 0; i < 8; ++i) StoreBig(h[i], out + sizeof(Word) * i);
}

constexpr std::array<uint32_t, 8> kSha224Start = {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939,
                                                  0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4};
constexpr std::array<uint32_t, 8> kSha256Start = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr std::array<uint64_t, 8> kSha384Start = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};
constexpr std::array<uint64_t, 8> kSha512Start = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

}  // namespace

void Md5(std::string_view bytes, unsigned char out[16]) {
  std::array<uint32_t, 4> h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  ForEachBlock<64, false>(bytes, [&](const uint8_t* block) {
    std::array<uint32_t, 16> m;
    std::memcpy(m.data(), block, 64);
    auto [a, b, c, d] = h;
    for (size_t i = 0; i < 64; ++i) {
      const size_t round = i / 16;
      const uint32_t f = round == 0   ? (b & c) | (~b & d)
                         : round == 1 ? (d & b) | (~d & c)
                         : round == 2 ? b ^ c ^ d
                                      : c ^ (b | ~d);
      const size_t g = (round == 0   ? i
                        : round == 1 ? 5 * i + 1
                        : round == 2 ? 3 * i + 5
                                     : 7 * i) %
                       16;
      const uint32_t next = b + std::rotl(a + f + kMd5Add[i] + m[g], kMd5Shift[round][i % 4]);
      a = d;
      d = c;
      c = b;
      b = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
  });
  std::memcpy(out, h.data(), 16);
}

size_t HexDigestSize(DigestKind kind) {
  constexpr std::array<size_t, 6> kSizes = {32, 40, 56, 64, 96, 128};
  return kSizes[static_cast<size_t>(kind)];
}

size_t HexDigest(DigestKind kind, std::string_view bytes, char* out) {
  uint8_t digest[64];
  switch (kind) {
    case DigestKind::kMd5:
      Md5(bytes, digest);
      break;
    case DigestKind::kSha1:
      Sha1(bytes, digest);
      break;
    case DigestKind::kSha224:
      Sha2<Sha256Form>(bytes, kSha224Start, digest);
      break;
    case DigestKind::kSha256:
      Sha2<Sha256Form>(bytes, kSha256Start, digest);
      break;
    case DigestKind::kSha384:
      Sha2<Sha512Form>(bytes, kSha384Start, digest);
      break;
    case DigestKind::kSha512:
      Sha2<Sha512Form>(bytes, kSha512Start, digest);
      break;
  }
  const size_t size = HexDigestSize(kind);
  constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < size; ++i) out[i] = kHex[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  return size;
}

}  // namespace sabot
