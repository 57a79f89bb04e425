// Writing messages of Protocol Buffers.
#include "formats/protobuf_writer.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/check.h"
#include "base/error.h"
#include "base/hash_map_order.h"
#include "formats/protobuf_reader.h"

namespace sabot {
namespace {

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

void AppendTag(const ProtobufField& field, ProtobufWire wire, std::string* out) {
  AppendVarint(static_cast<uint64_t>(field.number) << 3 | static_cast<uint64_t>(wire), out);
}

template <typename T>
void AppendRaw(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

// Puts the size of what `write` appends before it.
template <typename Write>
arrow::Status AppendSized(std::string* out, Write&& write) {
  const size_t begin = out->size();
  out->push_back('\0');
  ARROW_RETURN_NOT_OK(write());
  const uint64_t size = out->size() - begin - 1;
  std::string prefix;
  AppendVarint(size, &prefix);
  out->replace(begin, 1, prefix);
  return arrow::Status::OK();
}

// Integers with their sign, floats as they are; an enum's name is its number, an unknown one the
// first that it has.
uint64_t BitsAt(const ProtobufField& field, const arrow::Array& array, int64_t row) {
  const auto number = [&]() -> int64_t {
    switch (array.type_id()) {
      case arrow::Type::BOOL:
        return static_cast<const arrow::BooleanArray&>(array).Value(row) ? 1 : 0;
      case arrow::Type::INT8:
        return static_cast<const arrow::Int8Array&>(array).Value(row);
      case arrow::Type::INT16:
        return static_cast<const arrow::Int16Array&>(array).Value(row);
      case arrow::Type::INT32:
        return static_cast<const arrow::Int32Array&>(array).Value(row);
      case arrow::Type::INT64:
        return static_cast<const arrow::Int64Array&>(array).Value(row);
      case arrow::Type::FLOAT: {
        uint32_t bits = 0;
        const float value = static_cast<const arrow::FloatArray&>(array).Value(row);
        std::memcpy(&bits, &value, sizeof(bits));
        return bits;
      }
      default: {
        int64_t bits = 0;
        const double value = static_cast<const arrow::DoubleArray&>(array).Value(row);
        std::memcpy(&bits, &value, sizeof(bits));
        return bits;
      }
    }
  };
  if (field.kind != ProtobufKind::kEnum) return static_cast<uint64_t>(number());
  const ProtobufEnum& enumeration = *field.enumeration;
  int32_t value = enumeration.first;
  if (array.type_id() == arrow::Type::STRING) {
    value = enumeration.NumberOf(static_cast<const arrow::StringArray&>(array).GetView(row))
                .value_or(value);
  } else if (const int32_t given = static_cast<int32_t>(number());
             enumeration.NameOf(given) != nullptr) {
    value = given;
  }
  return static_cast<uint64_t>(static_cast<int64_t>(value));
}

void AppendNumber(ProtobufKind kind, uint64_t bits, std::string* out) {
  const auto zigzag = [](int64_t value) {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  };
  switch (kind) {
    case ProtobufKind::kFloat:
    case ProtobufKind::kFixed32:
    case ProtobufKind::kSfixed32:
      return AppendRaw(static_cast<uint32_t>(bits), out);
    case ProtobufKind::kDouble:
    case ProtobufKind::kFixed64:
    case ProtobufKind::kSfixed64:
      return AppendRaw(bits, out);
    case ProtobufKind::kUint32:
      return AppendVarint(static_cast<uint32_t>(bits), out);
    case ProtobufKind::kSint32:
    case ProtobufKind::kSint64:
      return AppendVarint(zigzag(static_cast<int64_t>(bits)), out);
    default:
      return AppendVarint(bits, out);
  }
}

bool IsBytes(ProtobufKind kind) {
  return kind == ProtobufKind::kString || kind == ProtobufKind::kBytes;
}

// As java.util.HashMap sees a key of the map that Flink's writer fills.
uint32_t JavaHash(const ProtobufField& key, uint64_t bits, std::string_view text) {
  if (key.kind == ProtobufKind::kString) return JavaStringHash(text);
  if (key.kind == ProtobufKind::kBool) return bits != 0 ? 1231 : 1237;
  const auto number = static_cast<int64_t>(bits);
  // An Integer's is its value, as a Long's that is not negative and fits.
  return WireOf(key.kind) == ProtobufWire::kFixed32 || key.kind == ProtobufKind::kInt32 ||
                 key.kind == ProtobufKind::kUint32 || key.kind == ProtobufKind::kSint32
             ? static_cast<uint32_t>(number)
             : static_cast<uint32_t>(bits ^ bits >> 32);
}

std::string_view ViewAt(const arrow::Array& array, int64_t row) {
  return static_cast<const arrow::BinaryArray&>(array).GetView(row);
}

}  // namespace

arrow::Result<std::unique_ptr<ProtobufWriter>> ProtobufWriter::Make(const ProtobufOptions& options,
                                                                    const Schema& columns) {
  std::unique_ptr<ProtobufWriter> writer(new ProtobufWriter(options));
  std::vector<std::string> names;
  std::vector<Type> types;
  for (const Field& column : columns) {
    names.push_back(column.name);
    types.push_back(column.type);
  }
  ARROW_ASSIGN_OR_RAISE(writer->root_, writer->AddNode(options.schema->root(), names, types, ""));
  return writer;
}

arrow::Result<const ProtobufWriter::Node*> ProtobufWriter::AddNode(
    const ProtobufMessage& message, const std::vector<std::string>& names,
    const std::vector<Type>& types, const std::string& path) {
  nodes_.push_back(std::make_unique<Node>());
  Node* node = nodes_.back().get();
  node->message = &message;
  for (size_t i = 0; i < names.size(); ++i) {
    const ProtobufField* field = message.Find(names[i]);
    const std::string name = path + names[i];
    if (field == nullptr) {
      return UserError("schema-mismatch", name,
                       "protobuf message '" + message.name + "' has no field '" + names[i] +
                           "' for column '" + name + "'");
    }
    ARROW_RETURN_NOT_OK(CheckProtobufColumn(*field, types[i], name));
    Member member{.field = field, .column = static_cast<int>(i), .path = name};
    if (field->is_map) {
      ARROW_ASSIGN_OR_RAISE(
          member.node, AddNode(*field->message, {"key", "value"}, types[i].children, name + "."));
    } else if (field->message != nullptr) {
      const Type& row = field->repeated ? types[i].children[0] : types[i];
      ARROW_ASSIGN_OR_RAISE(member.node,
                            AddNode(*field->message, row.names, row.children, name + "."));
    }
    node->members.push_back(std::move(member));
  }
  for (const ProtobufField& field : message.fields) {
    if (!field.required || std::find(names.begin(), names.end(), field.name) != names.end())
      continue;
    return UserError("schema-mismatch", path + field.name,
                     "protobuf message '" + message.name + "' needs its field '" + field.name +
                         "', for which there is no column");
  }
  std::sort(node->members.begin(), node->members.end(),
            [](const Member& a, const Member& b) { return a.field->number < b.field->number; });
  return node;
}

arrow::Status ProtobufWriter::Write(const Batch& batch, EncodedMessages* out) const {
  Columns columns;
  for (const auto& column : batch.rows->columns()) columns.push_back(column.get());
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    ARROW_RETURN_NOT_OK(WriteMessage(*root_, columns, row, &out->bytes));
    out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
  }
  return arrow::Status::OK();
}

// Whether a later column of the same oneof has a value.
bool ProtobufWriter::IsReplaced(const Node& node, const Member& member, const Columns& columns,
                                int64_t row) const {
  if (member.field->oneof == kNoOneof) return false;
  return std::any_of(node.members.begin(), node.members.end(), [&](const Member& other) {
    return other.field->oneof == member.field->oneof && other.column > member.column &&
           columns[static_cast<size_t>(other.column)]->IsValid(row);
  });
}

arrow::Status ProtobufWriter::WriteMessage(const Node& node, const Columns& columns, int64_t row,
                                           std::string* out) const {
  for (const Member& member : node.members) {
    const arrow::Array& column = *columns[static_cast<size_t>(member.column)];
    if (column.IsValid(row)) {
      if (IsReplaced(node, member, columns, row)) continue;
      ARROW_RETURN_NOT_OK(WriteMember(member, column, row, out));
    } else if (member.field->required) {
      return UserError("null-value", member.path,
                       "column '" + member.path + "' is a required field of protobuf message '" +
                           node.message->name + "', but a row has NULL there");
    }
  }
  return arrow::Status::OK();
}

arrow::Status ProtobufWriter::WriteNested(const Node& node, const arrow::Array& rows, int64_t row,
                                          std::string* out) const {
  const auto& record = static_cast<const arrow::StructArray&>(rows);
  std::vector<std::shared_ptr<arrow::Array>> fields;
  Columns columns;
  for (int i = 0; i < record.num_fields(); ++i) {
    fields.push_back(record.field(i));
    columns.push_back(fields.back().get());
  }
  return AppendSized(out, [&] { return WriteMessage(node, columns, row, out); });
}

arrow::Status ProtobufWriter::WriteMember(const Member& member, const arrow::Array& column,
                                          int64_t row, std::string* out) const {
  const ProtobufField& field = *member.field;
  if (field.is_map) return WriteMap(member, column, row, out);
  if (field.repeated) return WriteList(member, column, row, out);
  if (field.message == nullptr && !field.has_presence) {
    const bool is_default =
        IsBytes(field.kind) ? ViewAt(column, row).empty() : BitsAt(field, column, row) == 0;
    if (is_default) return arrow::Status::OK();
  }
  return WriteElement(member, column, row, true, out);
}

arrow::Status ProtobufWriter::WriteElement(const Member& member, const arrow::Array& values,
                                           int64_t row, bool with_tag, std::string* out) const {
  const ProtobufField& field = *member.field;
  const bool is_null = values.IsNull(row);
  if (with_tag) AppendTag(field, WireOf(field.kind), out);
  if (field.message != nullptr) {
    if (!is_null) return WriteNested(*member.node, values, row, out);
    const auto& fields = field.message->fields;
    if (std::any_of(fields.begin(), fields.end(), [](const auto& each) { return each.required; })) {
      return UserError("null-value", member.path,
                       "a list or map of column '" + member.path + "' has a NULL for message '" +
                           field.message->name + "', which has required fields");
    }
    out->push_back('\0');
  } else if (IsBytes(field.kind)) {
    std::string_view bytes;
    if (!is_null) {
      bytes = ViewAt(values, row);
    } else if (field.kind == ProtobufKind::kString) {
      bytes = options_.null_text;
    }
    AppendVarint(bytes.size(), out);
    out->append(bytes);
  } else {
    const int64_t null_bits = field.kind == ProtobufKind::kEnum ? field.enumeration->first : 0;
    AppendNumber(field.kind,
                 is_null ? static_cast<uint64_t>(null_bits) : BitsAt(field, values, row), out);
  }
  return arrow::Status::OK();
}

arrow::Status ProtobufWriter::WriteList(const Member& member, const arrow::Array& column,
                                        int64_t row, std::string* out) const {
  const ProtobufField& field = *member.field;
  const auto& list = static_cast<const arrow::ListArray&>(column);
  const auto write = [&](bool with_tag) -> arrow::Status {
    for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i)
      ARROW_RETURN_NOT_OK(WriteElement(member, *list.values(), i, with_tag, out));
    return arrow::Status::OK();
  };
  if (list.value_length(row) == 0) return arrow::Status::OK();
  if (!field.packed) return write(true);
  AppendTag(field, ProtobufWire::kBytes, out);
  return AppendSized(out, [&] { return write(false); });
}

// Of equal keys the last value counts; entries in the order of the hash map that Flink's writer
// makes of them.
arrow::Status ProtobufWriter::WriteMap(const Member& member, const arrow::Array& column,
                                       int64_t row, std::string* out) const {
  const auto& map = static_cast<const arrow::MapArray&>(column);
  const arrow::Array& keys = *map.keys();
  const ProtobufField& key = *member.node->members[0].field;
  std::unordered_map<std::string, size_t> places;
  std::vector<int64_t> key_rows;
  std::vector<int64_t> value_rows;
  std::vector<uint32_t> hashes;
  for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    const bool is_text = key.kind == ProtobufKind::kString;
    const bool is_null = keys.IsNull(i);
    const uint64_t bits = is_text || is_null ? 0 : BitsAt(key, keys, i);
    std::string text(reinterpret_cast<const char*>(&bits), sizeof(bits));
    if (is_text) text = is_null ? options_.null_text : std::string(ViewAt(keys, i));
    const auto [place, is_new] = places.emplace(text, key_rows.size());
    if (is_new) {
      hashes.push_back(JavaHash(key, bits, text));
      key_rows.push_back(i);
      value_rows.push_back(i);
    } else {
      value_rows[place->second] = i;
    }
  }
  for (const size_t i : HashMapOrder(hashes)) {
    AppendTag(*member.field, ProtobufWire::kBytes, out);
    ARROW_RETURN_NOT_OK(AppendSized(out, [&]() -> arrow::Status {
      ARROW_RETURN_NOT_OK(WriteElement(member.node->members[0], keys, key_rows[i], true, out));
      return WriteElement(member.node->members[1], *map.items(), value_rows[i], true, out);
    }));
  }
  return arrow::Status::OK();
}

}  // namespace sabot
