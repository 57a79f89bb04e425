// What sinks hand out: Flink's print format, results as JSON, files that appear whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "connectors/source_driver.h"
#include "formats/decode_text.h"
#include "harness.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(PrintSink, LinesAreFlinks) {
  Harness sink(R"({"op": "print_sink", "config": {"identifier": "pp"}, "schema": []})",
               {MakeSchema({"id INT", "dec DECIMAL(10,2)", "f DOUBLE", "b BOOLEAN", "s STRING"})});
  sink.Rows(R"([[1, "10.00", 1e10, true, "aé"], ["-D", 2, "0.00", 1.5, false, null]])");
  EXPECT_THAT(
      sink.Take(),
      ElementsAre(
          "stdout: pp> +I[1, 10.00, 1.0E10, true, aé]\npp> -D[2, 0.00, 1.5, false, null]\n"));
}

TEST(PrintSink, TimesAndNestedValuesAreFlinks) {
  const Schema schema = Columns(
      R"([{"name": "b", "type": {"kind": "VARBINARY"}}, {"name": "ts", "type": {"kind": "TIMESTAMP", "precision": 3}},
    {"name": "lz", "type": {"kind": "TIMESTAMP_LTZ", "precision": 3}}, {"name": "dt", "type": {"kind": "DATE"}},
    {"name": "t", "type": {"kind": "TIME", "precision": 0}}, {"name": "a", "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}},
    {"name": "m", "type": {"kind": "MAP", "key": {"kind": "VARCHAR"}, "value": {"kind": "INTEGER"}}},
    {"name": "r", "type": {"kind": "ROW", "fields": [{"name": "x", "type": {"kind": "INTEGER"}}, {"name": "y", "type": {"kind": "VARCHAR"}}]}}])");
  std::string json =
      R"({"b":"Cv8=","ts":"2024-01-01 00:00:00.5","lz":"2024-01-01 00:00:00Z","dt":"2024-01-01","t":"10:11:12","a":[1,2],"m":{"a":1,"b":2},"r":{"x":1,"y":"z"}}
{"ts":"2024-01-01 00:00:00","lz":"2024-01-01 00:00:00.123Z","t":"10:11:00"}
)";
  const size_t size = json.size();
  json.append(kDecodePadding, '\0');
  auto decoder = MakeDecoder("json", schema, NodeWithOptions()).ValueOrDie();
  ASSERT_TRUE(decoder->Decode({json.data(), size}, true, 10).ok());
  const Batch batch = decoder->Flush().ValueOrDie();
  PlanNode node = NodeWithOptions();
  node.input_schemas = {schema};
  OperatorContext context;
  std::string printed;
  bool room = false;
  context.parallelism = 2;
  context.deliver = [&](const std::string&, const std::string& bytes) {
    if (room) printed += bytes;
    return room;
  };
  auto sink = FindOperator("print_sink")->make(node, context).ValueOrDie();
  class NoOutput final : public Collector {
    arrow::Status Emit(Batch) override { return arrow::Status::OK(); }
    arrow::Status Emit(Watermark) override { return arrow::Status::OK(); }
    arrow::Status Emit(StreamStatus) override { return arrow::Status::OK(); }
    arrow::Status EmitLate(int, const Batch&, std::span<const int32_t>) override {
      return arrow::Status::OK();
    }
    arrow::Status EmitDeadLetters(Batch) override { return arrow::Status::OK(); }
    bool has_room() const override { return true; }
  } out;
  EXPECT_EQ(sink->Process(0, batch, out).ValueOrDie(), Progress::kBlocked);
  EXPECT_EQ(sink->Resume(out).ValueOrDie(), Progress::kBlocked);
  room = true;
  EXPECT_EQ(sink->Resume(out).ValueOrDie(), Progress::kDone);
  EXPECT_EQ(
      printed,
      "1> +I[[10, -1], 2024-01-01T00:00:00.500, 2024-01-01T00:00:00Z, 2024-01-01, 10:11:12, [1, "
      "2], {a=1, b=2}, +I[1, z]]\n"
      "1> +I[null, 2024-01-01T00:00, 2024-01-01T00:00:00.123Z, null, 10:11, null, null, null]\n");
}

TEST(ResultSink, JsonLines) {
  Harness rows(R"({"op": "result_sink", "config": {"format": "json"}, "schema": []})",
               {MakeSchema({"k STRING", "n BIGINT"})});
  rows.Rows(R"([["a", 1], ["b", null]])");
  EXPECT_THAT(rows.Take(),
              ElementsAre("result: {\"k\":\"a\",\"n\":1}\n{\"k\":\"b\",\"n\":null}\n"));
  Harness changes(
      R"({"op": "result_sink", "config": {"format": "json", "changelog": true}, "schema": []})",
      {MakeSchema({"k STRING"})});
  changes.Rows(R"([["+I", "a"], ["-U", "a"]])");
  EXPECT_THAT(changes.Take(),
              ElementsAre("result: {\"op\":\"+I\",\"k\":\"a\"}\n{\"op\":\"-U\",\"k\":\"a\"}\n"));
}

TEST(ResultSink, ArrowWithKinds) {
  Harness sink(
      R"({"op": "result_sink", "config": {"format": "arrow", "changelog": true}, "schema": []})",
      {MakeSchema({"k STRING"})});
  sink.Rows(R"([["+I", "a"], ["-D", "a"]])");
  const auto lines = sink.Take();
  ASSERT_THAT(lines, SizeIs(1));
  const auto batch = DeserializeBatch(std::string_view(lines[0]).substr(8)).ValueOrDie();
  EXPECT_EQ(batch->schema()->field(0)->name(), "op");
  EXPECT_EQ(batch->num_rows(), 2);
}

TEST(BlackholeSink, TakesEverything) {
  Harness sink(R"({"op": "blackhole_sink", "config": {}, "schema": []})",
               {MakeSchema({"k STRING"})});
  sink.Rows(R"([["a"]])");
  EXPECT_THAT(sink.Take(), IsEmpty());
}

// A file_sink over files in memory, fed by hand.
class FileSinkTest : public testing::Test, public Collector {
 protected:
  void Start(const std::string& format = "json", int64_t part_bytes = 1 << 20) {
    node_ = NodeWithOptions();
    node_.uid = "sink:out";
    node_.config = std::make_shared<const nlohmann::json>(
        nlohmann::json{{"path", "/out"}, {"format", format}, {"fileSizeMax", part_bytes}});
    node_.input_schemas = {schema_};
    context_.clock = &clock_;
    context_.file_system = &files_;
    ++context_.attempt;
    sink_ = FindOperator("file_sink")->make(node_, context_).ValueOrDie();
    ASSERT_TRUE(sink_->Open().ok());
  }
  arrow::Status Write(std::string_view rows) {
    return sink_->Process(0, MakeBatch(schema_, rows), *this).status();
  }
  MemorySnapshot Snapshot(int64_t epoch = 0) {
    SnapshotWriter writer(SnapshotMode::kIncremental, epoch);
    EXPECT_TRUE(sink_->Snapshot(writer).ok());
    MemorySnapshot snapshot;
    EXPECT_TRUE(writer.WriteAll(snapshot).ok());
    return snapshot;
  }
  void Restore(const MemorySnapshot& snapshot) {
    clock_.AdvanceMillis(1'000);
    Start();
    ASSERT_TRUE(sink_->Restore(SnapshotReader(snapshot.sections())).ok());
  }
  // The visible files' text, and how many hidden ones there are.
  std::string Visible() {
    std::string text;
    for (const std::string& path : files_.Paths()) {
      if (!path.starts_with("/out/.")) text += files_.Read(path).ValueOrDie();
    }
    return text;
  }
  size_t NumHidden() {
    size_t count = 0;
    for (const std::string& path : files_.Paths()) count += path.starts_with("/out/.") ? 1 : 0;
    return count;
  }

  arrow::Status Emit(Batch) override { return arrow::Status::OK(); }
  arrow::Status Emit(Watermark) override { return arrow::Status::OK(); }
  arrow::Status Emit(StreamStatus) override { return arrow::Status::OK(); }
  arrow::Status EmitLate(int, const Batch&, std::span<const int32_t>) override {
    return arrow::Status::OK();
  }
  arrow::Status EmitDeadLetters(Batch letters) override {
    for (std::string& line : ToLines(letters)) letters_.push_back(std::move(line));
    return arrow::Status::OK();
  }
  bool has_room() const override { return true; }

  std::vector<std::string> letters_;
  const Schema schema_ = MakeSchema({"k STRING", "n BIGINT"});
  MemoryFileSystem files_;
  VirtualClock clock_;
  PlanNode node_;
  OperatorContext context_;
  std::unique_ptr<Operator> sink_;
};

TEST_F(FileSinkTest, FilesAppearWholeAtTheEnd) {
  Start();
  ASSERT_TRUE(Write(R"([["a", 1]])").ok());
  Snapshot();
  ASSERT_TRUE(Write(R"([["b", 2]])").ok());
  EXPECT_EQ(Visible(), "");
  ASSERT_TRUE(sink_->OnEndOfInput(0, *this).ok());
  EXPECT_EQ(Visible(), "{\"k\":\"a\",\"n\":1}\n{\"k\":\"b\",\"n\":2}\n");
  EXPECT_EQ(NumHidden(), 0u);
}

TEST_F(FileSinkTest, WithCheckpointsACommitMakesFilesVisible) {
  context_.takes_checkpoints = true;
  Start();
  ASSERT_TRUE(Write(R"([["a", 1]])").ok());
  Snapshot(1);
  ASSERT_TRUE(Write(R"([["b", 2]])").ok());
  Snapshot(2);
  ASSERT_TRUE(Write(R"([["c", 3]])").ok());
  EXPECT_EQ(Visible(), "");
  ASSERT_TRUE(sink_->OnCommitted(1).ok());
  EXPECT_EQ(Visible(), "{\"k\":\"a\",\"n\":1}\n");
  ASSERT_TRUE(sink_->OnEndOfInput(0, *this).ok());
  Snapshot(INT64_MAX);
  ASSERT_TRUE(sink_->OnCommitted(2).ok());
  EXPECT_EQ(NumHidden(), 1u);
  EXPECT_TRUE(sink_->has_uncommitted_output());
  ASSERT_TRUE(sink_->OnCommitted(INT64_MAX).ok());
  EXPECT_EQ(Visible(), "{\"k\":\"a\",\"n\":1}\n{\"k\":\"b\",\"n\":2}\n{\"k\":\"c\",\"n\":3}\n");
  EXPECT_FALSE(sink_->has_uncommitted_output());
}

TEST_F(FileSinkTest, WhatCameAfterTheSnapshotIsTakenBack) {
  context_.checkpoints_id = "folder";
  Start();
  ASSERT_TRUE(Write(R"([["a", 1]])").ok());
  const auto snapshot = Snapshot();
  ASSERT_TRUE(Write(R"([["lost", 2]])").ok());
  Snapshot();  // Never completed: the next restore is from the first one.
  files_.Crash();
  Restore(snapshot);
  EXPECT_EQ(Visible(), "{\"k\":\"a\",\"n\":1}\n");  // Its checkpoint counts.
  EXPECT_EQ(NumHidden(), 0u);
  ASSERT_TRUE(Write(R"([["b", 3]])").ok());
  ASSERT_TRUE(sink_->OnEndOfInput(0, *this).ok());
  EXPECT_EQ(Visible(), "{\"k\":\"a\",\"n\":1}\n{\"k\":\"b\",\"n\":3}\n");
}

TEST_F(FileSinkTest, AnAttemptThatDiedBeforeItsFirstCheckpointLeavesNothing) {
  context_.takes_checkpoints = true;
  context_.checkpoints_id = "folder";
  files_.Write("/out/.part-of-another-job-1-0-0.inprogress", "theirs");
  Start();
  ASSERT_TRUE(Write(R"([["lost", 1]])").ok());
  Snapshot(1);  // Its part is closed, its checkpoint never committed.
  EXPECT_EQ(NumHidden(), 2u);
  Start();
  ASSERT_TRUE(Write(R"([["a", 1]])").ok());
  EXPECT_EQ(NumHidden(), 1u);
}

TEST_F(FileSinkTest, FailuresAndUpdatesAreErrors) {
  Start("csv", 1);
  EXPECT_EQ(DetailOf(Write(R"([["-D", "a", 1]])"))->kind(), "unsupported-change");
  ASSERT_TRUE(Write(R"([["a b", 1]])").ok());
  files_.SetFault([](std::string_view operation, const std::string& path) {
    return operation == "sync" ? UserError("io", path, "No space left on device")
                               : arrow::Status::OK();
  });
  EXPECT_THAT(sink_->OnEndOfInput(0, *this).status().message(), HasSubstr("No space left"));
  EXPECT_EQ(Visible(), "");
  files_.SetFault(nullptr);
}

TEST(DatagenSource, SequencesEndAndGoOnAfterARestart) {
  VirtualClock clock;
  constexpr std::string_view kNode =
      R"({"op": "datagen_source", "config": {"rowsPerSecond": 1000, "fields": [
      {"name": "id", "kind": "sequence", "start": "5", "end": "9"}, {"name": "s", "kind": "sequence", "start": "1", "end": "100"},
      {"name": "x", "min": "3", "max": "4"}]},
    "schema": [{"name": "id", "type": {"kind": "BIGINT"}}, {"name": "s", "type": {"kind": "VARCHAR"}}, {"name": "x", "type": {"kind": "INTEGER"}}]})";
  SourceDriver source(kNode, {.clock = &clock, .rows_max = 2});
  ASSERT_TRUE(source.status.ok()) << source.status;
  source.Step(0);
  source.Restart(1);
  const auto lines = source.RunToEnd();
  ASSERT_THAT(lines, SizeIs(5));
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_THAT(lines[i], HasSubstr("{\"id\":" + std::to_string(5 + i) + ",\"s\":\"" +
                                    std::to_string(1 + i) + "\",\"x\":"));
    EXPECT_THAT(lines[i], testing::AnyOf(HasSubstr("\"x\":3"), HasSubstr("\"x\":4")));
  }
}

TEST(DatagenSource, KeepsItsRateAndRepeats) {
  constexpr std::string_view kNode =
      R"({"op": "datagen_source", "config": {"rowsPerSecond": 10, "numRows": 25, "fields": [
      {"name": "s", "length": 5, "null-rate": 0.2}, {"name": "d"}, {"name": "a"}]},
    "schema": [{"name": "s", "type": {"kind": "VARCHAR"}}, {"name": "d", "type": {"kind": "DOUBLE"}},
               {"name": "a", "type": {"kind": "ARRAY", "element": {"kind": "DECIMAL", "precision": 5, "scale": 2}}}]})";
  const auto run = [&] {
    VirtualClock clock;
    SourceDriver source(kNode, {.clock = &clock});
    std::vector<size_t> counts;
    while (source.Step(0)) {
      if (!source.blocked(0)) continue;
      counts.push_back(source.lines.size());
      clock.AdvanceMillis(source.subtask(0).NextTimer() - clock.NowMillis() + 900);
    }
    EXPECT_EQ(counts, (std::vector<size_t>{10, 20}));
    return source.lines;
  };
  const auto lines = run();
  EXPECT_THAT(lines, SizeIs(25));
  EXPECT_EQ(run(), lines);
}

}  // namespace
}  // namespace sabot::test
