// Avro files through the source: blocks, batches, restarts in the middle of a file, whose header is
// read once more then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/source_driver.h"
#include "formats/decode_text.h"

namespace sabot::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Le;

constexpr int kRows = 30'000;

std::vector<std::string> IdLines(int first, int last) {
  std::vector<std::string> lines;
  for (int id = first; id < last; ++id) lines.push_back("{\"id\":" + std::to_string(id) + "}");
  return lines;
}

// Rows of which about 3,000 make a block.
std::string AvroFile(int first, int last) {
  const Schema schema = Columns(
      R"([{"name": "pad", "type": {"kind": "VARCHAR"}}, {"name": "id", "type": {"kind": "INTEGER"}}])");
  std::string json;
  for (int id = first; id < last; ++id) {
    json += "{\"id\":" + std::to_string(id) + ",\"pad\":\"" +
            std::string(static_cast<size_t>(id % 37), 'x') + "\"}\n";
  }
  const size_t size = json.size();
  json.append(kDecodePadding, '\0');
  auto decoder = MakeDecoder("json", schema, NodeWithOptions()).ValueOrDie();
  EXPECT_TRUE(decoder->Decode({json.data(), size}, true, last - first).ok());
  auto encoder = MakeEncoder("avro", schema, NodeWithOptions()).ValueOrDie();
  std::string file;
  EXPECT_TRUE(encoder->Encode(decoder->Flush().ValueOrDie(), &file).ok());
  EXPECT_TRUE(encoder->FinishFile(&file).ok());
  return file;
}

std::string Node(const std::string& path) {
  return R"({"op": "file_source", "config": {"format": "avro", "columns": [{"name": "id", "type": {"kind": "INTEGER"}}], "path": ")" +
         path + R"("}, "schema": [{"name": "id", "type": {"kind": "INTEGER"}}]})";
}

TEST(AvroFiles, BatchesAreNotLargerThanAskedFor) {
  MemoryFileSystem files;
  files.Write("/d/1.avro", AvroFile(0, kRows));
  SourceDriver source(Node("/d"), {.files = &files, .parallelism = 2, .rows_max = 500});
  EXPECT_THAT(source.RunToEnd(), ElementsAreArray(IdLines(0, kRows)));
  EXPECT_TRUE(source.status.ok()) << source.status;
  EXPECT_THAT(source.batch_rows, Each(Le(1'000)));
}

TEST(AvroFiles, AFileIsReadOnFromWhereItWas) {
  MemoryFileSystem files;
  files.Write("/d/1.avro", AvroFile(0, kRows));
  files.Write("/d/2.avro", AvroFile(kRows, kRows + 10));
  SimulatedExecutor executor;
  for (const int steps : {1, 2, 5, 9}) {
    SourceDriver source(Node("/d"), {.files = &files, .rows_max = 1'000, .executor = &executor});
    for (int i = 0; i < steps; ++i) source.Step(0);
    source.Restart(1);
    EXPECT_THAT(source.RunToEnd(), ElementsAreArray(IdLines(0, kRows + 10))) << steps;
    EXPECT_TRUE(source.status.ok()) << source.status;
  }
}

TEST(AvroFiles, AnEmptyFileHasNoRowsAndTextIsRefused) {
  MemoryFileSystem files;
  files.Write("/d/1.avro", "");
  files.Write("/d/2.avro", AvroFile(0, 3));
  SourceDriver source(Node("/d"), {.files = &files});
  EXPECT_THAT(source.RunToEnd(), ElementsAreArray(IdLines(0, 3)));
  files.Write("/d/3.avro", "{\"id\": 1}\n");
  SourceDriver refused(Node("/d"), {.files = &files});
  refused.RunToEnd();
  EXPECT_THAT(refused.status.message(),
              HasSubstr("/d/3.avro, byte offset 0: this is not an Avro file"));
}

}  // namespace
}  // namespace sabot::test
