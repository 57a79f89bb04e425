// Reading messages of Protocol Buffers.
#include "formats/protobuf_reader.h"

#include <simdjson.h>

#include <utility>

#include "base/check.h"
#include "base/hash_map_order.h"
#include "formats/charset.h"

namespace sabot {
namespace {

constexpr int32_t kNoMember = -1;

bool IsBytes(ProtobufKind kind) {
  return kind == ProtobufKind::kString || kind == ProtobufKind::kBytes;
}

// A number as 64 bits: integers with their sign, floats as they are.
bool ReadNumber(ProtobufKind kind, ProtobufCursor& cursor, uint64_t* bits) {
  const auto sign = [](int32_t value) {
    return static_cast<uint64_t>(static_cast<int64_t>(value));
  };
  uint32_t bits32 = 0;
  switch (kind) {
    case ProtobufKind::kFixed32:
    case ProtobufKind::kSfixed32:
      if (!cursor.Fixed(&bits32)) return false;
      *bits = sign(static_cast<int32_t>(bits32));
      return true;
    case ProtobufKind::kFloat:
      if (!cursor.Fixed(&bits32)) return false;
      *bits = bits32;
      return true;
    case ProtobufKind::kFixed64:
    case ProtobufKind::kSfixed64:
    case ProtobufKind::kDouble:
      return cursor.Fixed(bits);
    default:
      break;
  }
  if (!cursor.Varint(bits)) return false;
  switch (kind) {
    case ProtobufKind::kInt32:
    case ProtobufKind::kUint32:
    case ProtobufKind::kEnum:
      *bits = sign(static_cast<int32_t>(*bits));
      break;
    case ProtobufKind::kSint32:
      *bits = sign(ProtobufZigzag(static_cast<uint32_t>(*bits)));
      break;
    case ProtobufKind::kSint64:
      *bits = static_cast<uint64_t>(ProtobufZigzag(*bits));
      break;
    case ProtobufKind::kBool:
      *bits = *bits != 0 ? 1 : 0;
      break;
    default:
      break;
  }
  return true;
}

// Whether a closed enum has the number: otherwise the field is one that nobody knows.
bool IsKnown(const ProtobufField& field, uint64_t bits) {
  return field.kind != ProtobufKind::kEnum || !field.enumeration->closed ||
         field.enumeration->NameOf(static_cast<int32_t>(bits)) != nullptr;
}

// As java.util.HashMap sees a key.
uint32_t JavaHash(ProtobufKind kind, uint64_t bits, std::string_view text) {
  if (kind == ProtobufKind::kString) return BinaryStringHash(text);
  if (kind == ProtobufKind::kBool) return bits != 0 ? 1231 : 1237;
  const bool is_long = kind == ProtobufKind::kInt64 || kind == ProtobufKind::kUint64 ||
                       kind == ProtobufKind::kSint64 || kind == ProtobufKind::kFixed64 ||
                       kind == ProtobufKind::kSfixed64;
  return static_cast<uint32_t>(is_long ? bits ^ bits >> 32 : bits);
}

}  // namespace

bool ProtobufReader::Fail(const uint8_t* at, std::string reason) {
  fault_->at = at;
  fault_->reason = std::move(reason);
  return false;
}

bool ProtobufReader::Read(std::string_view message, ProtobufFault* fault) {
  fault_ = fault;
  fault_->at = reinterpret_cast<const uint8_t*>(message.data());
  const auto* begin = reinterpret_cast<const uint8_t*>(message.data());
  return ReadMessage(*root_, begin, begin + message.size(), 0);
}

bool ProtobufReader::ReadMessage(const Node& node, const uint8_t* begin, const uint8_t* end,
                                 int depth) {
  if (depth > kProtobufDepthMax) return Fail(begin, "messages lie more than 100 deep");
  const size_t slots = slots_.size();
  const size_t parts = parts_.size();
  const size_t merged = merged_.size();
  slots_.resize(slots + node.members.size());
  const bool read = Collect(node, slots, begin, end, depth) && Append(node, slots, end, depth);
  slots_.resize(slots);
  parts_.resize(parts);
  merged_.resize(merged);
  return read;
}

bool ProtobufReader::Collect(const Node& node, size_t slots, const uint8_t* begin,
                             const uint8_t* end, int depth) {
  ProtobufCursor cursor(begin, end, fault_);
  while (!cursor.at_end()) {
    uint32_t number = 0;
    ProtobufWire wire{};
    if (!cursor.Tag(&number, &wire)) return false;
    const int32_t place = node.Find(number);
    const bool read = place == kNoMember ? cursor.Skip(number, wire, depth)
                                         : CollectValue(node, slots, place, wire, cursor, depth);
    if (!read) return false;
  }
  return true;
}

bool ProtobufReader::CollectValue(const Node& node, size_t slots, int32_t place, ProtobufWire wire,
                                  ProtobufCursor& cursor, int depth) {
  const Member& member = node.members[static_cast<size_t>(place)];
  const ProtobufField& field = *member.field;
  const size_t at = slots + static_cast<size_t>(place);
  const bool is_packed = field.repeated && wire == ProtobufWire::kBytes && IsPackable(field.kind);
  if (wire != WireOf(field.kind) && !is_packed) return cursor.Skip(field.number, wire, depth);
  if (field.kind == ProtobufKind::kGroup) return cursor.Skip(field.number, wire, depth);
  Slot value;
  value.count = 1;
  if (field.kind == ProtobufKind::kMessage) {
    if (!cursor.Bytes(&value.bytes, &value.size)) return false;
    if (field.repeated && (!field.is_map || member.column == nullptr)) {
      if (member.node == nullptr) return true;
      if (!ReadMessage(*member.node, value.bytes, value.bytes + value.size, depth + 1))
        return false;
      if (member.column != nullptr) member.column->child(0).AppendRow();
      ++slots_[at].count;
      return true;
    }
    parts_.push_back({.bytes = value.bytes, .size = value.size});
    value.first_part = value.last_part = parts_.size() - 1;
    Slot& slot = slots_[at];
    if (slot.count > 0) {
      parts_[slot.last_part].next = value.last_part;
      slot.last_part = value.last_part;
      ++slot.count;
      return true;
    }
  } else if (field.repeated) {
    return CollectElements(member, slots_[at], wire, cursor);
  } else if (IsBytes(field.kind)) {
    if (!cursor.Bytes(&value.bytes, &value.size)) return false;
  } else {
    if (!ReadNumber(field.kind, cursor, &value.bits)) return false;
    if (!IsKnown(field, value.bits)) return true;
  }
  slots_[at] = value;
  if (field.oneof == kNoOneof) return true;
  for (size_t i = 0; i < node.members.size(); ++i) {
    if (node.members[i].field->oneof == field.oneof && slots + i != at) slots_[slots + i] = {};
  }
  return true;
}

// Of a list: one element, or numbers packed together.
bool ProtobufReader::CollectElements(const Member& member, Slot& slot, ProtobufWire wire,
                                     ProtobufCursor& cursor) {
  const ProtobufField& field = *member.field;
  const auto append = [&](uint64_t bits, const uint8_t* bytes, int64_t size) {
    if (member.column == nullptr || !IsKnown(field, bits)) return true;
    ++slot.count;
    return AppendScalar(field, member.column->child(0), bits, bytes, size);
  };
  const uint8_t* bytes = nullptr;
  int64_t size = 0;
  uint64_t bits = 0;
  if (wire != ProtobufWire::kBytes)
    return ReadNumber(field.kind, cursor, &bits) && append(bits, nullptr, 0);
  if (!cursor.Bytes(&bytes, &size)) return false;
  if (IsBytes(field.kind)) return append(0, bytes, size);
  ProtobufCursor packed(bytes, bytes + size, fault_);
  while (!packed.at_end()) {
    if (!ReadNumber(field.kind, packed, &bits) || !append(bits, nullptr, 0)) return false;
  }
  return true;
}

bool ProtobufReader::Append(const Node& node, size_t slots, const uint8_t* end, int depth) {
  for (size_t i = 0; i < node.members.size(); ++i) {
    const Member& member = node.members[i];
    const ProtobufField& field = *member.field;
    const Slot slot = slots_[slots + i];
    if (field.required && slot.count == 0) {
      return Fail(end, "message '" + node.message->name + "' lacks its required field '" +
                           field.name + "'");
    }
    if (member.column == nullptr) {
      const bool is_checked = member.node != nullptr && !field.repeated && slot.count > 0;
      if (is_checked && !AppendMessage(member, slot, depth)) return false;
    } else if (slot.count == 0) {
      AppendAbsent(member);
    } else if (field.is_map) {
      if (!AppendMap(member, slot, depth)) return false;
    } else if (field.repeated) {
      member.column->AppendList();
    } else if (field.kind == ProtobufKind::kMessage) {
      if (!AppendMessage(member, slot, depth)) return false;
    } else if (!AppendScalar(field, *member.column, slot.bits, slot.bytes, slot.size)) {
      return false;
    }
  }
  return true;
}

// Parts one behind the other are one message that has the fields of all.
bool ProtobufReader::AppendMessage(const Member& member, const Slot& slot, int depth) {
  const Part first = parts_[slot.first_part];
  const uint8_t* begin = first.bytes;
  int64_t size = first.size;
  if (slot.count > 1) {
    std::string& merged = merged_.emplace_back();
    size_t at = slot.first_part;
    for (int64_t i = 0; i < slot.count; ++i, at = parts_[at].next)
      merged.append(reinterpret_cast<const char*>(parts_[at].bytes),
                    static_cast<size_t>(parts_[at].size));
    begin = reinterpret_cast<const uint8_t*>(merged.data());
    size = static_cast<int64_t>(merged.size());
  }
  const bool read = ReadMessage(*member.node, begin, begin + size, depth + 1);
  if (!read && slot.count > 1) fault_->at = first.bytes;
  if (read && member.column != nullptr) member.column->AppendRow();
  return read;
}

bool ProtobufReader::ReadEntry(const Node& node, const Part& part, Entry* entry, bool* is_known) {
  entry->part = part;
  *is_known = true;
  const Member& key = node.members[0];
  const Member& value = node.members[1];
  ProtobufCursor cursor(part.bytes, part.bytes + part.size, fault_);
  while (!cursor.at_end()) {
    uint32_t number = 0;
    ProtobufWire wire{};
    if (!cursor.Tag(&number, &wire)) return false;
    const bool is_key = number == key.field->number && wire == WireOf(key.field->kind);
    const bool is_enum = number == value.field->number && wire == ProtobufWire::kVarint &&
                         value.field->kind == ProtobufKind::kEnum;
    if (is_key && key.field->kind == ProtobufKind::kString) {
      const uint8_t* bytes = nullptr;
      int64_t size = 0;
      if (!cursor.Bytes(&bytes, &size)) return false;
      entry->text = {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
    } else if (is_key) {
      if (!ReadNumber(key.field->kind, cursor, &entry->bits)) return false;
    } else if (is_enum) {
      uint64_t bits = 0;
      if (!ReadNumber(ProtobufKind::kEnum, cursor, &bits)) return false;
      *is_known = IsKnown(*value.field, bits);
    } else if (!cursor.Skip(number, wire, 0)) {
      return false;
    }
  }
  return true;
}

// Of equal keys the last one's value counts; entries come in the order of the hash map that Flink
// reads them into.
bool ProtobufReader::AppendMap(const Member& member, const Slot& slot, int depth) {
  const Node& node = *member.node;
  std::vector<Entry> entries;
  entries.reserve(static_cast<size_t>(slot.count));  // Keys view their entries.
  std::unordered_map<std::string_view, size_t> places;
  std::vector<uint32_t> hashes;
  const ProtobufKind kind = node.members[0].field->kind;
  size_t at = slot.first_part;
  for (int64_t i = 0; i < slot.count; ++i, at = parts_[at].next) {
    bool is_known = true;
    Entry& entry = entries.emplace_back();
    if (!ReadEntry(node, parts_[at], &entry, &is_known)) return false;
    const std::string_view key =
        kind == ProtobufKind::kString
            ? entry.text
            : std::string_view(reinterpret_cast<const char*>(&entry.bits), sizeof(entry.bits));
    if (!is_known) {
      entries.pop_back();
      continue;
    }
    const auto [place, is_new] = places.emplace(key, entries.size() - 1);
    if (is_new) {
      hashes.push_back(JavaHash(kind, entry.bits, entry.text));
    } else {
      entries[place->second].part = entry.part;
      entries.pop_back();
    }
  }
  if (entries.empty()) {
    AppendAbsent(member);
    return true;
  }
  for (const size_t i : HashMapOrder(hashes)) {
    const Part& part = entries[i].part;
    if (!ReadMessage(node, part.bytes, part.bytes + part.size, depth + 1)) return false;
  }
  member.column->AppendList();
  return true;
}

bool ProtobufReader::AppendScalar(const ProtobufField& field, ColumnBuffer& column, uint64_t bits,
                                  const uint8_t* bytes, int64_t size) {
  if (field.kind == ProtobufKind::kString) return AppendText(field, column, bytes, size);
  if (field.kind == ProtobufKind::kBytes) {
    column.AppendBytes({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
    return true;
  }
  switch (column.type().kind) {
    case TypeKind::kBoolean:
      column.AppendBool(bits != 0);
      return true;
    case TypeKind::kTinyint:
      if (static_cast<int8_t>(bits) != static_cast<int64_t>(bits)) return NoRoom(field, bits);
      column.AppendFixed(static_cast<int8_t>(bits));
      return true;
    case TypeKind::kSmallint:
      if (static_cast<int16_t>(bits) != static_cast<int64_t>(bits)) return NoRoom(field, bits);
      column.AppendFixed(static_cast<int16_t>(bits));
      return true;
    case TypeKind::kInteger:
    case TypeKind::kFloat:
      column.AppendFixed(static_cast<uint32_t>(bits));
      return true;
    case TypeKind::kBigint:
    case TypeKind::kDouble:
      column.AppendFixed(bits);
      return true;
    default:
      break;
  }
  SABOT_CHECK(field.kind == ProtobufKind::kEnum);
  const std::string* name = field.enumeration->NameOf(static_cast<int32_t>(bits));
  column.AppendBytes(name == nullptr ? "UNRECOGNIZED" : std::string_view(*name));
  return true;
}

bool ProtobufReader::NoRoom(const ProtobufField& field, uint64_t bits) {
  return Fail(fault_->at, "the column of field '" + field.name + "' is too narrow for " +
                              std::to_string(static_cast<int64_t>(bits)));
}

bool ProtobufReader::AppendText(const ProtobufField& field, ColumnBuffer& column,
                                const uint8_t* bytes, int64_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  if (simdjson::validate_utf8(text.data(), text.size())) {
    column.AppendBytes(text);
    return true;
  }
  if (field.is_utf8) return Fail(bytes, "the text of field '" + field.name + "' is not UTF-8");
  text_.clear();
  AppendAsUtf8(text, Charset::kUtf8, &text_);
  column.AppendBytes(text_);
  return true;
}

void ProtobufReader::AppendAbsent(const Member& member) {
  if (!member.reads_default) {
    member.column->AppendNull();
  } else if (member.field->repeated) {
    member.column->AppendList();
  } else if (member.field->kind == ProtobufKind::kMessage) {
    for (const Member& each : member.node->members) {
      if (each.column != nullptr) AppendAbsent(each);
    }
    member.column->AppendRow();
  } else {
    const std::string& bytes = member.default_bytes;
    SABOT_CHECK(AppendScalar(*member.field, *member.column, member.default_bits,
                             reinterpret_cast<const uint8_t*>(bytes.data()),
                             static_cast<int64_t>(bytes.size())));
  }
}

}  // namespace sabot
