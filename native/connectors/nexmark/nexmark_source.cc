// nexmark_source: the rows of one Nexmark table, generated.
//
//   table "bid", rows 1000000, seed 42, columns ["auction", "price"]   ->   batches of those
//   columns
//
// The random sequence has no short cuts, so every subtask walks all of it and puts together only
// its own blocks of rows. State: the position in the sequence, and, after a restore at another
// parallelism, how far each earlier subtask had come with its blocks.
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "connectors/nexmark/nexmark_generator.h"
#include "stream/operator.h"

namespace sabot {
namespace {

// Rows of one subtask before it is another's turn, whatever the batch size: the same rows go to the
// same subtasks in every run.
constexpr int64_t kBlockRows = 8'192;

class NexmarkSource final : public Operator {
 public:
  NexmarkSource(NexmarkTable table, int64_t seed, int64_t rows,
                std::vector<std::unique_ptr<ColumnBuffer>> columns,
                std::vector<ColumnBuffer*> by_field, std::shared_ptr<arrow::Schema> schema,
                OperatorContext& context)
      : num_rows_(rows),
        columns_(std::move(columns)),
        generator_(table, seed, std::move(by_field)),
        schema_(std::move(schema)),
        context_(context) {}

  arrow::Result<Progress> Produce(Collector& out) override {
    int64_t length = 0;
    while (length < context_.options.batch_max_rows && next_row_ < num_rows_) {
      const int64_t block = next_row_ / kBlockRows;
      int64_t rows = std::min((block + 1) * kBlockRows, num_rows_) - next_row_;
      const int64_t done = DoneBefore(block) - next_row_;
      const bool ours = block % context_.parallelism == context_.subtask && done <= 0;
      if (done > 0) rows = std::min(rows, done);
      if (ours) rows = std::min(rows, context_.options.batch_max_rows - length);
      generator_.Generate(rows, ours);
      next_row_ += rows;
      length += ours ? rows : 0;
    }
    if (length > 0) {
      std::vector<ArrayPtr> arrays;
      arrays.reserve(columns_.size());
      for (auto& column : columns_) {
        ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
        arrays.push_back(std::move(array));
      }
      Batch batch;
      batch.rows = arrow::RecordBatch::Make(schema_, length, std::move(arrays));
      ARROW_RETURN_NOT_OK(out.Emit(std::move(batch)));
    }
    return next_row_ == num_rows_ ? Progress::kDone : Progress::kMoreOutput;
  }

  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    SABOT_CHECK(false);  // A source has no inputs.
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    const NexmarkGenerator::Position& at = generator_.position();
    std::erase_if(earlier_, [this](const Earlier& each) {
      return *std::max_element(each.next_rows.begin(), each.next_rows.end()) <= next_row_;
    });
    ByteWriter bytes;
    bytes.I64(context_.parallelism);
    bytes.I64(context_.subtask);
    bytes.I64(next_row_);
    bytes.U32(at.random);
    bytes.I64(at.event);
    bytes.I64(at.num_persons);
    bytes.I64(at.num_auctions);
    bytes.I64(at.num_bids);
    bytes.U32(static_cast<uint32_t>(earlier_.size()));
    for (const Earlier& each : earlier_) {
      bytes.U32(static_cast<uint32_t>(each.next_rows.size()));
      for (const int64_t row : each.next_rows) bytes.I64(row);
    }
    to.Put("position", bytes.Take());
    return arrow::Status::OK();
  }

  arrow::Status Restore(const SnapshotReader& from) override {
    const std::vector<std::string_view> parts = from.All("position");
    Earlier last;
    last.next_rows.resize(parts.size());
    next_row_ = INT64_MAX;
    for (const std::string_view part : parts) {
      ByteReader bytes(part);
      const int64_t parallelism = bytes.I64();
      const int64_t subtask = bytes.I64();
      const int64_t next_row = bytes.I64();
      NexmarkGenerator::Position at;
      at.random = bytes.U32();
      at.event = bytes.I64();
      at.num_persons = bytes.I64();
      at.num_auctions = bytes.I64();
      at.num_bids = bytes.I64();
      std::vector<Earlier> earlier;
      for (uint32_t num = bytes.U32(); num > 0 && bytes.ok(); --num) {
        Earlier& each = earlier.emplace_back();
        for (uint32_t rows = bytes.U32(); rows > 0 && bytes.ok(); --rows)
          each.next_rows.push_back(bytes.I64());
        if (each.next_rows.empty()) return Damaged();
      }
      if (!bytes.ok() || !bytes.done() || subtask < 0 || subtask >= parallelism ||
          parallelism != static_cast<int64_t>(parts.size())) {
        return Damaged();
      }
      last.next_rows[static_cast<size_t>(subtask)] = next_row;
      const bool same = parallelism == context_.parallelism;
      if (same ? subtask != context_.subtask : next_row >= next_row_) continue;
      // Of several the one that is behind goes on: it knows all that the others do.
      next_row_ = next_row;
      generator_.set_position(at);
      earlier_ = std::move(earlier);
    }
    if (static_cast<int>(parts.size()) != context_.parallelism) earlier_.push_back(std::move(last));
    return arrow::Status::OK();
  }

 private:
  // What the subtasks of an earlier parallelism had walked, by subtask: of their own blocks they
  // had emitted all rows up to there.
  struct Earlier {
    std::vector<int64_t> next_rows;
  };

  // The row up to which an earlier subtask has emitted this block already.
  int64_t DoneBefore(int64_t block) const {
    int64_t done = 0;
    for (const Earlier& each : earlier_) {
      const auto owner = static_cast<size_t>(block) % each.next_rows.size();
      done = std::max(done, each.next_rows[owner]);
    }
    return done;
  }

  static arrow::Status Damaged() {
    return arrow::Status::Invalid("nexmark_source: a damaged snapshot");
  }

  const int64_t num_rows_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  NexmarkGenerator generator_;
  const std::shared_ptr<arrow::Schema> schema_;
  OperatorContext& context_;
  std::vector<Earlier> earlier_;
  int64_t next_row_ = 0;  // Of the table, over all subtasks.
};

bool IsTextField(std::string_view field) {
  constexpr std::string_view kNumbers[] = {"id",       "initialBid", "reserve", "seller",
                                           "category", "auction",    "bidder",  "price",
                                           "dateTime", "expires"};
  return std::find(std::begin(kNumbers), std::end(kNumbers), field) == std::end(kNumbers);
}

// The type that the generator makes of a field.
bool Fits(std::string_view field, const Type& type) {
  if (IsTextField(field)) return type.is_string();
  if (field == "dateTime" || field == "expires") return type.is_timestamp() && type.precision == 3;
  return type.kind == TypeKind::kBigint;
}

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string table_name, node.String("table"));
  ARROW_ASSIGN_OR_RAISE(const int64_t rows, node.Int("rows"));
  ARROW_ASSIGN_OR_RAISE(const int64_t seed, node.Int("seed", 42));
  NexmarkTable table = NexmarkTable::kBid;
  if (table_name == "person") {
    table = NexmarkTable::kPerson;
  } else if (table_name == "auction") {
    table = NexmarkTable::kAuction;
  } else if (table_name != "bid") {
    return UserError("invalid-option", "table",
                     "option 'table' must be person, auction or bid, not '" + table_name + "'");
  }
  const auto& fields = NexmarkGenerator::FieldsOf(table);
  std::vector<std::unique_ptr<ColumnBuffer>> columns;
  std::vector<ColumnBuffer*> by_field(fields.size(), nullptr);
  for (const Field& column : node.schema) {
    const auto found = std::find(fields.begin(), fields.end(), column.name);
    if (found == fields.end()) {
      return UserError("unknown-column", column.name,
                       "the Nexmark table " + table_name + " has no column '" + column.name + "'");
    }
    if (!Fits(*found, column.type)) {
      return UserError("invalid-type", column.name,
                       "column '" + column.name + "' of the Nexmark table " + table_name +
                           " cannot be " + ToString(column.type));
    }
    columns.push_back(std::make_unique<ColumnBuffer>(column.type));
    by_field[static_cast<size_t>(found - fields.begin())] = columns.back().get();
  }
  return std::make_unique<NexmarkSource>(table, seed, rows, std::move(columns), std::move(by_field),
                                         ToArrow(node.schema), context);
}

}  // namespace

extern const OperatorSpec kNexmarkSource{
    .name = "nexmark_source", .num_inputs = 0, .stateful = true, .make = &Make};

}  // namespace sabot
