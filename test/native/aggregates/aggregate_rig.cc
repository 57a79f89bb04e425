// See aggregate_rig.h.
#include "aggregates/aggregate_rig.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "aggregates/aggregate_set.h"
#include "harness.h"

namespace sabot::test {
namespace {

using nlohmann::json;

std::string Text(const arrow::Array& array, int64_t row) {
  return array.IsNull(row) ? "NULL" : array.GetScalar(row).ValueOrDie()->ToString();
}

class Rig {
 public:
  Rig(const std::vector<std::string>& schema, std::string_view calls, std::string_view rows,
      RigOptions options)
      : options_(options), batch_(MakeBatch(MakeSchema(schema), rows)) {
    const json types = json::parse(SchemaJson(schema));
    json aggregates = json::parse(calls);
    for (json& call : aggregates) {
      call["argTypes"] = json::array();
      for (const json& arg : call["args"])
        call["argTypes"].push_back(types[arg.get<size_t>()]["type"]);
    }
    PlanNode node;
    node.input_schemas = {MakeSchema(schema)};
    node.config = std::make_shared<const json>(json{{"aggregates", aggregates}});
    calls_ = node.Aggregates("aggregates").ValueOrDie();
  }

  arrow::Status Open() {
    ARROW_ASSIGN_OR_RAISE(set_, AggregateSet::Make(calls_, options_.retracts, layout_));
    return arrow::Status::OK();
  }

  std::unique_ptr<KeyedTable> NewTable() const {
    return std::make_unique<KeyedTable>("t", layout_);
  }

  arrow::Result<std::vector<Slot>> Slots(KeyedTable& table, const Batch& batch) const {
    std::vector<ArrayPtr> columns;
    if (options_.key >= 0) columns.push_back(batch.column(options_.key));
    EncodedKeys keys;
    ARROW_RETURN_NOT_OK(keys.Encode(columns, batch.num_rows()));
    std::vector<Slot> slots(static_cast<size_t>(batch.num_rows()));
    EXPECT_TRUE(table.LookupOrInsert(keys, slots, nullptr).ok());
    return slots;
  }

  // The values after each row; checks `before` and `changed` against them.
  arrow::Result<std::vector<std::string>> Track(KeyedTable& table, const Batch& batch,
                                                bool before) {
    ARROW_ASSIGN_OR_RAISE(const auto slots, Slots(table, batch));
    Tracking track;
    track.Begin(batch.num_rows(), before);
    ARROW_RETURN_NOT_OK(set_->UpdateTracked(table, batch, slots, track));
    std::vector<std::string> entries(static_cast<size_t>(track.entries()));
    std::vector<int32_t> all;
    for (int32_t i = 0; i < track.entries(); ++i) all.push_back(i);
    for (int call = 0; call < set_->size(); ++call) {
      ARROW_ASSIGN_OR_RAISE(const auto column, set_->tracked(call).All());
      ARROW_ASSIGN_OR_RAISE(const auto picked, set_->tracked(call).Pick(all));
      EXPECT_TRUE(picked->Equals(*column, arrow::EqualOptions().nans_equal(true)));
      EXPECT_TRUE(column->ValidateFull().ok()) << column->ValidateFull();
      for (size_t i = 0; i < entries.size(); ++i) {
        entries[i] += (call == 0 ? "" : " ") + Text(*column, static_cast<int64_t>(i));
      }
    }
    if (!before) return entries;
    std::vector<std::string> after;
    for (size_t row = 0; row < slots.size(); ++row) {
      const auto last = last_.find(slots[row]);
      if (last != last_.end()) {
        EXPECT_EQ(entries[2 * row], last->second) << "row " << row;
      }
      const bool told = track.all_changed || track.changed[row] != 0;
      const bool changed = entries[2 * row] != entries[2 * row + 1];
      EXPECT_TRUE(told == changed || (told && !options_.exact)) << "row " << row;
      last_[slots[row]] = entries[2 * row + 1];
      after.push_back(entries[2 * row + 1]);
    }
    return after;
  }

  arrow::Result<std::string> Results(KeyedTable& table) const {
    std::map<std::string, std::string> by_key;
    const std::vector<Slot> slots = table.LiveSlots();
    ARROW_ASSIGN_OR_RAISE(const auto columns, set_->Finish(table, slots));
    std::string text;
    for (size_t i = 0; i < slots.size(); ++i) {
      std::string& line = by_key[std::string(table.key(slots[i]))];
      for (const ArrayPtr& column : columns) line += Text(*column, static_cast<int64_t>(i)) + " ";
    }
    for (const auto& [key, line] : by_key) text += line + "\n";
    return text;
  }

  arrow::Result<std::vector<std::string>> Run() {
    ARROW_RETURN_NOT_OK(Open());
    const auto whole = NewTable();
    ARROW_ASSIGN_OR_RAISE(const auto values, Track(*whole, batch_, true));
    ARROW_ASSIGN_OR_RAISE(const auto expected, Results(*whole));

    // One row at a time, only the values after it; restored from a snapshot half-way.
    auto table = NewTable();
    for (int64_t row = 0; row < batch_.num_rows(); ++row) {
      if (row == batch_.num_rows() / 2) {
        SnapshotWriter writer;
        ARROW_RETURN_NOT_OK(table->Snapshot(writer));
        MemorySnapshot snapshot;
        ARROW_RETURN_NOT_OK(writer.WriteAll(snapshot));
        table = NewTable();
        ARROW_RETURN_NOT_OK(table->Restore(SnapshotReader(snapshot.sections())));
      }
      ARROW_ASSIGN_OR_RAISE(const auto after, Track(*table, batch_.Slice(row, 1), false));
      EXPECT_EQ(after[0], values[static_cast<size_t>(row)]) << "one row at a time, row " << row;
    }

    // Plain updates; where order does not matter, first the even rows, then the odd ones.
    const auto plain = NewTable();
    ARROW_ASSIGN_OR_RAISE(const auto slots, Slots(*plain, batch_));
    for (const size_t parity : {size_t{0}, size_t{1}}) {
      std::vector<uint8_t> wanted(slots.size());
      for (size_t i = 0; i < wanted.size(); ++i) {
        wanted[i] = order_matters() ? parity == 0 : i % 2 == parity;
      }
      ARROW_RETURN_NOT_OK(set_->Update(*plain, batch_, slots, wanted.data()));
    }
    ARROW_ASSIGN_OR_RAISE(const auto from_updates, Results(*plain));
    EXPECT_EQ(from_updates, expected) << "plain updates";

    if (options_.merges) {
      for (const int64_t cut : {int64_t{1}, batch_.num_rows() / 2})
        ARROW_RETURN_NOT_OK(MergeHalves(cut, expected));
    }
    return values;
  }

 private:
  // Whether results depend on the order of rows, or (floating point) may.
  bool order_matters() const {
    if (options_.retracts) return true;
    for (const AggregateCall& call : calls_) {
      if (call.function != "count" && call.function != "min" && call.function != "max") return true;
    }
    return false;
  }

  arrow::Status MergeHalves(int64_t cut, const std::string& expected) {
    const auto first = NewTable();
    const auto second = NewTable();
    for (const auto& [table, batch] :
         {std::pair(first.get(), batch_.Slice(0, cut)),
          std::pair(second.get(), batch_.Slice(cut, batch_.num_rows() - cut))}) {
      ARROW_ASSIGN_OR_RAISE(const auto slots, Slots(*table, batch));
      ARROW_RETURN_NOT_OK(set_->Update(*table, batch, slots));
    }
    std::vector<Slot> to;
    const std::vector<Slot> from = second->LiveSlots();
    for (const Slot slot : from) {
      bool inserted;
      to.push_back(first->LookupOrInsert(second->key(slot), second->hash(slot), &inserted));
    }
    ARROW_RETURN_NOT_OK(set_->Merge(*first, to, *second, from));
    ARROW_ASSIGN_OR_RAISE(const auto merged, Results(*first));
    EXPECT_EQ(merged, expected) << "merged at " << cut;
    return arrow::Status::OK();
  }

  RigOptions options_;
  Batch batch_;
  std::vector<AggregateCall> calls_;
  KeyedTableLayout layout_;
  std::unique_ptr<AggregateSet> set_;
  std::map<Slot, std::string> last_;
};

}  // namespace

std::vector<std::string> Values(const std::vector<std::string>& schema, std::string_view calls,
                                std::string_view rows, RigOptions options) {
  auto values = Rig(schema, calls, rows, options).Run();
  EXPECT_TRUE(values.ok()) << values.status();
  return values.ok() ? *values : std::vector<std::string>{};
}

std::string Failure(const std::vector<std::string>& schema, std::string_view calls,
                    std::string_view rows, RigOptions options) {
  const auto values = Rig(schema, calls, rows, options).Run();
  EXPECT_FALSE(values.ok());
  return values.status().message();
}

}  // namespace sabot::test
