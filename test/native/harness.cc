// The operator test harness.
#include "harness.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "base/check.h"
#include "base/file_system.h"
#include "base/memory_budget.h"
#include "batch/key_encoding.h"
#include "engine/catalogue.h"
#include "running_snapshots.h"
#include "state/cold_backends.h"
#include "state/state_tiers.h"

namespace sabot::test {
namespace {

using nlohmann::json;

json TypeJson(const std::string& text) {
  static const std::regex pattern(R"(^([A-Z_]+)(?:\((\d+)(?:,\s*(\d+))?\))?( NOT NULL)?$)");
  std::smatch match;
  SABOT_CHECK(std::regex_match(text, match, pattern));
  std::string kind = match[1];
  json type;
  if (kind == "STRING") kind = "VARCHAR";
  if (kind == "BYTES") kind = "VARBINARY";
  if (kind == "INT") kind = "INTEGER";
  type["kind"] = kind;
  if (match[2].matched) {
    const int number = std::stoi(match[2]);
    if (kind == "CHAR" || kind == "VARCHAR" || kind == "BINARY" || kind == "VARBINARY") {
      type["length"] = number;
    } else {
      type["precision"] = number;
    }
  }
  if (match[3].matched) type["scale"] = std::stoi(match[3]);
  type["nullable"] = !match[4].matched;
  return type;
}

const char* KindText(RowKind kind) {
  static constexpr const char* kTexts[] = {"+I", "-U", "+U", "-D"};
  return kTexts[static_cast<size_t>(kind)];
}

std::string ValueText(const arrow::Array& column, int64_t row) {
  if (column.IsNull(row)) return "NULL";
  const auto scalar = column.GetScalar(row).ValueOrDie();
  // Timestamps print with a trailing Z where they have a zone: that is their type.
  return scalar->ToString();
}

int KindOf(const json& row, size_t num_columns) {
  if (row.size() != num_columns + 1 || !row[0].is_string()) return -1;
  for (int8_t kind = 0; kind < 4; ++kind) {
    if (row[0] == KindText(static_cast<RowKind>(kind))) return kind;
  }
  return -1;
}

}  // namespace

std::string SchemaJson(const std::vector<std::string>& columns) {
  json schema = json::array();
  for (const std::string& column : columns) {
    const size_t space = column.find(' ');
    schema.push_back(
        {{"name", column.substr(0, space)}, {"type", TypeJson(column.substr(space + 1))}});
  }
  return schema.dump();
}

Schema MakeSchema(const std::vector<std::string>& columns) {
  return DecodeSchema(json::parse(SchemaJson(columns))).ValueOrDie();
}

Batch MakeBatch(const Schema& schema, std::string_view rows) {
  json values = json::array();
  std::vector<int8_t> kinds;
  bool any_kind = false;
  for (json row : json::parse(rows)) {
    const int kind = KindOf(row, schema.size());
    if (kind >= 0) row.erase(0);
    any_kind = any_kind || kind >= 0;
    kinds.push_back(static_cast<int8_t>(std::max(kind, 0)));
    values.push_back(std::move(row));
  }
  const auto arrow_schema = ToArrow(schema);
  const auto structs =
      arrow::json::ArrayFromJSONString(arrow::struct_(arrow_schema->fields()), values.dump())
          .ValueOrDie();
  Batch batch;
  batch.rows = arrow::RecordBatch::FromStructArray(structs).ValueOrDie();
  if (any_kind) batch.kinds = MakeKinds(kinds).ValueOrDie();
  return batch;
}

std::vector<std::string> ToLines(const Batch& batch) {
  std::vector<std::string> lines;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    std::string line = std::string(KindText(batch.kind(row))) + "[";
    for (int column = 0; column < batch.num_columns(); ++column) {
      if (column > 0) line += ", ";
      line += ValueText(*batch.column(column), row);
    }
    lines.push_back(line + "]");
  }
  return lines;
}

class Harness::Output final : public Collector {
 public:
  Output(bool no_room, std::shared_ptr<arrow::Schema> schema, OperatorMetrics* metrics)
      : no_room_(no_room), schema_(std::move(schema)), metrics_(metrics) {}
  arrow::Status Emit(Batch batch) override {
    EXPECT_TRUE(batch.rows->ValidateFull().ok()) << batch.rows->ValidateFull().ToString();
    EXPECT_TRUE(batch.rows->schema()->Equals(*schema_))
        << batch.rows->schema()->ToString() << "\nis not the plan's\n"
        << schema_->ToString();
    for (std::string& line : ToLines(batch)) lines.push_back(std::move(line));
    batches.push_back(std::move(batch));
    return arrow::Status::OK();
  }
  arrow::Status Emit(Watermark watermark) override {
    lines.push_back(watermark.millis == kWatermarkMax
                        ? "W(max)"
                        : "W(" + std::to_string(watermark.millis) + ")");
    return arrow::Status::OK();
  }
  arrow::Status Emit(StreamStatus status) override {
    lines.push_back(status.idle ? "idle" : "active");
    return arrow::Status::OK();
  }
  arrow::Status EmitLate(int, const Batch& batch, std::span<const int32_t> rows) override {
    metrics_->late_rows.Add(static_cast<int64_t>(rows.size()));
    if (rows.empty()) return arrow::Status::OK();
    for (std::string& line : ToLines(sabot::Take(batch, rows).ValueOrDie())) {
      late_lines.push_back(std::move(line));
    }
    return arrow::Status::OK();
  }
  arrow::Status EmitDeadLetters(Batch letters) override {
    EXPECT_TRUE(letters.rows->ValidateFull().ok()) << letters.rows->ValidateFull().ToString();
    for (std::string& line : ToLines(letters)) letter_lines.push_back(std::move(line));
    return arrow::Status::OK();
  }
  // Room for every other piece only.
  bool has_room() const override { return !no_room_ || (asked_ = !asked_); }
  std::vector<std::string> lines;
  std::vector<std::string> late_lines;
  std::vector<std::string> letter_lines;
  std::vector<Batch> batches;

 private:
  bool no_room_;
  mutable bool asked_ = false;
  std::shared_ptr<arrow::Schema> schema_;
  OperatorMetrics* metrics_;
};

// One operator with its surroundings.
struct Harness::Subtask {
  explicit Subtask(int64_t limit_bytes)
      : budget({.limit_bytes = limit_bytes}, [] { return int64_t{0}; }) {}
  OperatorMetrics metrics;
  OperatorContext context;
  std::unique_ptr<Output> output;
  MemoryBudget budget;
  std::unique_ptr<ColdBackend> backend;
  MemoryFileSystem files;
  std::unique_ptr<StateTiers> tiers;
  std::unique_ptr<Operator> op;
};

Harness::Harness(std::string_view node, std::vector<Schema> inputs, HarnessOptions options)
    : options_(std::move(options)) {
  const json document = json::parse(node);
  node_.op = document.at("op");
  node_.uid = node_.op;
  node_.config = std::make_shared<const json>(document.value("config", json::object()));
  node_.schema = DecodeSchema(document.at("schema")).ValueOrDie();
  node_.inputs.resize(inputs.size());
  node_.input_schemas = std::move(inputs);
  spec_ = FindOperator(node_.op);
  SABOT_CHECK(spec_ != nullptr);
  self_ = Open(Memory::kEnough);
  snapshots_ = std::make_unique<RunningSnapshots>();
}

Harness::~Harness() = default;

std::unique_ptr<Harness::Subtask> Harness::Open(Memory memory) {
  // Where memory is short, all that can goes to disk after every element.
  const int64_t limit_bytes = memory == Memory::kShort ? 1 : options_.memory_limit_bytes;
  auto subtask = std::make_unique<Subtask>(limit_bytes);
  OperatorContext& context = subtask->context;
  if (limit_bytes > 0) {
    subtask->backend = MakeModelBackend();
    subtask->tiers = std::make_unique<StateTiers>(TiersOptions{.budget = &subtask->budget,
                                                               .backend = subtask->backend.get(),
                                                               .files = &subtask->files,
                                                               .folder = "/state"});
    context.tiers = subtask->tiers.get();
  }
  context.session = {options_.plan.local_time_zone, options_.plan.query_start_ms};
  context.options = options_.plan;
  context.job = "test";
  context.uid = node_.uid;
  context.clock = &clock_;
  context.metrics = &subtask->metrics;
  context.alignment = &alignment_;
  context.task_times = &task_times_;
  context.waker = [] {};
  context.warn = [](const std::string&) {};
  subtask->output =
      std::make_unique<Output>(options_.no_room, ToArrow(node_.schema), &subtask->metrics);
  context.deliver = [output = subtask->output.get()](const std::string& channel,
                                                     std::string bytes) {
    output->lines.push_back(channel + ": " + bytes);
    return true;
  };
  if (options_.owner != nullptr) {
    context.open_user_function = [this, &context] {
      return options_.owner->opener()(0, 0, context.waker);
    };
  }
  auto made = spec_->make(node_, context);
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  subtask->op = std::move(made).ValueOrDie();
  EXPECT_TRUE(subtask->op->Open().ok());
  return subtask;
}

void Harness::Drive(const Call& call) {
  last_error_ = DriveOne(*self_, call);
  if (twin_ != nullptr) {
    const arrow::Status twins = DriveOne(*twin_, call);
    EXPECT_EQ(twins.ok(), last_error_.ok()) << twins.ToString();
  }
  if (last_error_.ok() && spec_->stateful) snapshots_->Between(*self_->op);
}

arrow::Status Harness::DriveOne(Subtask& subtask, const Call& call) {
  arrow::Result<Progress> progress = call(*subtask.op, *subtask.output);
  while (progress.ok() && *progress != Progress::kDone) {
    if (*progress == Progress::kBlocked && options_.owner != nullptr) options_.owner->AnswerOne(0);
    progress = subtask.op->Resume(*subtask.output);
  }
  if (progress.ok() && subtask.tiers != nullptr) return subtask.tiers->MakeRoom();
  return progress.status();
}

arrow::Status Harness::TryRows(std::string_view rows, int input) {
  const Batch whole = MakeBatch(node_.input_schemas[static_cast<size_t>(input)], rows);
  for (int64_t begin = 0; begin < whole.num_rows(); begin += options_.batch_rows_max) {
    const int64_t length = std::min(options_.batch_rows_max, whole.num_rows() - begin);
    Drive([&](Operator& op, Collector& out) {
      return op.Process(input, whole.Slice(begin, length), out);
    });
    if (!last_error_.ok()) return last_error_;
    if (length == whole.num_rows()) break;  // Also keeps begin + max from overflowing.
  }
  return arrow::Status::OK();
}

void Harness::Rows(std::string_view rows, int input) {
  const arrow::Status status = TryRows(rows, input);
  EXPECT_TRUE(status.ok()) << status.ToString();
}

void Harness::Feed(const Batch& batch, int input) {
  Drive([&](Operator& op, Collector& out) { return op.Process(input, batch, out); });
  EXPECT_TRUE(last_error_.ok()) << last_error_.ToString();
}

std::vector<Batch> Harness::TakeBatches() { return std::exchange(self_->output->batches, {}); }

std::vector<std::string> Harness::State(const std::vector<std::string>& key_columns,
                                        std::string_view key) {
  std::optional<StateKey> only;
  if (!key.empty()) {
    const Batch row = MakeBatch(MakeSchema(key_columns), key);
    const std::vector<ArrayPtr> columns = row.rows->columns();
    EncodedKeys encoded;
    EXPECT_TRUE(encoded.Encode(columns, row.num_rows()).ok());
    only = StateKey{std::string(encoded.key(0)), encoded.hash(0)};
  }
  const std::vector<std::string> lines = StateOf(*self_, only);
  if (twin_ != nullptr) {
    EXPECT_THAT(StateOf(*twin_, only), testing::UnorderedElementsAreArray(lines));
  }
  return lines;
}

std::vector<std::string> Harness::StateOf(Subtask& subtask, std::optional<StateKey> only) {
  const StateCursor cursor = subtask.op->ReadState(std::move(only));
  std::vector<std::string> lines;
  for (bool last = cursor == nullptr; !last;) {
    const StatePiece piece = cursor(2).ValueOrDie();
    last = piece.last;
    if (piece.columns.empty()) continue;
    arrow::FieldVector fields;
    for (const ArrayPtr& column : piece.columns) fields.push_back(arrow::field("", column->type()));
    const auto rows =
        arrow::RecordBatch::Make(arrow::schema(fields), piece.columns[0]->length(), piece.columns);
    EXPECT_TRUE(rows->ValidateFull().ok()) << rows->ValidateFull().ToString();
    for (std::string& line : ToLines(Batch{rows, nullptr, kNoSplit}))
      lines.push_back(std::move(line));
    if (subtask.tiers != nullptr) {
      const arrow::Status room = subtask.tiers->MakeRoom();
      EXPECT_TRUE(room.ok()) << room;
    }
  }
  return lines;
}

const OperatorMetrics& Harness::metrics() const { return self_->metrics; }

int64_t Harness::state_bytes() const { return self_->budget.state_bytes(); }

bool Harness::wants_input() const { return self_->op->wants_input(); }

void Harness::AdvanceWatermark(int64_t millis) {
  Drive([&](Operator& op, Collector& out) { return op.OnWatermark({millis}, out); });
  EXPECT_TRUE(last_error_.ok()) << last_error_.ToString();
}

void Harness::Status(StreamStatus status) {
  Drive([&](Operator& op, Collector& out) { return op.OnStatus(status, out); });
  EXPECT_TRUE(last_error_.ok()) << last_error_.ToString();
}

void Harness::AdvanceProcessingTime(int64_t millis) {
  clock_.AdvanceMillis(millis);
  while (self_->op->NextTimer() <= clock_.NowMillis()) {
    Drive([&](Operator& op, Collector& out) { return op.OnTimer(clock_.NowMillis(), out); });
    ASSERT_TRUE(last_error_.ok()) << last_error_.ToString();
  }
}

void Harness::BackPressure(int64_t millis) {
  task_times_.Enter(TaskTimes::State::kBackpressured, clock_.MonotonicNanos());
  clock_.AdvanceMillis(millis);
  task_times_.Enter(TaskTimes::State::kIdle, clock_.MonotonicNanos());
}

void Harness::EndOfInput() {
  AdvanceWatermark(kWatermarkMax);
  for (size_t input = 0; input < node_.inputs.size(); ++input) {
    Drive([&](Operator& op, Collector& out) {
      return op.OnEndOfInput(static_cast<int>(input), out);
    });
    EXPECT_TRUE(last_error_.ok()) << last_error_.ToString();
  }
}

void Harness::Restart(int parallelism) {
  CompareTwin();
  const MemorySnapshot savepoint = snapshots_->Savepoint(*self_->op);
  const SnapshotChain chain{snapshots_->Finish(*self_->op), {}};
  auto old = std::exchange(self_, nullptr);
  twin_ = Restored({{{&savepoint.sections()}, {}}}, {}, false, Memory::kShort);
  if (parallelism == 1) {
    self_ = Restored({chain}, {}, true);
  } else {
    // Each new subtask restores its key groups and snapshots again.
    std::vector<MemorySnapshot> parts;
    std::vector<SnapshotChain> chains;
    for (int subtask = 0; subtask < parallelism; ++subtask) {
      const KeyGroups own = KeyGroupsOf(subtask, parallelism);
      parts.push_back(RunningSnapshots().Savepoint(*Restored({chain}, own, false)->op));
      chains.push_back({{}, own});
    }
    for (size_t i = 0; i < parts.size(); ++i) chains[i].snapshots = {&parts[i].sections()};
    self_ = Restored(std::move(chains), {}, false);
    snapshots_ = std::make_unique<RunningSnapshots>();
  }
  self_->metrics.late_rows.Add(old->metrics.late_rows.value());
  self_->output->lines = std::move(old->output->lines);
  self_->output->late_lines = std::move(old->output->late_lines);
  self_->output->batches = std::move(old->output->batches);
  twin_begins_ = self_->output->lines.size();
}

std::unique_ptr<Harness::Subtask> Harness::Restored(std::vector<SnapshotChain> chains,
                                                    KeyGroups own, bool continues, Memory memory) {
  auto subtask = Open(memory);
  const arrow::Status restored =
      subtask->op->Restore(SnapshotReader(std::move(chains), own, continues));
  EXPECT_TRUE(restored.ok()) << restored.ToString();
  return subtask;
}

// The twin has given the same since it was restored, in any order of rows.
void Harness::CompareTwin() {
  if (twin_ == nullptr) return;
  std::vector<std::string> own(self_->output->lines.begin() + static_cast<ptrdiff_t>(twin_begins_),
                               self_->output->lines.end());
  std::vector<std::string> twins = std::exchange(twin_->output->lines, {});
  std::sort(own.begin(), own.end());
  std::sort(twins.begin(), twins.end());
  EXPECT_EQ(own, twins) << "restored from a chain of snapshots, and from a savepoint";
  twin_begins_ = self_->output->lines.size();
}

std::vector<std::string> Harness::Take() {
  CompareTwin();
  twin_begins_ = 0;
  return std::exchange(self_->output->lines, {});
}

std::vector<std::string> Harness::TakeLetters() {
  return std::exchange(self_->output->letter_lines, {});
}

std::vector<std::string> Harness::TakeLate() {
  return std::exchange(self_->output->late_lines, {});
}

}  // namespace sabot::test
