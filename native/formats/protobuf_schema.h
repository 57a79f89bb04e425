// Messages of Protocol Buffers, as lib/connectors/protobuf-schema.ts describes them in the plan.
//
//   message Bid { int64 id = 1; repeated string tags = 2; }   ->
//       {"proto3": true, "messages": [{"name": "Bid", "fields": [
//           {"name": "id", "number": 1, "type": "int64"},
//           {"name": "tags", "number": 2, "type": "string", "repeated": true}]}], "enums": []}
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sabot {

enum class ProtobufKind : uint8_t {
  kDouble,
  kFloat,
  kInt32,
  kInt64,
  kUint32,
  kUint64,
  kSint32,
  kSint64,
  kFixed32,
  kFixed64,
  kSfixed32,
  kSfixed64,
  kBool,
  kString,
  kBytes,
  kEnum,
  kMessage,
  kGroup
};

// The three low bits of a tag.
enum class ProtobufWire : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroupStart = 3,
  kGroupEnd = 4,
  kFixed32 = 5
};

ProtobufWire WireOf(ProtobufKind kind);
inline bool IsPackable(ProtobufKind kind) {
  return WireOf(kind) < ProtobufWire::kBytes || WireOf(kind) == ProtobufWire::kFixed32;
}

struct ProtobufEnum {
  std::string name;
  bool closed = false;  // proto2: a number without a name is none of the field's.
  int32_t first = 0;    // The number of the value that is declared first.
  std::unordered_map<int32_t, std::string> names;  // Of several names the first.
  std::map<std::string, int32_t, std::less<>> numbers;

  // nullptr: it has no name.
  const std::string* NameOf(int32_t number) const;
  std::optional<int32_t> NumberOf(std::string_view name) const;
};

struct ProtobufMessage;

inline constexpr int kNoOneof = -1;

struct ProtobufField {
  std::string name;
  uint32_t number = 0;
  ProtobufKind kind = ProtobufKind::kInt32;
  bool repeated = false;
  bool packed = false;  // How it is written; both are read.
  bool required = false;
  bool has_presence = false;  // It is written also where it has its default.
  bool is_map = false;        // Repeated; its message's fields are key and value.
  bool is_utf8 = false;       // Other bytes are refused, and not replaced.
  int oneof = kNoOneof;
  // Of a scalar that is absent: numbers as text, names of enums, text and bytes as they are.
  std::optional<std::string> default_value;
  const ProtobufMessage* message = nullptr;
  const ProtobufEnum* enumeration = nullptr;
};

struct ProtobufMessage {
  std::string name;
  std::vector<ProtobufField> fields;
  // It, or a message inside it, has fields that must be there.
  bool needs_check = false;

  const ProtobufField* Find(std::string_view field) const;
};

// Messages may contain themselves: they live as long as the schema.
class ProtobufSchema {
 public:
  static arrow::Result<std::unique_ptr<ProtobufSchema>> Parse(std::string_view json);

  const ProtobufMessage& root() const { return *messages_.front(); }
  // Of the root: absent scalars are their defaults, never NULL.
  bool is_proto3() const { return proto3_; }

 private:
  bool proto3_ = false;
  std::vector<std::unique_ptr<ProtobufMessage>> messages_;
  std::vector<std::unique_ptr<ProtobufEnum>> enums_;
};

}  // namespace sabot
