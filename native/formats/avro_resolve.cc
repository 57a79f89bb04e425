// Resolving a writer's schema against columns.
#include <algorithm>

#include "base/error.h"
#include "formats/avro_reader.h"

namespace sabot {
namespace {

constexpr int kDepthMax = 64;

arrow::Status Mismatch(const AvroType& type, const Type& to, const std::string& name) {
  return UserError("schema-mismatch", name,
                   "column '" + name + "' of type " + ToString(to) +
                       " cannot be read from Avro's " + ToString(type));
}

}  // namespace

AvroReader::Targets::Targets(const Schema& schema, ColumnBuffers& buffers) {
  for (size_t i = 0; i < schema.size(); ++i) {
    names.push_back(schema[i].name);
    types.push_back(schema[i].type);
    columns.push_back(&buffers[i]);
  }
}

arrow::Result<std::unique_ptr<AvroReader>> AvroReader::Make(
    std::shared_ptr<const AvroSchema> writer, const Schema& schema, ColumnBuffers& columns) {
  std::unique_ptr<AvroReader> reader(new AvroReader(std::move(writer)));
  ARROW_ASSIGN_OR_RAISE(const AvroType* record, reader->RecordType());
  const Targets targets(schema, columns);
  ARROW_ASSIGN_OR_RAISE(
      const Node* node,
      reader->ResolveRecord(*record, targets.names, targets.types, targets.columns, nullptr, ""));
  reader->SetRoot(*record, node);
  return reader;
}

arrow::Result<std::unique_ptr<AvroReader>> AvroReader::MakeOfImages(
    std::shared_ptr<const AvroSchema> writer, const Schema& schema, ColumnBuffers& columns,
    const std::vector<std::string>& images, const std::string& tag) {
  std::unique_ptr<AvroReader> reader(new AvroReader(std::move(writer)));
  ARROW_ASSIGN_OR_RAISE(const AvroType* record, reader->RecordType());
  const Targets targets(schema, columns);
  Node* node = reader->Add(Op::kRecord, *record, nullptr);
  std::vector<bool> found(images.size());
  for (const AvroField& field : record->fields) {
    const auto image = std::find(images.begin(), images.end(), field.name);
    const size_t i = static_cast<size_t>(image - images.begin());
    const Node* child = nullptr;
    if (image != images.end() && !found[i]) {
      found[i] = true;
      ARROW_ASSIGN_OR_RAISE(child, reader->ResolveImage(*field.type, targets, i, field.name));
    } else if (field.name == tag) {
      ARROW_ASSIGN_OR_RAISE(child, reader->ResolveTag(*field.type, field.name));
    } else {
      child = reader->Skip(*field.type);
    }
    node->children.push_back(child);
  }
  reader->SetRoot(*record, node);
  return reader;
}

// Flink writes the union of null and a record.
arrow::Result<const AvroType*> AvroReader::RecordType() const {
  const AvroType& root = writer_->root();
  if (root.kind == AvroKind::kRecord) return &root;
  for (const AvroType* branch : root.children) {
    if (root.kind == AvroKind::kUnion && branch->kind == AvroKind::kRecord) return branch;
  }
  return UserError("schema-mismatch", "",
                   "rows cannot be read from Avro's " + ToString(root) + ": a record is needed");
}

void AvroReader::SetRoot(const AvroType& record, const Node* node) {
  const AvroType& root = writer_->root();
  root_ = node;
  if (root.kind != AvroKind::kUnion) return;
  Node* either = Add(Op::kUnion, root, nullptr);
  for (const AvroType* branch : root.children)
    either->children.push_back(branch == &record ? node : Add(Op::kNoRecord, *branch, nullptr));
  root_ = either;
}

AvroReader::Node* AvroReader::Add(Op op, const AvroType& type, ColumnBuffer* column) {
  nodes_.push_back(std::make_unique<Node>());
  Node* node = nodes_.back().get();
  node->op = op;
  node->type = &type;
  node->column = column;
  node->is_int = type.kind == AvroKind::kInt;
  node->size = type.size;
  return node;
}

const AvroReader::Node* AvroReader::Skip(const AvroType& type) {
  Node*& known = skips_[&type];
  if (known != nullptr) return known;
  Node* node = Add(Op::kSkipNone, type, nullptr);
  known = node;
  switch (type.kind) {
    case AvroKind::kNull:
      break;
    case AvroKind::kBoolean:
      node->op = Op::kSkipFixed;
      node->size = 1;
      break;
    case AvroKind::kInt:
    case AvroKind::kLong:
    case AvroKind::kEnum:
      node->op = Op::kSkipVarint;
      break;
    case AvroKind::kFloat:
      node->op = Op::kSkipFixed;
      node->size = 4;
      break;
    case AvroKind::kDouble:
      node->op = Op::kSkipFixed;
      node->size = 8;
      break;
    case AvroKind::kFixed:
      node->op = Op::kSkipFixed;
      break;
    case AvroKind::kBytes:
    case AvroKind::kString:
      node->op = Op::kSkipBytes;
      break;
    case AvroKind::kRecord:
      node->op = Op::kRecord;
      for (const AvroField& field : type.fields) node->children.push_back(Skip(*field.type));
      break;
    case AvroKind::kArray:
      node->op = Op::kArray;
      node->children.push_back(Skip(*type.children[0]));
      break;
    case AvroKind::kMap:
      node->op = Op::kMap;
      node->children.push_back(Skip(*type.children[0]));
      break;
    case AvroKind::kUnion:
      node->op = Op::kUnion;
      for (const AvroType* branch : type.children) node->children.push_back(Skip(*branch));
      break;
  }
  return node;
}

arrow::Result<const AvroReader::Node*> AvroReader::ResolveRecord(
    const AvroType& type, const std::vector<std::string>& names, const std::vector<Type>& types,
    const std::vector<ColumnBuffer*>& columns, ColumnBuffer* row, const std::string& path) {
  Node* node = Add(Op::kRecord, type, row);
  std::vector<bool> found(columns.size());
  for (const AvroField& field : type.fields) {
    const auto place = std::find(names.begin(), names.end(), field.name);
    const size_t i = static_cast<size_t>(place - names.begin());
    if (place == names.end() || found[i]) {
      node->children.push_back(Skip(*field.type));
      continue;
    }
    found[i] = true;
    ARROW_ASSIGN_OR_RAISE(const Node* child, Resolve(*field.type, *columns[i], path + names[i]));
    node->children.push_back(child);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (found[i]) continue;
    if (!types[i].nullable) {
      return UserError("schema-mismatch", path + names[i],
                       "Avro's " + ToString(type) + " has no field '" + names[i] +
                           "', and column '" + path + names[i] + "' is NOT NULL");
    }
    node->missing.push_back(columns[i]);
  }
  return node;
}

arrow::Result<const AvroReader::Node*> AvroReader::ResolveImage(const AvroType& type,
                                                                const Targets& targets,
                                                                size_t image,
                                                                const std::string& field) {
  if (type.kind == AvroKind::kNull) return Skip(type);
  if (type.kind == AvroKind::kUnion) {
    Node* node = Add(Op::kUnion, type, nullptr);
    for (const AvroType* branch : type.children) {
      ARROW_ASSIGN_OR_RAISE(const Node* child, ResolveImage(*branch, targets, image, field));
      node->children.push_back(child);
    }
    return node;
  }
  if (type.kind != AvroKind::kRecord) {
    return UserError("schema-mismatch", field,
                     "rows cannot be read from Avro's " + ToString(type) + " in field '" + field +
                         "': a record is needed");
  }
  ARROW_ASSIGN_OR_RAISE(const Node* row, ResolveRecord(type, targets.names, targets.types,
                                                       targets.columns, nullptr, ""));
  Node* node = Add(Op::kImage, type, nullptr);
  node->size = static_cast<int64_t>(image);
  node->children.push_back(row);
  return node;
}

arrow::Result<const AvroReader::Node*> AvroReader::ResolveTag(const AvroType& type,
                                                              const std::string& field) {
  if (type.kind == AvroKind::kNull) return Skip(type);
  if (type.kind == AvroKind::kString) return Add(Op::kTag, type, nullptr);
  if (type.kind != AvroKind::kUnion) {
    return UserError(
        "schema-mismatch", field,
        "text cannot be read from Avro's " + ToString(type) + " in field '" + field + "'");
  }
  Node* node = Add(Op::kUnion, type, nullptr);
  for (const AvroType* branch : type.children) {
    ARROW_ASSIGN_OR_RAISE(const Node* child, ResolveTag(*branch, field));
    node->children.push_back(child);
  }
  return node;
}

arrow::Result<const AvroReader::Node*> AvroReader::ResolveUnion(const AvroType& type,
                                                                ColumnBuffer& column,
                                                                const std::string& name) {
  Node* node = Add(Op::kUnion, type, &column);
  bool fits = false;
  arrow::Status mismatch;
  for (const AvroType* branch : type.children) {
    auto child = Resolve(*branch, column, name);
    if (child.ok()) {
      fits = fits || branch->kind != AvroKind::kNull;
      node->children.push_back(*child);
    } else {
      // Only a record that has this branch cannot be read.
      mismatch = child.status();
      node->children.push_back(Add(Op::kMismatch, *branch, &column));
    }
  }
  if (!fits && !mismatch.ok()) return mismatch;
  return node;
}

// The type of the bytes must be the decimal's own.
arrow::Result<const AvroReader::Node*> AvroReader::ResolveDecimal(const AvroType& type,
                                                                  ColumnBuffer& column,
                                                                  const std::string& name) {
  const bool fixed = type.kind == AvroKind::kFixed;
  if (!fixed && type.kind != AvroKind::kBytes) return Mismatch(type, column.type(), name);
  Node* node = Add(fixed ? Op::kDecimalFixed : Op::kDecimalBytes, type, &column);
  node->scale = type.logical == AvroLogical::kDecimal ? type.scale : column.type().scale;
  return node;
}

// kMismatch where the type cannot become one of `to`.
AvroReader::Op AvroReader::OpFor(const AvroType& type, const Type& to) {
  const bool is_int = type.kind == AvroKind::kInt;
  const bool is_integer = is_int || type.kind == AvroKind::kLong;
  switch (to.kind) {
    case TypeKind::kBoolean:
      return type.kind == AvroKind::kBoolean ? Op::kBoolean : Op::kMismatch;
    case TypeKind::kTinyint:
      return is_int ? Op::kVarintToInt8 : Op::kMismatch;
    case TypeKind::kSmallint:
      return is_int ? Op::kVarintToInt16 : Op::kMismatch;
    case TypeKind::kInteger:
    case TypeKind::kDate:
      return is_int ? Op::kVarintToInt32 : Op::kMismatch;
    case TypeKind::kTime:
      if (is_int) return Op::kVarintToInt32;
      return type.logical == AvroLogical::kTime ? Op::kTimeMicros : Op::kMismatch;
    case TypeKind::kBigint:
      return is_integer ? Op::kVarintToInt64 : Op::kMismatch;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return is_integer ? Op::kTimestamp : Op::kMismatch;
    case TypeKind::kFloat:
      if (is_integer) return Op::kVarintToFloat;
      return type.kind == AvroKind::kFloat ? Op::kFloat : Op::kMismatch;
    case TypeKind::kDouble:
      if (is_integer) return Op::kVarintToDouble;
      if (type.kind == AvroKind::kFloat) return Op::kFloatToDouble;
      return type.kind == AvroKind::kDouble ? Op::kDouble : Op::kMismatch;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      if (type.kind == AvroKind::kEnum) return Op::kEnum;
      [[fallthrough]];
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      if (type.kind == AvroKind::kString || type.kind == AvroKind::kBytes)
        return to.is_string() ? Op::kText : Op::kBytes;
      return type.kind == AvroKind::kFixed && to.is_bytes() ? Op::kFixed : Op::kMismatch;
    default:
      return Op::kMismatch;
  }
}

arrow::Result<const AvroReader::Node*> AvroReader::Resolve(const AvroType& type,
                                                           ColumnBuffer& column,
                                                           const std::string& name) {
  const Type& to = column.type();
  if (std::count(name.begin(), name.end(), '.') > kDepthMax) return Mismatch(type, to, name);
  if (type.kind == AvroKind::kUnion) return ResolveUnion(type, column, name);
  if (type.kind == AvroKind::kNull)
    return Add(to.nullable ? Op::kNull : Op::kRefuseNull, type, &column);
  switch (to.kind) {
    case TypeKind::kDecimal:
      return ResolveDecimal(type, column, name);
    case TypeKind::kArray: {
      if (type.kind != AvroKind::kArray) return Mismatch(type, to, name);
      Node* node = Add(Op::kArray, type, &column);
      ARROW_ASSIGN_OR_RAISE(const Node* items,
                            Resolve(*type.children[0], column.child(0), name + ".element"));
      node->children.push_back(items);
      return node;
    }
    case TypeKind::kMap:
    case TypeKind::kMultiset: {
      if (type.kind != AvroKind::kMap) return Mismatch(type, to, name);
      Node* node = Add(Op::kMap, type, &column);
      ARROW_ASSIGN_OR_RAISE(const Node* values,
                            Resolve(*type.children[0], column.child(1), name + ".value"));
      node->children = {values, Skip(*type.children[0])};
      return node;
    }
    case TypeKind::kRow: {
      if (type.kind != AvroKind::kRecord) return Mismatch(type, to, name);
      std::vector<ColumnBuffer*> fields;
      for (size_t i = 0; i < to.children.size(); ++i)
        fields.push_back(&column.child(static_cast<int>(i)));
      return ResolveRecord(type, to.names, to.children, fields, &column, name + ".");
    }
    default:
      break;
  }
  const Op op = OpFor(type, to);
  if (op == Op::kMismatch) return Mismatch(type, to, name);
  Node* node = Add(op, type, &column);
  if (op == Op::kTimestamp) {
    const int64_t wanted = TicksPerSecond(to.precision);
    const int64_t given = type.logical == AvroLogical::kTimestamp ? type.ticks_per_second : wanted;
    node->multiplier = std::max<int64_t>(wanted / given, 1);
    node->divisor = std::max<int64_t>(given / wanted, 1);
  }
  return node;
}

}  // namespace sabot
