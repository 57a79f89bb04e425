// Times by key, as ordered elements, and a queue of the keys by their first times.
#include "operators/keyed_process_timers.h"

#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_time.h>
#include <arrow/builder.h>

#include <cstring>

#include "base/check.h"
#include "base/hash.h"

namespace sabot {
namespace {

constexpr int kFirst = 0;  // The cell of a key: its first time.
constexpr size_t kRestoredRows = 1024;

KeyedTableLayout LayoutOf(KeyTypes keys) {
  KeyedTableLayout layout;
  layout.keys = std::move(keys);
  layout.cells = {{"first", CellSpec::Kind::kFixed8}};
  layout.children = {{.cells = {}, .ordered = true}};
  return layout;
}

// Bytes that compare as times do.
struct TimeBytes {
  char bytes[sizeof(int64_t)];
  explicit TimeBytes(int64_t time) {
    const uint64_t ordered = __builtin_bswap64(static_cast<uint64_t>(time) ^ (uint64_t{1} << 63));
    std::memcpy(bytes, &ordered, sizeof(ordered));
  }
  std::string_view view() const { return {bytes, sizeof(bytes)}; }
};

int64_t TimeIn(std::string_view element) {
  uint64_t ordered = 0;
  SABOT_CHECK(element.size() == sizeof(ordered));
  std::memcpy(&ordered, element.data(), sizeof(ordered));
  return static_cast<int64_t>(__builtin_bswap64(ordered) ^ (uint64_t{1} << 63));
}

}  // namespace

ProcessTimers::ProcessTimers(const std::string& name, KeyTypes keys, StateTiers* tiers)
    : table_(name, LayoutOf(std::move(keys)), tiers),
      due_(name + "_due", &table_, kFirst, 0, tiers) {}

void ProcessTimers::Set(const KeyedTable::KeyRef& key, int64_t time) {
  bool inserted = false;
  const Slot slot = table_.LookupOrInsert(key.key, key.hash, &inserted);
  const TimeBytes element(time);
  bool added = false;
  table_.child(0).FindOrInsert(slot, element.view(), HashBytes(element.view()), &added);
  if (!inserted && time >= next(slot)) return;
  next(slot) = time;
  due_.Forget(slot);
  due_.Push(slot);
}

void ProcessTimers::Delete(const KeyedTable::KeyRef& key, int64_t time) {
  const Slot slot = table_.Lookup(key.key, key.hash);
  if (slot == kNoSlot) return;
  ChildTable& times = table_.child(0);
  const TimeBytes element(time);
  const Slot found = times.Find(slot, element.view(), HashBytes(element.view()));
  if (found == kNoSlot) return;
  if (times.count(slot) == 1) {
    due_.Forget(slot);
    table_.Erase(slot);
    return;
  }
  times.Erase(found);
  if (time != next(slot)) return;
  table_.Touch(slot);
  next(slot) = TimeIn(times.element(times.First(slot)));
}

arrow::Status ProcessTimers::TakeDue(int64_t until, size_t num_max, std::vector<Timer>* taken) {
  const auto is_due = [until](int64_t time) { return time <= until; };
  ChildTable& times = table_.child(0);
  while (taken->size() < num_max) {
    ARROW_ASSIGN_OR_RAISE(const Slot slot, due_.Pop(is_due));
    if (slot == kNoSlot) break;
    taken->push_back({std::string(table_.key(slot)), table_.hash(slot), next(slot)});
    if (times.count(slot) == 1) {
      table_.Erase(slot);
      continue;
    }
    times.Erase(times.First(slot));
    table_.Touch(slot);
    next(slot) = TimeIn(times.element(times.First(slot)));
    due_.Push(slot);
  }
  return arrow::Status::OK();
}

arrow::Status ProcessTimers::Restore(const SnapshotReader& from, StateTiers* tiers) {
  ARROW_RETURN_NOT_OK(table_.Restore(from));
  KeyedTable::Scan keys(table_);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> slots, keys.Next(kRestoredRows));
    if (slots.empty()) return arrow::Status::OK();
    for (const Slot slot : slots) due_.Push(slot);
    if (tiers != nullptr) ARROW_RETURN_NOT_OK(tiers->MakeRoom());
  }
}

arrow::Result<ArrayPtr> ProcessTimers::Gather(std::span<const Slot> slots,
                                              const std::shared_ptr<arrow::DataType>& type) const {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
  auto& lists = static_cast<arrow::ListBuilder&>(*builder);
  auto& times = static_cast<arrow::TimestampBuilder&>(*lists.value_builder());
  for (const Slot slot : slots) {
    ARROW_RETURN_NOT_OK(lists.Append(slot != kNoSlot));
    if (slot == kNoSlot) continue;
    for (const Slot each : table_.child(0).Elements(slot))
      ARROW_RETURN_NOT_OK(times.Append(TimeIn(table_.child(0).element(each))));
  }
  return builder->Finish();
}

}  // namespace sabot
