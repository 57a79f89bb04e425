// Rows as messages of Protocol Buffers, as Flink's protobuf format writes them.
//
//   id 7, name NULL, tags ['a', NULL]   ->   08 07 1A 01 'a' 1A 00
//
// Fields by their numbers; what is NULL is left out, and in lists and maps, which cannot have it,
// the type's default. Of a oneof the last column that is not NULL counts. No state.
#pragma once

#include <arrow/array.h>
#include <arrow/result.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "batch/batch.h"
#include "formats/format.h"
#include "formats/protobuf_options.h"

namespace sabot {

class ProtobufWriter {
 public:
  static arrow::Result<std::unique_ptr<ProtobufWriter>> Make(const ProtobufOptions& options,
                                                             const Schema& columns);

  // Appends a message per row.
  arrow::Status Write(const Batch& batch, EncodedMessages* out) const;

 private:
  struct Node;
  struct Member {
    const ProtobufField* field = nullptr;
    int column = 0;              // Of the row.
    const Node* node = nullptr;  // Of its messages; of a map: of its entries.
    std::string path;            // For messages.
  };
  struct Node {
    const ProtobufMessage* message = nullptr;
    std::vector<Member> members;  // By number.
  };
  using Columns = std::vector<const arrow::Array*>;

  explicit ProtobufWriter(const ProtobufOptions& options) : options_(options) {}
  arrow::Result<const Node*> AddNode(const ProtobufMessage& message,
                                     const std::vector<std::string>& names,
                                     const std::vector<Type>& types, const std::string& path);

  arrow::Status WriteMessage(const Node& node, const Columns& columns, int64_t row,
                             std::string* out) const;
  arrow::Status WriteNested(const Node& node, const arrow::Array& rows, int64_t row,
                            std::string* out) const;
  arrow::Status WriteMember(const Member& member, const arrow::Array& column, int64_t row,
                            std::string* out) const;
  arrow::Status WriteList(const Member& member, const arrow::Array& column, int64_t row,
                          std::string* out) const;
  arrow::Status WriteMap(const Member& member, const arrow::Array& column, int64_t row,
                         std::string* out) const;
  // A NULL is the field's default.
  arrow::Status WriteElement(const Member& member, const arrow::Array& values, int64_t row,
                             bool with_tag, std::string* out) const;
  bool IsReplaced(const Node& node, const Member& member, const Columns& columns,
                  int64_t row) const;

  const ProtobufOptions options_;
  std::vector<std::unique_ptr<Node>> nodes_;
  const Node* root_ = nullptr;
};

}  // namespace sabot
