// Files, folders and globs; stripes; compression; positions; what is wrong with a file.
#include "connectors/file/file_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "base/error.h"
#include "connectors/source_driver.h"

namespace sabot::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Node(const std::string& path, const std::string& more = "") {
  return R"({"op": "file_source", "config": {"format": "json", "columns": [{"name": "id", "type": {"kind": "INTEGER"}}], "path": ")" +
         path + "\"" + more + R"(}, "schema": [{"name": "id", "type": {"kind": "INTEGER"}}]})";
}

std::string Ids(int first, int last, size_t width = 0) {
  std::string text;
  for (int id = first; id <= last; ++id) {
    text += "{\"id\":" + std::to_string(id) + ",\"pad\":\"" +
            std::string(width == 0 ? 0 : static_cast<size_t>(id) % width, 'x') + "\"}\n";
  }
  return text;
}

std::vector<std::string> IdLines(int first, int last) {
  std::vector<std::string> lines;
  for (int id = first; id <= last; ++id) lines.push_back("{\"id\":" + std::to_string(id) + "}");
  return lines;
}

std::vector<std::string> Sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);
  });
  return lines;
}

std::string Gzip(const std::string& text) {
  z_stream state{};
  EXPECT_EQ(deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1'000, '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

TEST(FileSource, ReadsAFileAFolderAndAGlob) {
  MemoryFileSystem files;
  files.Write("/d/a/1.jsonl", Ids(1, 2));
  files.Write("/d/b/2.jsonl", Ids(3, 3));
  files.Write("/d/b/_hidden", Ids(9, 9));
  files.Write("/d/.tmp/3.jsonl", Ids(9, 9));
  files.Write("/d/c.jsonl", "{\"id\":4}");
  files.Write("/d/empty.jsonl", "");
  const auto read = [&](const std::string& path, const std::string& more = "") {
    SourceDriver source(Node(path, more), {.files = &files});
    auto lines = source.RunToEnd();
    EXPECT_TRUE(source.status.ok()) << source.status;
    return lines;
  };
  EXPECT_EQ(read("/d/a/1.jsonl"), IdLines(1, 2));
  EXPECT_EQ(read("file:///d/"), IdLines(1, 4));
  EXPECT_EQ(read("/d/?/*.jsonl"), IdLines(1, 3));
  EXPECT_EQ(read("/d/{b,c}*"), IdLines(3, 4));
  EXPECT_THAT(read("/d/empty.jsonl"), IsEmpty());
  EXPECT_EQ(read("/d", R"(, "pathPattern": ".*/[12]\\.jsonl")"), IdLines(1, 3));
}

TEST(FileSource, GlobsMatchAsInAShell) {
  EXPECT_TRUE(MatchesGlob("part-*[0-9].{gz,zst}", "part-x7.zst"));
  EXPECT_FALSE(MatchesGlob("part-*[0-9].{gz,zst}", "part-x.zst"));
  EXPECT_TRUE(MatchesGlob("[!a]?", "bc"));
  EXPECT_FALSE(MatchesGlob("[!a]?", "ac"));
}

TEST(FileSource, SmallBatchesAndSmallRestsChangeNothing) {
  MemoryFileSystem files;
  files.Write("/f", Ids(1, 100, 50));
  SourceDriver source(Node("/f"), {.files = &files, .rows_max = 7});
  EXPECT_EQ(source.RunToEnd(), IdLines(1, 100));
  EXPECT_THAT(source.batch_rows, testing::Each(testing::Le(7)));
  EXPECT_GT(source.metrics(0).bytes_in.value(), 1'000);
}

TEST(FileSource, SeveralSubtasksReadOneFileInStripes) {
  MemoryFileSystem files;
  files.Write("/f", Ids(1, 1'000, 90));
  for (const int stripe_bytes : {1, 13, 64, 1'000, 100'000'000}) {
    for (const int parallelism : {1, 2, 3, 5}) {
      SourceDriver source(Node("/f", ", \"stripeBytes\": " + std::to_string(stripe_bytes)),
                          {.files = &files, .parallelism = parallelism, .rows_max = 20});
      EXPECT_EQ(Sorted(source.RunToEnd()), IdLines(1, 1'000)) << stripe_bytes << " " << parallelism;
    }
  }
}

TEST(FileSource, StripesKeepSubtasksTogether) {
  MemoryFileSystem files;
  files.Write("/f", Ids(1, 1'000));
  SourceDriver source(Node("/f", ", \"stripeBytes\": 400"),
                      {.files = &files, .parallelism = 2, .rows_max = 20});
  ASSERT_TRUE(source.Step(0));
  ASSERT_TRUE(source.Step(1));
  // Both have read 20 rows; neither is further ahead than the stripe (22 rows) that the other is
  // in.
  EXPECT_EQ(Sorted(source.lines).back(), "{\"id\":42}");
}

TEST(FileSource, AFilePerSubtaskWhereThereAreEnough) {
  MemoryFileSystem files;
  files.Write("/d/1", Ids(1, 10));
  files.Write("/d/2", Ids(11, 20));
  files.Write("/d/3", Ids(21, 30));
  SourceDriver source(Node("/d"), {.files = &files, .parallelism = 2});
  while (source.Step(1)) {
  }
  EXPECT_EQ(std::exchange(source.lines, {}), IdLines(11, 20));
  while (source.Step(0)) {
  }
  EXPECT_THAT(source.lines.size(), 20);
}

TEST(FileSource, GoesOnExactlyWhereItWas) {
  MemoryFileSystem files;
  files.Write("/d/1", Ids(1, 300, 30));
  files.Write("/d/2.gz", Gzip(Ids(301, 500)));
  files.Write("/d/3", Ids(501, 600, 10));
  for (int stop = 0; stop < 40; ++stop) {
    SourceDriver source(Node("/d", R"(, "stripeBytes": 777)"),
                        {.files = &files, .parallelism = 1 + stop % 4, .rows_max = 17});
    for (int step = 0; step < stop; ++step) source.Step(static_cast<size_t>(step % (1 + stop % 4)));
    auto lines = std::exchange(source.lines, {});
    source.Restart(1 + stop % 3);
    for (auto& line : source.RunToEnd()) lines.push_back(std::move(line));
    EXPECT_EQ(Sorted(lines), IdLines(1, 600)) << stop;
  }
}

// List redistribution: what the old subtasks had left is dealt out evenly.
TEST(FileSource, ItsFilesAreDealtOutAnewAtWhateverParallelism) {
  MemoryFileSystem files;
  for (int file = 0; file < 9; ++file)
    files.Write("/d/" + std::to_string(file), Ids(100 * file + 1, 100 * file + 100));
  SourceDriver source(Node("/d"), {.files = &files, .parallelism = 1, .rows_max = 20});
  std::vector<std::string> lines;
  int parallelism = 1;
  for (const int next : {3, 2}) {
    for (int subtask = 0; subtask < parallelism; ++subtask)
      ASSERT_TRUE(source.Step(static_cast<size_t>(subtask)));
    source.Restart(next);
    parallelism = next;
    // Each has some: 7 files or more are left.
    for (int subtask = 0; subtask < next; ++subtask) {
      const size_t before = source.lines.size();
      ASSERT_TRUE(source.Step(static_cast<size_t>(subtask)));
      EXPECT_EQ(source.lines.size(), before + 20);
    }
  }
  EXPECT_EQ(Sorted(source.RunToEnd()), IdLines(1, 900));
}

// As above, from a disk: every stripe and every block has to be waited for, and snapshots are taken
// meanwhile.
TEST(FileSource, ADiskThatHasToBeWaitedForChangesNothing) {
  MemoryFileSystem files;
  files.Write("/d/1.jsonl", Ids(1, 400, 90));
  files.Write("/d/2.jsonl.gz", Gzip(Ids(401, 600, 90)));
  files.Write("/d/3.jsonl.zst", Zstd(Ids(601, 800, 90)));
  files.SetOnDisk(true);
  for (const std::string path : {"/d", "/d/1.jsonl"}) {
    const std::vector<std::string> expected = IdLines(1, path == "/d" ? 800 : 400);
    for (const int stripe_bytes : {64, 1'000}) {
      SimulatedExecutor executor;
      SourceDriver source(
          Node(path, ", \"stripeBytes\": " + std::to_string(stripe_bytes)),
          {.files = &files, .parallelism = 2, .rows_max = 20, .executor = &executor});
      for (int round = 1; round < 60; ++round) {
        for (int step = 0; step < round % 7; ++step) source.Step(static_cast<size_t>(step) % 2);
        source.Restart(2);
      }
      EXPECT_EQ(Sorted(source.RunToEnd()), expected) << path << " " << stripe_bytes;
      EXPECT_GT(source.num_blocked, 50u);
    }
  }
}

TEST(FileSource, AFileThatAppearsWhileSubtasksOpenConfusesNobody) {
  MemoryFileSystem files;
  files.Write("/d/2", Ids(1, 10));
  files.Write("/d/3", Ids(11, 20));
  int num_lists = 0;
  files.SetFault([&](std::string_view operation, const std::string&) {
    if (operation == "list" && ++num_lists == 2) files.Write("/d/1", Ids(21, 30));
    return arrow::Status::OK();
  });
  SourceDriver source(Node("/d"), {.files = &files, .parallelism = 2});
  EXPECT_EQ(Sorted(source.RunToEnd()), IdLines(1, 20));
}

TEST(FileSource, Decompresses) {
  MemoryFileSystem files;
  files.Write("/d/1.gz", Gzip(Ids(1, 100)) + Gzip(Ids(101, 200)));  // Two members.
  files.Write("/d/2.zst", Zstd(Ids(201, 300)) + Zstd(Ids(301, 400)));
  files.Write("/d/3.gz", Gzip(""));
  SourceDriver source(Node("/d"), {.files = &files, .parallelism = 2});
  EXPECT_EQ(Sorted(source.RunToEnd()), IdLines(1, 400));
}

TEST(FileSource, MetadataColumns) {
  MemoryFileSystem files;
  files.Write("/d/a.jsonl", Ids(1, 2), 1'704'067'200'123);
  files.Write("/d/b.jsonl", Ids(3, 3));
  SourceDriver source(R"({"op": "file_source", "config": {"format": "json", "path": "/d",
      "columns": [{"name": "id", "type": {"kind": "INTEGER"}}],
      "metadata": [{"name": "p", "type": {"kind": "VARCHAR", "nullable": false}, "key": "file.path"},
                   {"name": "n", "type": {"kind": "VARCHAR"}, "key": "file.name"},
                   {"name": "s", "type": {"kind": "BIGINT"}, "key": "file.size"},
                   {"name": "m", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}, "key": "file.modification-time"}]},
    "schema": [{"name": "id", "type": {"kind": "INTEGER"}}, {"name": "p", "type": {"kind": "VARCHAR", "nullable": false}},
               {"name": "n", "type": {"kind": "VARCHAR"}}, {"name": "s", "type": {"kind": "BIGINT"}},
               {"name": "m", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}}]})",
                      {.files = &files});
  EXPECT_THAT(
      source.RunToEnd(),
      ElementsAre(
          R"({"id":1,"p":"/d/a.jsonl","n":"a.jsonl","s":36,"m":"2024-01-01 00:00:00.123Z"})",
          R"({"id":2,"p":"/d/a.jsonl","n":"a.jsonl","s":36,"m":"2024-01-01 00:00:00.123Z"})",
          R"({"id":3,"p":"/d/b.jsonl","n":"b.jsonl","s":18,"m":"1970-01-01 00:00:00.000Z"})"));
  EXPECT_TRUE(source.status.ok()) << source.status;
}

TEST(FileSource, ABrokenLineIsNamedWithItsPlace) {
  MemoryFileSystem files;
  files.Write("/d/x.jsonl", Ids(1, 300) + "{\"id\":oops}\n" + Ids(301, 600));
  for (const int parallelism : {1, 3}) {
    SourceDriver source(Node("/d/x.jsonl", R"(, "stripeBytes": 500)"),
                        {.files = &files, .parallelism = parallelism});
    source.RunToEnd();
    ASSERT_FALSE(source.status.ok());
    EXPECT_EQ(DetailOf(source.status)->kind(), "bad-record");
    EXPECT_EQ(DetailOf(source.status)->identifier(), "/d/x.jsonl");
    EXPECT_THAT(source.status.message(),
                AllOf(HasSubstr("/d/x.jsonl, line 301, byte offset 5898: "),
                      HasSubstr("{\"id\":>>>oops}")));
  }
}

TEST(FileSource, ABrokenLineIsCountedWhereErrorsAreIgnored) {
  MemoryFileSystem files;
  files.Write("/x", "{\"id\":1}\n{\"id\":\n{\"id\":2}\n");
  SourceDriver source(Node("/x", R"(, "formatOptions": {"json.ignore-parse-errors": true})"),
                      {.files = &files});
  EXPECT_EQ(source.RunToEnd(), IdLines(1, 2));
  EXPECT_EQ(source.metrics(0).skipped_records.value(), 1);
}

TEST(FileSource, MissingAndUnreadableFiles) {
  MemoryFileSystem files;
  files.Write("/d/x", Ids(1, 1));
  const auto fails = [&](const std::string& path) {
    SourceDriver source(Node(path), {.files = &files});
    source.RunToEnd();
    EXPECT_EQ(DetailOf(source.status)->kind(), "io");
    EXPECT_EQ(DetailOf(source.status)->identifier(), path);
    return source.status.message();
  };
  EXPECT_THAT(fails("/d/missing"), HasSubstr("cannot find '/d/missing'"));
  EXPECT_THAT(fails("/d/*.nothing"), HasSubstr("no file matches"));
  files.Write("/d/x.bz2", "BZ");
  EXPECT_THAT(fails("/d/x.bz2"), HasSubstr("known are .gz and .zst"));
  files.SetFault([](std::string_view operation, const std::string& path) {
    return operation == "read" ? UserError("io", path, "cannot read: Input/output error")
                               : arrow::Status::OK();
  });
  EXPECT_THAT(fails("/d/x"), HasSubstr("Input/output error"));
}

TEST(FileSource, DamagedCompression) {
  MemoryFileSystem files;
  const std::string gzip = Gzip(Ids(1, 1'000));
  const std::string zstd = Zstd(Ids(1, 1'000));
  files.Write("/short.gz", gzip.substr(0, gzip.size() / 2));
  files.Write("/short.zst", zstd.substr(0, zstd.size() / 2));
  files.Write("/wrong.gz", "this is no gzip");
  files.Write("/wrong.zst", "this is no zstd");
  for (const char* path : {"/short.gz", "/short.zst", "/wrong.gz", "/wrong.zst"}) {
    SourceDriver source(Node(path), {.files = &files});
    source.RunToEnd();
    ASSERT_FALSE(source.status.ok()) << path;
    EXPECT_EQ(DetailOf(source.status)->kind(), "bad-record") << path;
    EXPECT_THAT(source.status.message(), HasSubstr(std::string("cannot decompress '") + path));
  }
}

TEST(FileSource, AHundredMegabyteLine) {
  MemoryFileSystem files;
  files.Write(
      "/f", "{\"id\":1}\n{\"id\":2,\"pad\":\"" + std::string(100 << 20, 'x') + "\"}\n{\"id\":3}\n");
  SourceDriver source(Node("/f"), {.files = &files});
  EXPECT_EQ(source.RunToEnd(), IdLines(1, 3));
  EXPECT_TRUE(source.status.ok()) << source.status;
}

TEST(FileSource, LocalFiles) {
  const std::string folder = testing::TempDir() + "sabot_file_source_test";
  FileSystem& files = LocalFileSystem();
  ASSERT_TRUE(files.CreateFolder(folder).ok());
  {
    auto file = files.Create(folder + "/x.tmp").ValueOrDie();
    ASSERT_TRUE(file->Append(Ids(1, 50'000, 40)).ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(file->Close().ok());
  }
  ASSERT_TRUE(files.Rename(folder + "/x.tmp", folder + "/x.jsonl").ok());
  SourceDriver source(Node(folder, R"(, "stripeBytes": 100000)"), {.parallelism = 2});
  EXPECT_EQ(Sorted(source.RunToEnd()), IdLines(1, 50'000));
  ASSERT_TRUE(files.Remove(folder + "/x.jsonl").ok());
  EXPECT_FALSE(files.Exists(folder + "/x.jsonl"));
}

}  // namespace
}  // namespace sabot::test
