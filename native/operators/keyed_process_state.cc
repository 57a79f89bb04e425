// Values, lists and maps by key, as encoded bytes in tables.
#include "operators/keyed_process_state.h"

#include <arrow/array/builder_base.h>
#include <arrow/array/builder_nested.h>
#include <arrow/builder.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/hash.h"
#include "operators/row_call.h"
#include "operators/state_ttl.h"

namespace sabot {
namespace {

// Cells of a value's table.
constexpr int kValue = 0;
// Cells of a list's or map's table: what its elements take, and the number of the next one.
constexpr int kBytes = 0;
constexpr int kNext = 1;
// Cells of an element: its value, and of a map its number, which a list's element itself is.
constexpr int kElement = 0;
constexpr int kOrder = 1;
constexpr int64_t kElementBytes = 16;  // What crosses of one beside its bytes, about.

KeyedTableLayout LayoutOf(const ProcessState::Spec& spec, KeyTypes keys) {
  KeyedTableLayout layout;
  layout.keys = std::move(keys);
  layout.ttl_ms = spec.ttl_ms;
  layout.ttl_update = spec.ttl_update;
  if (spec.kind == ProcessState::Kind::kValue) {
    layout.cells = {{"value", CellSpec::Kind::kBytes}};
    return layout;
  }
  layout.cells = {{"bytes", CellSpec::Kind::kFixed8}, {"next", CellSpec::Kind::kFixed8}};
  ChildSpec elements;
  elements.cells = {{"value", CellSpec::Kind::kBytes}};
  if (spec.kind == ProcessState::Kind::kMap) {
    elements.cells.push_back({"order", CellSpec::Kind::kFixed8});
    elements.values = {ToArrow(spec.map_key)};
  }
  layout.children = {std::move(elements)};
  return layout;
}

Type Nullable(Type type) {
  type.nullable = true;
  return type;
}

Type ListOf(Type element) {
  Type list;
  list.kind = TypeKind::kArray;
  list.children = {std::move(element)};
  return list;
}

Type GatheredTypeOf(const ProcessState::Spec& spec) {
  if (spec.kind == ProcessState::Kind::kValue) return Nullable(spec.value);
  if (spec.kind == ProcessState::Kind::kList) return ListOf(spec.value);
  Type entry;
  entry.kind = TypeKind::kRow;
  entry.nullable = false;
  entry.children = {spec.map_key, spec.value};
  entry.names = {"key", "value"};
  return ListOf(std::move(entry));
}

Type ReadTypeOf(const ProcessState::Spec& spec) {
  if (spec.kind != ProcessState::Kind::kMap) return GatheredTypeOf(spec);
  Type map;
  map.kind = TypeKind::kMap;
  map.children = {spec.map_key, spec.value};
  return map;
}

uint64_t NumberIn(std::string_view element) {
  uint64_t ordered = 0;
  SABOT_CHECK(element.size() == sizeof(ordered));
  std::memcpy(&ordered, element.data(), sizeof(ordered));
  return __builtin_bswap64(ordered);
}

arrow::Result<ProcessState::Spec> ReadSpec(const PlanNode& node, const OperatorContext& context,
                                           const nlohmann::json& from) {
  const auto text = [&from](const char* member) -> std::string {
    const auto at = from.find(member);
    return at != from.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  if (!from.is_object() || text("name").empty() || !from.contains("type"))
    return node.Error("config 'states' must be of {\"name\", \"kind\", \"type\", ...}");
  ProcessState::Spec spec;
  spec.name = text("name");
  const std::string kind = text("kind");
  if (kind == "value") {
    spec.kind = ProcessState::Kind::kValue;
  } else if (kind == "list") {
    spec.kind = ProcessState::Kind::kList;
  } else if (kind == "map" && from.contains("key")) {
    spec.kind = ProcessState::Kind::kMap;
    ARROW_ASSIGN_OR_RAISE(spec.map_key, DecodeType(from["key"]));
  } else {
    return node.Error("state '" + spec.name + "' must be a value, a list, or a map with a 'key'");
  }
  ARROW_ASSIGN_OR_RAISE(spec.value, DecodeType(from["type"]));
  KeyedTableLayout ttl;
  PlanNode of;  // The state's own 'ttl', where it has one.
  of.op = node.op;
  of.uid = node.uid;
  of.config = std::make_shared<const nlohmann::json>(from);
  ARROW_RETURN_NOT_OK(SetTtl(of, context, &ttl));
  spec.ttl_ms = ttl.ttl_ms;
  spec.ttl_update = ttl.ttl_update;
  return spec;
}

}  // namespace

arrow::Result<std::vector<ProcessState::Spec>> ProcessState::ReadSpecs(
    const PlanNode& node, const OperatorContext& context) {
  std::vector<Spec> specs;
  const nlohmann::json* const states = node.Member("states");
  if (states == nullptr) return specs;
  if (!states->is_array()) return node.Error("config 'states' must be a list");
  for (const nlohmann::json& each : *states) {
    ARROW_ASSIGN_OR_RAISE(auto spec, ReadSpec(node, context, each));
    for (const Spec& other : specs) {
      if (other.name == spec.name) return node.Error("state '" + spec.name + "' is there twice");
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

ProcessState::ProcessState(Spec spec, KeyTypes keys, StateTiers* tiers)
    : spec_(std::move(spec)),
      gathered_(GatheredTypeOf(spec_)),
      read_(ReadTypeOf(spec_)),
      table_(std::make_unique<KeyedTable>("state." + spec_.name, LayoutOf(spec_, std::move(keys)),
                                          tiers)) {}

std::shared_ptr<arrow::DataType> ProcessState::GatheredType(For whom) const {
  return ToArrow(whom == For::kFunction ? gathered_ : read_);
}

int64_t ProcessState::BytesOf(Slot slot) const {
  if (slot == kNoSlot) return 0;
  if (spec_.kind == Kind::kValue) return std::ssize(table_->cells().bytes(kValue, slot));
  return table_->cells().at<int64_t>(kBytes, slot) + kElementBytes * table_->child(0).count(slot);
}

arrow::Result<ArrayPtr> ProcessState::Gather(std::span<const Slot> slots, For whom) const {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  ARROW_RETURN_NOT_OK(
      arrow::MakeBuilder(arrow::default_memory_pool(), GatheredType(whom), &builder));
  ARROW_RETURN_NOT_OK(builder->Reserve(std::ssize(slots)));
  for (const Slot slot : slots) {
    if (slot == kNoSlot) {
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(GatherInto(slot, whom, *builder));
    }
  }
  return builder->Finish();
}

arrow::Status ProcessState::GatherInto(Slot slot, For whom, arrow::ArrayBuilder& to) const {
  if (spec_.kind == Kind::kValue) {
    std::string_view value = table_->cells().bytes(kValue, slot);
    return DecodeValue(value, to);
  }
  const ChildTable& elements = table_->child(0);
  const std::vector<Slot> in_order = ElementsInOrder(slot);
  if (spec_.kind == Kind::kMap && whom == For::kReaders) {
    auto& map = static_cast<arrow::MapBuilder&>(to);
    ARROW_RETURN_NOT_OK(map.Append());
    for (const Slot each : in_order) {
      std::string_view key = elements.element(each);
      std::string_view value = elements.cells().bytes(kElement, each);
      ARROW_RETURN_NOT_OK(DecodeValue(key, *map.key_builder()));
      ARROW_RETURN_NOT_OK(DecodeValue(value, *map.item_builder()));
    }
    return arrow::Status::OK();
  }
  auto& list = static_cast<arrow::ListBuilder&>(to);
  ARROW_RETURN_NOT_OK(list.Append());
  for (const Slot each : in_order) {
    std::string_view value = elements.cells().bytes(kElement, each);
    if (spec_.kind == Kind::kList) {
      ARROW_RETURN_NOT_OK(DecodeValue(value, *list.value_builder()));
      continue;
    }
    std::string_view key = elements.element(each);
    auto& entry = static_cast<arrow::StructBuilder&>(*list.value_builder());
    ARROW_RETURN_NOT_OK(entry.Append());
    ARROW_RETURN_NOT_OK(DecodeValue(key, *entry.field_builder(0)));
    ARROW_RETURN_NOT_OK(DecodeValue(value, *entry.field_builder(1)));
  }
  return arrow::Status::OK();
}

// A restore, or a way over the disk, may have put them into another order.
std::vector<Slot> ProcessState::ElementsInOrder(Slot slot) const {
  const ChildTable& elements = table_->child(0);
  std::vector<Slot> slots = elements.Elements(slot);
  const auto number = [&](Slot each) {
    return spec_.kind == Kind::kList ? NumberIn(elements.element(each))
                                     : elements.cells().at<uint64_t>(kOrder, each);
  };
  const auto before = [&](Slot a, Slot b) { return number(a) < number(b); };
  if (!std::is_sorted(slots.begin(), slots.end(), before))
    std::sort(slots.begin(), slots.end(), before);
  return slots;
}

std::shared_ptr<arrow::Schema> ProcessState::EditSchema() const {
  arrow::FieldVector fields = {arrow::field("key", arrow::int32(), false),
                               arrow::field("kind", arrow::int8(), false)};
  if (spec_.kind == Kind::kMap) fields.push_back(arrow::field("mapKey", ToArrow(spec_.map_key)));
  fields.push_back(arrow::field("value", ToArrow(spec_.value)));
  return arrow::schema(std::move(fields));
}

arrow::Status ProcessState::Apply(const arrow::RecordBatch& edits,
                                  std::span<const KeyedTable::KeyRef> keys) {
  const auto& of = static_cast<const arrow::Int32Array&>(*edits.column(0));
  const auto& kinds = static_cast<const arrow::Int8Array&>(*edits.column(1));
  for (int64_t row = 0; row < edits.num_rows(); ++row) {
    if (of.Value(row) < 0 || of.Value(row) >= std::ssize(keys)) return WrongReply();
  }
  NoteLast(of, kinds, keys.size());
  for (int64_t row = 0; row < edits.num_rows(); ++row) {
    const auto at = static_cast<size_t>(of.Value(row));
    const KeyedTable::KeyRef& key = keys[at];
    const auto edit = static_cast<Edit>(kinds.Value(row));
    if (edit != Edit::kTouch && row < last_[at]) continue;
    if (edit == Edit::kPut) {
      ARROW_RETURN_NOT_OK(Put(edits, row, key));
      continue;
    }
    const Slot slot = table_->Lookup(key.key, key.hash);
    if (edit == Edit::kClear) {
      if (slot != kNoSlot) table_->Erase(slot);
    } else if (edit == Edit::kTouch) {
      if (slot != kNoSlot) table_->Touch(slot);
    } else if (edit == Edit::kRemove && spec_.kind == Kind::kMap) {
      if (slot != kNoSlot) ARROW_RETURN_NOT_OK(Remove(edits, row, slot));
    } else {
      return WrongReply();
    }
  }
  return arrow::Status::OK();
}

// Of each key the edit that makes void what comes before: the last one of a value, of a list or map
// the last that clears it.
void ProcessState::NoteLast(const arrow::Int32Array& of, const arrow::Int8Array& kinds,
                            size_t num_keys) {
  last_.assign(num_keys, 0);
  for (int64_t row = 0; row < of.length(); ++row) {
    const auto edit = static_cast<Edit>(kinds.Value(row));
    const bool replaces =
        edit == Edit::kClear || (edit == Edit::kPut && spec_.kind == Kind::kValue);
    if (replaces) last_[static_cast<size_t>(of.Value(row))] = row;
  }
}

arrow::Status ProcessState::Put(const arrow::RecordBatch& edits, int64_t row,
                                const KeyedTable::KeyRef& key) {
  bool inserted = false;
  const Slot slot = table_->LookupOrInsert(key.key, key.hash, &inserted);
  value_.clear();
  ARROW_RETURN_NOT_OK(EncodeValue(*edits.column(edits.num_columns() - 1), row, value_));
  if (spec_.kind == Kind::kValue) {
    table_->cells().set_bytes(kValue, slot, value_);
    return arrow::Status::OK();
  }
  return PutElement(slot, edits, row);
}

arrow::Status ProcessState::PutElement(Slot slot, const arrow::RecordBatch& edits, int64_t row) {
  CellColumns& cells = table_->cells();
  ChildTable& elements = table_->child(0);
  auto& next = cells.at<uint64_t>(kNext, slot);
  element_.clear();
  if (spec_.kind == Kind::kMap) {
    ARROW_RETURN_NOT_OK(EncodeValue(*edits.column(2), row, element_));
  } else {
    const uint64_t ordered = __builtin_bswap64(next);
    element_.assign(reinterpret_cast<const char*>(&ordered), sizeof(ordered));
  }
  bool added = false;
  const Slot element = elements.FindOrInsert(slot, element_, HashBytes(element_), &added);
  int64_t bytes = std::ssize(value_);
  if (added) {
    bytes += std::ssize(element_);
    if (spec_.kind == Kind::kMap) elements.cells().at<uint64_t>(kOrder, element) = next;
    ++next;
  } else {
    elements.Touch(element);
    bytes -= std::ssize(elements.cells().bytes(kElement, element));
  }
  elements.cells().set_bytes(kElement, element, value_);
  cells.at<int64_t>(kBytes, slot) += bytes;
  return arrow::Status::OK();
}

arrow::Status ProcessState::Remove(const arrow::RecordBatch& edits, int64_t row, Slot slot) {
  ChildTable& elements = table_->child(0);
  element_.clear();
  ARROW_RETURN_NOT_OK(EncodeValue(*edits.column(2), row, element_));
  const Slot element = elements.Find(slot, element_, HashBytes(element_));
  if (element == kNoSlot) return arrow::Status::OK();
  if (elements.count(slot) == 1) {
    table_->Erase(slot);
    return arrow::Status::OK();
  }
  table_->Touch(slot);
  table_->cells().at<int64_t>(kBytes, slot) -=
      std::ssize(element_) + std::ssize(elements.cells().bytes(kElement, element));
  elements.Erase(element);
  return arrow::Status::OK();
}

}  // namespace sabot
