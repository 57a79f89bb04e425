// The raw format: one value is a whole record. The answers were given by Flink 2.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/decode_messages.h"

namespace sabot::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Schema One(std::string_view kind) {
  return Columns(R"([{"name": "v", "type": {"kind": ")" + std::string(kind) + "\"}}]");
}

std::vector<std::string> Read(std::string_view kind, std::string_view text,
                              std::string_view options = "{}") {
  const Decoded decoded = DecodeText("raw", One(kind), text, options);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  return decoded.lines;
}

using namespace std::literals;

TEST(Raw, EveryLineIsAValue) {
  EXPECT_THAT(
      Read("VARCHAR", "hello\n\nw\xC3\xB6rld\r\nlast"),
      ElementsAre(R"({"v":"hello"})", R"({"v":""})", R"({"v":"wörld"})", R"({"v":"last"})"));
  EXPECT_THAT(Read("VARBINARY", "h\xE9\n\xFF\xFE\n"),
              ElementsAre(R"({"v":"68e9"})", R"({"v":"fffe"})"));
}

TEST(Raw, NumbersHaveTheBytesOfTheirType) {
  const std::string_view two = "\0\0\0\1\n\0\0\0\2\n"sv;
  EXPECT_THAT(Read("INTEGER", two), ElementsAre(R"({"v":1})", R"({"v":2})"));
  EXPECT_THAT(Read("INTEGER", two, R"({"raw.endianness": "little-endian"})"),
              ElementsAre(R"({"v":16777216})", R"({"v":33554432})"));
  EXPECT_THAT(Read("DOUBLE", "\x3F\xF8\0\0\0\0\0\0\n"sv), ElementsAre(R"({"v":1.5})"));
  EXPECT_THAT(Read("FLOAT", "\0\0\xC0\x3F\n"sv, R"({"raw.endianness": "little-endian"})"),
              ElementsAre(R"({"v":1.5})"));
  EXPECT_THAT(Read("SMALLINT", "\xFF\xFE\n"), ElementsAre(R"({"v":-2})"));
  EXPECT_THAT(Read("TINYINT", "\x80\n"), ElementsAre(R"({"v":-128})"));
  EXPECT_THAT(Read("BOOLEAN", "\1\n\0\n\7\n"sv),
              ElementsAre(R"({"v":true})", R"({"v":false})", R"({"v":true})"));
  EXPECT_THAT(Read("BIGINT", "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
              ElementsAre(R"({"v":9223372036854775807})"));
  EXPECT_THAT(DecodeText("raw", One("INTEGER"), "\0\0\0\1\n\0\0\1\n"sv).status.message(),
              AllOf(HasSubstr("in, line 2"), HasSubstr("a value of type INT has 4 bytes, not 3")));
}

TEST(Raw, TextHasACharset) {
  EXPECT_THAT(Read("VARCHAR", "h\xE9\n\xFF\xFE\n"),
              ElementsAre("{\"v\":\"h\uFFFD\"}", "{\"v\":\"\uFFFD\uFFFD\"}"));
  EXPECT_THAT(Read("VARCHAR", "h\xE9\n\xFF\xFE\n", R"({"raw.charset": "ISO-8859-1"})"),
              ElementsAre(R"({"v":"hé"})", R"({"v":"ÿþ"})"));
  EXPECT_THAT(Read("VARCHAR", "a\xE2\x82z\xF0\x9F\x98\x80\n"),
              ElementsAre("{\"v\":\"a\uFFFDz😀\"}"));
  EXPECT_THAT(Read("VARCHAR", "h\xE9\n", R"({"raw.charset": "us-ascii"})"),
              ElementsAre("{\"v\":\"h\uFFFD\"}"));
  EXPECT_THAT(DecodeMessages("raw", One("VARCHAR"),
                             {"\xFE\xFF\0h\xD8\x3D\xDE\0"sv, "\xFF\xFEh\0"sv, "\0h\0"sv, ""sv},
                             R"({"raw.charset": "UTF-16"})")
                  .rows,
              ElementsAre("0: {\"v\":\"h😀\"}", "1: {\"v\":\"h\"}", "2: {\"v\":\"h\uFFFD\"}",
                          "3: {\"v\":\"\"}"));
  EXPECT_THAT(
      DecodeText("raw", One("VARCHAR"), "", R"({"raw.charset": "EBCDIC"})").status.message(),
      HasSubstr("no charset 'EBCDIC'; known: UTF-8"));
}

TEST(Raw, OneColumnOfATypeWithBytes) {
  EXPECT_THAT(DecodeText("raw", One("DATE"), "").status.message(),
              HasSubstr("has no bytes for column 'v' of type DATE"));
  EXPECT_FALSE(DecodeText("raw", {One("INTEGER")[0], One("INTEGER")[0]}, "").status.ok());
}

TEST(Raw, MessagesAreWholeValuesAndNull) {
  const auto decoded = DecodeMessages("raw", One("VARCHAR"), {"two\nlines\r\n", kNull, ""sv});
  EXPECT_THAT(decoded.rows, ElementsAre("0: {\"v\":\"two\\nlines\\r\\n\"}", "1: {\"v\":null}",
                                        "2: {\"v\":\"\"}"));
  const auto numbers = DecodeMessages("raw", One("INTEGER"), {"\0\0\0\1"sv, "1"sv, kNull});
  EXPECT_THAT(numbers.rows, ElementsAre("0: {\"v\":1}", "2: {\"v\":null}"));
  EXPECT_THAT(numbers.refusals, ElementsAre("1 at 1: a value of type INT has 4 bytes, not 1"));
}

TEST(Raw, TextMayComeInAnyPieces) {
  const std::string_view text = "hello\n\nworld\r\nlast";
  const auto whole = Read("VARCHAR", text);
  for (const size_t piece : {1, 3, 7}) {
    for (const int64_t rows_max : {1, 2, 100}) {
      EXPECT_EQ(DecodeText("raw", One("VARCHAR"), text, "{}", piece, rows_max).lines, whole);
    }
  }
}

Batch Values(std::string_view kind, std::string_view text) {
  auto decoder = MakeDecoder("json", One(kind), NodeWithOptions()).ValueOrDie();
  std::string padded(text);
  padded.append(kDecodePadding, '\0');
  EXPECT_TRUE(decoder->Decode({padded.data(), text.size()}, true, 100).ok());
  return decoder->Flush().ValueOrDie();
}

std::string Write(std::string_view kind, std::string_view text, std::string_view options = "{}") {
  std::string out;
  auto encoder = MakeEncoder("raw", One(kind), NodeWithOptions(options)).ValueOrDie();
  const auto status = encoder->Encode(Values(kind, text), &out);
  return status.ok() ? out : status.message();
}

TEST(Raw, WritesWhatFlinkWrote) {
  const std::string_view lines = R"({"v":"hello"}
{"v":""}
{"v":"wörld"}
)";
  EXPECT_EQ(Write("VARCHAR", lines), "hello\n\nwörld\n");
  EXPECT_EQ(Write("VARCHAR", lines, R"({"raw.charset": "UTF-16"})"),
            "\xFE\xFF\0h\0e\0l\0l\0o\n\n\xFE\xFF\0w\0\xF6\0r\0l\0d\n"sv);
  EXPECT_EQ(Write("VARCHAR", lines, R"({"raw.charset": "US-ASCII"})"), "hello\n\nw?rld\n");
  EXPECT_EQ(Write("DOUBLE", R"({"v":1.5})"), "\x3F\xF8\0\0\0\0\0\0\n"sv);
  EXPECT_EQ(Write("INTEGER", R"({"v":258})", R"({"raw.endianness": "little-endian"})"),
            "\2\1\0\0\n"sv);
  EXPECT_EQ(Write("BOOLEAN", "{\"v\":true}\n{\"v\":false}"), "\1\n\0\n"sv);
  EXPECT_THAT(Write("VARCHAR", R"({"v":null})"), HasSubstr("no bytes for NULL in a file"));
}

TEST(Raw, ANullIsKafkasNull) {
  auto encoder = MakeEncoder("raw", One("VARCHAR"), NodeWithOptions()).ValueOrDie();
  EncodedMessages messages;
  ASSERT_TRUE(encoder->EncodeMessages(Values("VARCHAR", "{\"v\":\"a\"}"), &messages).ok());
  EXPECT_TRUE(messages.nulls.empty());
  ASSERT_TRUE(
      encoder->EncodeMessages(Values("VARCHAR", "{\"v\":null}\n{\"v\":\"b\"}"), &messages).ok());
  EXPECT_EQ(messages.bytes, "ab");
  EXPECT_THAT(messages.ends, ElementsAre(1, 1, 2));
  EXPECT_THAT(messages.nulls, ElementsAre(0, 1, 0));
}

}  // namespace
}  // namespace sabot::test
