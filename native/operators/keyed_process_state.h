// ProcessState: one named state of a keyed process function: for every key a value, a list or a
// map.
//
//   keys a b         Gather  ->  [5, null]                  value of a, nothing of b
//   edits [b, put, 7] [a, clear]     Apply
//
// Each has a table of its own, so that a state may come to a job or leave it, and has its own time
// to live. Elements of lists and entries of maps come in the order in which they were first put.
#pragma once

#include <arrow/array/array_primitive.h>
#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "batch/batch.h"
#include "batch/type.h"
#include "plan/plan.h"
#include "state/keyed_table.h"
#include "stream/operator.h"

namespace sabot {

class ProcessState {
 public:
  enum class Kind : uint8_t { kValue, kList, kMap };

  struct Spec {
    std::string name;
    Kind kind = Kind::kValue;
    Type map_key;  // Of kMap.
    Type value;    // Of a value, an element, an entry.
    int64_t ttl_ms = 0;
    TtlUpdate ttl_update = TtlUpdate::kCreateAndWrite;
  };
  // Config "states" of a node.
  static arrow::Result<std::vector<Spec>> ReadSpecs(const PlanNode& node,
                                                    const OperatorContext& context);

  ProcessState(Spec spec, KeyTypes keys, StateTiers* tiers);

  const std::string& name() const { return spec_.name; }
  KeyedTable& table() { return *table_; }
  const KeyedTable& table() const { return *table_; }
  void BeginBatch(int64_t now_ms) { table_->BeginBatch(now_ms); }

  // About what a slot's part of Gather takes.
  int64_t BytesOf(Slot slot) const;
  // What slots hold, kNoSlot nothing: to V8, where a map is a list of rows {key, value}, and to
  // readers.
  enum class For : uint8_t { kFunction, kReaders };
  arrow::Result<ArrayPtr> Gather(std::span<const Slot> slots, For whom) const;
  std::shared_ptr<arrow::DataType> GatheredType(For whom) const;

  // Edits as a function's reply has them: [key, kind, map_key (of a map), value]. The first is a
  // position in `keys`, which were fetched for this element.
  std::shared_ptr<arrow::Schema> EditSchema() const;
  arrow::Status Apply(const arrow::RecordBatch& edits, std::span<const KeyedTable::KeyRef> keys);

 private:
  enum class Edit : int8_t { kPut = 0, kClear = 1, kTouch = 2, kRemove = 3 };
  arrow::Status GatherInto(Slot slot, For whom, arrow::ArrayBuilder& to) const;
  std::vector<Slot> ElementsInOrder(Slot slot) const;
  void NoteLast(const arrow::Int32Array& of, const arrow::Int8Array& kinds, size_t num_keys);
  arrow::Status Put(const arrow::RecordBatch& edits, int64_t row, const KeyedTable::KeyRef& key);
  arrow::Status PutElement(Slot slot, const arrow::RecordBatch& edits, int64_t row);
  arrow::Status Remove(const arrow::RecordBatch& edits, int64_t row, Slot slot);

  const Spec spec_;
  const Type gathered_;
  const Type read_;
  std::unique_ptr<KeyedTable> table_;
  // Scratch.
  std::vector<int64_t> last_;
  std::string element_;
  std::string value_;
};

}  // namespace sabot
