// State files: what is written comes back, in pieces, in line or as a file; damage is an error.
#include "checkpoint/state_file.h"

#include <arrow/buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "checkpoint/checkpoint_folder.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

class StateFileTest : public testing::Test {
 protected:
  arrow::Result<StateFile> WriteAll(size_t piece_bytes) {
    StateFileWriter writer(*store_, "state/1-0", executor_, executor_.NewLane(),
                           std::make_shared<PieceMemory>(), [] {});
    EXPECT_TRUE(writer.Write("position", SectionKind::kValue, "17").ok());
    EXPECT_TRUE(writer.Write("groups", SectionKind::kBase, std::string(piece_bytes, 'a')).ok());
    EXPECT_TRUE(writer.Write("groups", SectionKind::kBase, "b").ok());
    arrow::Result<StateFile> result = arrow::Status::UnknownError("not written");
    writer.Finish([&](arrow::Result<StateFile> file) { result = std::move(file); });
    while (executor_.RunOne(0)) {
    }
    return result;
  }

  MemoryFileSystem files_;
  std::shared_ptr<ObjectStore> store_ = MakeFolderStore(files_, "/chk", "test");
  SimulatedExecutor executor_;
};

TEST_F(StateFileTest, ASmallOneStandsInLine) {
  const StateFile file = WriteAll(10).ValueOrDie();
  EXPECT_EQ(file.name, "");
  const SnapshotSections sections = ParseStateFile(file.bytes).ValueOrDie();
  EXPECT_THAT(sections.find("position")->second.pieces, ElementsAre("17"));
  EXPECT_THAT(sections.find("groups")->second.pieces, ElementsAre("aaaaaaaaaa", "b"));
  EXPECT_TRUE(files_.Paths().empty());
}

TEST_F(StateFileTest, ALargeOneIsAFile) {
  const StateFile file = WriteAll(3 << 20).ValueOrDie();
  EXPECT_EQ(file.name, "state/1-0");
  const std::string bytes = ReadStateFile(*store_, file).ValueOrDie()->ToString();
  const SnapshotSections sections = ParseStateFile(bytes).ValueOrDie();
  EXPECT_EQ(sections.find("groups")->second.pieces[0].size(), 3u << 20);
  EXPECT_EQ(sections.find("groups")->second.kind, SectionKind::kBase);
}

TEST_F(StateFileTest, ASmallOneDoesNotOvertakeALargeOneBeforeIt) {
  const Executor::Lane lane = executor_.NewLane();
  const auto memory = std::make_shared<PieceMemory>();
  StateFileWriter large(*store_, "state/1-0", executor_, lane, memory, [] {});
  StateFileWriter small(*store_, "state/1-1", executor_, lane, memory, [] {});
  ASSERT_TRUE(large.Write("groups", SectionKind::kBase, std::string(3 << 20, 'a')).ok());
  std::vector<std::string> written;
  large.Finish([&](const arrow::Result<StateFile>&) { written.emplace_back("large"); });
  small.Finish([&](const arrow::Result<StateFile>&) { written.emplace_back("small"); });
  while (executor_.RunOne(0)) {
  }
  EXPECT_THAT(written, ElementsAre("large", "small"));
}

TEST_F(StateFileTest, AFailingDiskIsAnErrorAndLeavesNothing) {
  files_.SetFault([](std::string_view operation, const std::string& path) {
    return operation == "sync" ? UserError("io", path, "no space left") : arrow::Status::OK();
  });
  EXPECT_FALSE(WriteAll(3 << 20).ok());
  EXPECT_TRUE(files_.Paths().empty());
}

TEST_F(StateFileTest, EveryCutIsAnError) {
  const StateFile file = WriteAll(10).ValueOrDie();
  for (size_t size = 0; size < file.bytes.size(); ++size)
    EXPECT_FALSE(ParseStateFile(std::string_view(file.bytes).substr(0, size)).ok()) << size;
  EXPECT_FALSE(ParseStateFile(file.bytes + "x").ok());
}

}  // namespace
}  // namespace sabot
