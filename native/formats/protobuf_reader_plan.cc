// What becomes of every field of a message: once for a table.
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "formats/protobuf_reader.h"

namespace sabot {
namespace {

constexpr int32_t kNoMember = -1;
constexpr uint32_t kDirectNumbersMax = 1'024;

bool IsEnumColumn(TypeKind kind) {
  return kind == TypeKind::kTinyint || kind == TypeKind::kSmallint || kind == TypeKind::kInteger ||
         kind == TypeKind::kBigint;
}

// Whether a scalar goes into the column: Flink's pairs.
bool Fits(ProtobufKind kind, const Type& type) {
  switch (kind) {
    case ProtobufKind::kDouble:
      return type.kind == TypeKind::kDouble;
    case ProtobufKind::kFloat:
      return type.kind == TypeKind::kFloat;
    case ProtobufKind::kBool:
      return type.kind == TypeKind::kBoolean;
    case ProtobufKind::kString:
      return type.is_string();
    case ProtobufKind::kBytes:
      return type.is_bytes();
    case ProtobufKind::kEnum:
      return type.is_string() || IsEnumColumn(type.kind);
    case ProtobufKind::kInt32:
    case ProtobufKind::kUint32:
    case ProtobufKind::kSint32:
    case ProtobufKind::kFixed32:
    case ProtobufKind::kSfixed32:
      return type.kind == TypeKind::kInteger;
    case ProtobufKind::kInt64:
    case ProtobufKind::kUint64:
    case ProtobufKind::kSint64:
    case ProtobufKind::kFixed64:
    case ProtobufKind::kSfixed64:
      return type.kind == TypeKind::kBigint;
    case ProtobufKind::kMessage:
    case ProtobufKind::kGroup:
      return false;
  }
  return false;
}

arrow::Status ReadDefault(const ProtobufField& field, uint64_t* bits, std::string* bytes) {
  *bits = 0;
  bytes->clear();
  if (field.kind == ProtobufKind::kEnum)
    *bits = static_cast<uint64_t>(static_cast<int64_t>(field.enumeration->first));
  if (!field.default_value.has_value()) return arrow::Status::OK();
  const std::string& text = *field.default_value;
  const auto malformed = [&] {
    return arrow::Status::Invalid("the default of the protobuf field '", field.name,
                                  "' is malformed: ", text);
  };
  switch (field.kind) {
    case ProtobufKind::kString:
    case ProtobufKind::kBytes:
      *bytes = text;
      return arrow::Status::OK();
    case ProtobufKind::kBool:
      *bits = text == "true" ? 1 : 0;
      return arrow::Status::OK();
    case ProtobufKind::kEnum: {
      const auto number = field.enumeration->NumberOf(text);
      if (!number.has_value()) return malformed();
      *bits = static_cast<uint64_t>(static_cast<int64_t>(*number));
      return arrow::Status::OK();
    }
    case ProtobufKind::kDouble: {
      const double value = std::strtod(text.c_str(), nullptr);
      std::memcpy(bits, &value, sizeof(value));
      return arrow::Status::OK();
    }
    case ProtobufKind::kFloat: {
      const float value = std::strtof(text.c_str(), nullptr);
      std::memcpy(bits, &value, sizeof(value));
      return arrow::Status::OK();
    }
    default: {
      const char* const end = text.data() + text.size();
      int64_t value = 0;
      const auto read = text.starts_with('-') ? std::from_chars(text.data(), end, value)
                                              : std::from_chars(text.data(), end, *bits);
      if (read.ec != std::errc() || read.ptr != end) return malformed();
      if (text.starts_with('-')) *bits = static_cast<uint64_t>(value);
      return arrow::Status::OK();
    }
  }
}

}  // namespace

arrow::Status CheckProtobufColumn(const ProtobufField& field, const Type& type,
                                  const std::string& path) {
  const bool is_list = field.repeated && !field.is_map;
  const Type* element = &type;
  bool fits =
      field.is_map ? type.kind == TypeKind::kMap : !is_list || type.kind == TypeKind::kArray;
  if (fits && is_list) element = &type.children[0];
  if (fits && !field.is_map) {
    fits = field.kind == ProtobufKind::kMessage ? element->kind == TypeKind::kRow
                                                : Fits(field.kind, *element);
  }
  if (fits) return arrow::Status::OK();
  return UserError("schema-mismatch", path,
                   "column '" + path + "' of type " + ToString(type) + " does not fit the field '" +
                       field.name + "' of the protobuf message");
}

int32_t ProtobufReader::Node::Find(uint32_t number) const {
  if (number < by_number.size()) return by_number[number];
  const auto found = by_large_number.find(number);
  return found == by_large_number.end() ? kNoMember : found->second;
}

void ProtobufReader::Index(Node& node) {
  uint32_t largest = 0;
  for (const Member& member : node.members) {
    if (member.field->number <= kDirectNumbersMax)
      largest = std::max(largest, member.field->number);
  }
  node.by_number.assign(largest + 1, kNoMember);
  for (size_t i = 0; i < node.members.size(); ++i) {
    const uint32_t number = node.members[i].field->number;
    if (number <= largest) {
      node.by_number[number] = static_cast<int32_t>(i);
    } else {
      node.by_large_number[number] = static_cast<int32_t>(i);
    }
  }
}

arrow::Result<std::unique_ptr<ProtobufReader>> ProtobufReader::Make(
    std::shared_ptr<const ProtobufSchema> schema, const Schema& columns_schema,
    ColumnBuffers& columns, bool read_defaults) {
  std::unique_ptr<ProtobufReader> reader(new ProtobufReader());
  reader->schema_ = std::move(schema);
  reader->read_defaults_ = read_defaults;
  reader->scalar_defaults_ = read_defaults || reader->schema_->is_proto3();
  std::vector<std::string> names;
  std::vector<ColumnBuffer*> buffers;
  for (size_t i = 0; i < columns.size(); ++i) {
    names.push_back(columns_schema[i].name);
    buffers.push_back(&columns[i]);
  }
  ARROW_ASSIGN_OR_RAISE(reader->root_,
                        reader->AddNode(reader->schema_->root(), names, buffers, "", false));
  return reader;
}

arrow::Result<ProtobufReader::Node*> ProtobufReader::AddNode(
    const ProtobufMessage& message, const std::vector<std::string>& names,
    const std::vector<ColumnBuffer*>& columns, const std::string& path, bool of_entry) {
  nodes_.push_back(std::make_unique<Node>());
  Node* node = nodes_.back().get();
  node->message = &message;
  for (size_t i = 0; i < names.size(); ++i) {
    const ProtobufField* field = message.Find(names[i]);
    if (field == nullptr) {
      return UserError("schema-mismatch", path + names[i],
                       "protobuf message '" + message.name + "' has no field '" + names[i] +
                           "' for column '" + path + names[i] + "'");
    }
    ARROW_ASSIGN_OR_RAISE(auto member, MakeMember(*field, *columns[i], path + names[i], of_entry));
    node->members.push_back(std::move(member));
  }
  // What must be there, may have fields that must, or takes the place of another field of a oneof.
  const size_t num_wanted = node->members.size();
  for (const ProtobufField& field : message.fields) {
    bool is_wanted = false;
    bool in_oneof = false;
    for (size_t i = 0; i < num_wanted; ++i) {
      is_wanted = is_wanted || node->members[i].field == &field;
      in_oneof =
          in_oneof || (field.oneof != kNoOneof && node->members[i].field->oneof == field.oneof);
    }
    const bool checked = field.message != nullptr && field.message->needs_check;
    if (is_wanted || !(checked || in_oneof || field.required)) continue;
    Member member{.field = &field};
    if (checked && field.kind == ProtobufKind::kMessage) member.node = CheckedNode(*field.message);
    node->members.push_back(std::move(member));
  }
  Index(*node);
  return node;
}

// Of messages without columns; one of a message may be inside another one.
const ProtobufReader::Node* ProtobufReader::CheckedNode(const ProtobufMessage& message) {
  const auto known = checked_.find(&message);
  if (known != checked_.end()) return known->second;
  nodes_.push_back(std::make_unique<Node>());
  Node* node = nodes_.back().get();
  checked_[&message] = node;
  node->message = &message;
  for (const ProtobufField& field : message.fields) {
    const bool checked = field.kind == ProtobufKind::kMessage && field.message->needs_check;
    if (!checked && !field.required) continue;
    Member member{.field = &field};
    if (checked) member.node = CheckedNode(*field.message);
    node->members.push_back(std::move(member));
  }
  Index(*node);
  return node;
}

arrow::Result<ProtobufReader::Member> ProtobufReader::MakeMember(const ProtobufField& field,
                                                                 ColumnBuffer& column,
                                                                 const std::string& path,
                                                                 bool of_entry) {
  const Type& type = column.type();
  ARROW_RETURN_NOT_OK(CheckProtobufColumn(field, type, path));
  Member member{.field = &field, .column = &column};
  const bool is_scalar = !field.repeated && field.kind != ProtobufKind::kMessage;
  member.reads_default = of_entry || (is_scalar ? scalar_defaults_ : read_defaults_);
  if (field.is_map) {
    ARROW_ASSIGN_OR_RAISE(
        member.node, AddNode(*field.message, {"key", "value"}, {&column.child(0), &column.child(1)},
                             path + ".", true));
  } else if (field.kind == ProtobufKind::kMessage) {
    ColumnBuffer& row = field.repeated ? column.child(0) : column;
    std::vector<ColumnBuffer*> children;
    for (size_t i = 0; i < row.type().children.size(); ++i)
      children.push_back(&row.child(static_cast<int>(i)));
    ARROW_ASSIGN_OR_RAISE(member.node,
                          AddNode(*field.message, row.type().names, children, path + ".", false));
  }
  ARROW_RETURN_NOT_OK(ReadDefault(field, &member.default_bits, &member.default_bytes));
  return member;
}

}  // namespace sabot
