// Lines that cannot be read, and rows that cannot be written, as letters or dropped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "connectors/source_driver.h"
#include "harness.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Source(const std::string& on_error, const std::string& format = "json") {
  const std::string column = R"([{"name": "id", "type": {"kind": "INTEGER"}}])";
  return R"({"op": "file_source", "uid": "files", "config": {"format": ")" + format +
         R"(", "path": "/in", "onError": ")" + on_error + R"(", "columns": )" + column +
         R"(, "fileColumns": )" + column + R"(}, "schema": )" + column + "}";
}

// value, file, offset and what the error ends with.
TEST(BadLines, OfAFileHaveTheLineAndWhereItBegins) {
  MemoryFileSystem files;
  files.Write("/in/a.jsonl", "{\"id\":1}\n{\"id\":\x01\xff}\n{\"id\":2}\nno\n");
  for (const int64_t rows_max : {int64_t{1}, int64_t{1'000}}) {
    SourceDriver source(Source("dead-letter"), {.files = &files, .rows_max = rows_max});
    EXPECT_THAT(source.RunToEnd(), ElementsAre("{\"id\":1}", "{\"id\":2}"));
    ASSERT_TRUE(source.status.ok()) << source.status;
    ASSERT_THAT(source.letters, SizeIs(2));
    EXPECT_THAT(source.letters[0], HasSubstr("/in/a.jsonl"));
    EXPECT_THAT(source.letters[0], HasSubstr("NULL, NULL, NULL, 9, NULL, /in/a.jsonl, "));
    EXPECT_THAT(source.letters[0], HasSubstr("byte offset 15: "));
    EXPECT_THAT(source.letters[0], HasSubstr(", test, file_source, "));
    EXPECT_THAT(source.letters[0], ::testing::EndsWith(", 1]"));
    EXPECT_THAT(source.letters[1], HasSubstr("NULL, NULL, NULL, 28, NULL, /in/a.jsonl, "));
  }
}

TEST(BadLines, ALineIsReadWholeOrNotAtAll) {
  MemoryFileSystem files;
  files.Write("/in/a.jsonl", "[{\"id\":1},{\"id\":2},oh]\n[{\"id\":3},{\"id\":4}]\n");
  SourceDriver source(Source("dead-letter"), {.files = &files});
  EXPECT_THAT(source.RunToEnd(), ElementsAre("{\"id\":3}", "{\"id\":4}"));
  EXPECT_THAT(source.letters, SizeIs(1));
}

TEST(BadLines, OfCsvToo) {
  MemoryFileSystem files;
  files.Write("/in/a.csv", "1\nx\n2\n3,4\n\xff\n5\n");
  SourceDriver source(Source("dead-letter", "csv"), {.files = &files});
  EXPECT_THAT(source.RunToEnd(), ElementsAre("{\"id\":1}", "{\"id\":2}", "{\"id\":5}"));
  ASSERT_TRUE(source.status.ok()) << source.status;
  ASSERT_THAT(source.letters, SizeIs(3));
  EXPECT_THAT(source.letters[1], HasSubstr("the record has 2 fields, not 1"));
  EXPECT_THAT(source.letters[2], HasSubstr("not UTF-8"));
}

TEST(BadLines, WhatIsDroppedGivesNoLetter) {
  MemoryFileSystem files;
  files.Write("/in/a.jsonl", "{\"id\":1}\nno\n");
  SourceDriver source(Source("drop"), {.files = &files});
  EXPECT_THAT(source.RunToEnd(), ElementsAre("{\"id\":1}"));
  EXPECT_THAT(source.letters, IsEmpty());
  EXPECT_EQ(source.metrics(0).dropped_records.value(), 1);
  EXPECT_EQ(source.metrics(0).dead_letters.value(), 0);
}

TEST(BadLines, WithoutThemTheSourceFails) {
  MemoryFileSystem files;
  files.Write("/in/a.jsonl", "{\"id\":1}\nno\n");
  SourceDriver source(Source("fail"), {.files = &files});
  source.RunToEnd();
  EXPECT_EQ(DetailOf(source.status)->kind(), "bad-record");
}

// A file of nothing else, larger than what is decoded at once.
TEST(BadLines, ManyBadLinesGiveLettersPieceByPiece) {
  MemoryFileSystem files;
  const std::string bad(1 << 20, 'x');
  std::string text;
  for (int i = 0; i < 40; ++i) text += bad + "\n";
  files.Write("/in/a.jsonl", text + "{\"id\":1}\n");
  SourceDriver source(Source("dead-letter"), {.files = &files});
  EXPECT_THAT(source.RunToEnd(), ElementsAre("{\"id\":1}"));
  EXPECT_THAT(source.letters, SizeIs(40));
  EXPECT_EQ(source.metrics(0).dead_letters.value(), 40);
}

}  // namespace
}  // namespace sabot::test
