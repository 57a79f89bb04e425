// Messages of Protocol Buffers into column buffers, as Flink's protobuf format reads them.
//
//   message { 1: varint 7, 4: "x", 2: message { 1: "ann" } }, columns id BIGINT, by ROW<name
//   STRING>
//       ->   id 7, by (ann); field 4 is passed over
//
// Fields come in any order and more than once: of a scalar the last counts, messages are merged, of
// a oneof the last one is there. So a message is walked through first, and its columns are appended
// behind its end; only the elements of lists are appended on the way. State: none between messages.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/column_buffers.h"
#include "formats/protobuf_schema.h"
#include "formats/protobuf_wire.h"

namespace sabot {

// An error where a column cannot hold the field; of a message its own fields are not looked at.
arrow::Status CheckProtobufColumn(const ProtobufField& field, const Type& type,
                                  const std::string& path);

class ProtobufReader {
 public:
  // `columns` must outlive the reader, one for each of `columns_schema`. `read_defaults`: what is
  // absent is its default, not NULL. An error where message and columns do not fit.
  static arrow::Result<std::unique_ptr<ProtobufReader>> Make(
      std::shared_ptr<const ProtobufSchema> schema, const Schema& columns_schema,
      ColumnBuffers& columns, bool read_defaults);

  // Appends one value to every column; false with the fault set: columns may then be longer by a
  // part.
  bool Read(std::string_view message, ProtobufFault* fault);

 private:
  struct Node;
  // What becomes of a field.
  struct Member {
    const ProtobufField* field = nullptr;
    ColumnBuffer* column = nullptr;  // nullptr: it is only looked into.
    const Node* node = nullptr;      // Of its messages; of a map: of its entries.
    bool reads_default = false;
    uint64_t default_bits = 0;
    std::string default_bytes = {};
  };
  struct Node {
    const ProtobufMessage* message = nullptr;
    std::vector<Member> members;     // Those with columns first, in their order.
    std::vector<int32_t> by_number;  // Places in members, or kNoMember; beyond it:
    std::unordered_map<uint32_t, int32_t> by_large_number;

    int32_t Find(uint32_t number) const;
  };
  // What a message has of a member so far.
  struct Slot {
    int64_t count = 0;  // Elements, entries, occurrences of a message; 1: a scalar is there.
    uint64_t bits = 0;
    const uint8_t* bytes = nullptr;
    int64_t size = 0;
    size_t first_part = 0;  // Of messages and entries.
    size_t last_part = 0;
  };
  // A message of a member that may have more of them.
  struct Part {
    const uint8_t* bytes = nullptr;
    int64_t size = 0;
    size_t next = 0;
  };
  struct Entry {
    std::string_view text;
    uint64_t bits = 0;
    Part part;
  };

  ProtobufReader() = default;
  arrow::Result<Node*> AddNode(const ProtobufMessage& message,
                               const std::vector<std::string>& names,
                               const std::vector<ColumnBuffer*>& columns, const std::string& path,
                               bool of_entry);
  arrow::Result<Member> MakeMember(const ProtobufField& field, ColumnBuffer& column,
                                   const std::string& path, bool of_entry);
  const Node* CheckedNode(const ProtobufMessage& message);
  static void Index(Node& node);

  bool ReadMessage(const Node& node, const uint8_t* begin, const uint8_t* end, int depth);
  bool Collect(const Node& node, size_t slots, const uint8_t* begin, const uint8_t* end, int depth);
  bool CollectValue(const Node& node, size_t slots, int32_t place, ProtobufWire wire,
                    ProtobufCursor& cursor, int depth);
  bool CollectElements(const Member& member, Slot& slot, ProtobufWire wire, ProtobufCursor& cursor);
  bool Append(const Node& node, size_t slots, const uint8_t* end, int depth);
  bool AppendMessage(const Member& member, const Slot& slot, int depth);
  bool AppendMap(const Member& member, const Slot& slot, int depth);
  bool AppendScalar(const ProtobufField& field, ColumnBuffer& column, uint64_t bits,
                    const uint8_t* bytes, int64_t size);
  bool AppendText(const ProtobufField& field, ColumnBuffer& column, const uint8_t* bytes,
                  int64_t size);
  bool NoRoom(const ProtobufField& field, uint64_t bits);
  void AppendAbsent(const Member& member);
  bool ReadEntry(const Node& node, const Part& part, Entry* entry, bool* is_known);
  bool Fail(const uint8_t* at, std::string reason);

  std::shared_ptr<const ProtobufSchema> schema_;
  bool scalar_defaults_ = false;
  bool read_defaults_ = false;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<const ProtobufMessage*, const Node*> checked_;
  const Node* root_ = nullptr;

  // Of the message at hand.
  ProtobufFault* fault_ = nullptr;
  std::vector<Slot> slots_;  // Of all messages that are being read, one inside the other.
  std::vector<Part> parts_;
  std::deque<std::string> merged_;  // Parts put together.
  std::string text_;
};

}  // namespace sabot
