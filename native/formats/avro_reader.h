// Avro's binary records into column buffers: the writer's schema resolved against the columns once,
// then a walk over the bytes for every record.
//
//   writer {a: long, x: string, b: [null, int]}, columns b BIGINT, c STRING
//     02 06 'a' 'b' 'c' 02 0E   ->   a is skipped, x is skipped, b: 7, c: NULL
//
// As Avro resolves: fields by name, int to long to float to double, text and bytes; what the writer
// does not have is NULL. Beyond it: an enum is text, timestamps and decimals are converted by
// their units and scales. State: none between records.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/avro_schema.h"
#include "formats/column_buffers.h"

namespace sabot {

// Why a record cannot be read.
struct AvroFault {
  const uint8_t* at = nullptr;
  std::string what;
  std::string field = {};  // Its path, with those of records around it.

  std::string reason() const { return field.empty() ? what : "field '" + field + "': " + what; }
};

class AvroReader {
 public:
  // `columns` must outlive the reader, one for each of `schema`. An error where the schemas do not
  // fit, naming the column.
  static arrow::Result<std::unique_ptr<AvroReader>> Make(std::shared_ptr<const AvroSchema> writer,
                                                         const Schema& schema,
                                                         ColumnBuffers& columns);

  // The same of records that hold whole rows, in fields of their own, and a text that says what
  // becomes of them: a field of `images` that is a record, and not null, is a row in the columns,
  // in the writer's order. Fields that are not there are null.
  static arrow::Result<std::unique_ptr<AvroReader>> MakeOfImages(
      std::shared_ptr<const AvroSchema> writer, const Schema& schema, ColumnBuffers& columns,
      const std::vector<std::string>& images, const std::string& tag);

  // Appends one value to every column. Returns the place behind the record, or nullptr with the
  // fault set: columns may then be longer by a part. There must be 64 readable bytes behind `end`.
  const uint8_t* Read(const uint8_t* p, const uint8_t* end, AvroFault* fault);
  // Of the record that was read last: which images it has (places in `images`), and its tag, a part
  // of its bytes; no data: null.
  const std::vector<size_t>& images() const { return images_; }
  std::string_view tag() const { return tag_; }

 private:
  enum class Op : uint8_t {
    // Without a column: bytes are passed over.
    kSkipNone,
    kSkipVarint,
    kSkipFixed,
    kSkipBytes,
    kTag,
    // Into the column.
    kNull,
    kRefuseNull,
    kMismatch,
    kNoRecord,
    kBoolean,
    kVarintToInt8,
    kVarintToInt16,
    kVarintToInt32,
    kVarintToInt64,
    kVarintToFloat,
    kVarintToDouble,
    kTimeMicros,
    kTimestamp,
    kFloat,
    kFloatToDouble,
    kDouble,
    kText,
    kBytes,
    kFixed,
    kEnum,
    kDecimalBytes,
    kDecimalFixed,
    // Either.
    kRecord,
    kArray,
    kMap,
    kUnion,
    kImage,
  };
  struct Node {
    Op op = Op::kSkipNone;
    ColumnBuffer* column = nullptr;
    bool is_int = false;     // Varints: of 32 bits.
    int64_t size = 0;        // kSkipFixed, kFixed, kDecimalFixed: bytes. kImage: which.
    int64_t multiplier = 1;  // kTimestamp.
    int64_t divisor = 1;
    int32_t scale = 0;  // Decimals: the writer's.
    const AvroType* type = nullptr;
    std::vector<const Node*>
        children;  // Fields, items, branches; of a map: values, skipped values.
    std::vector<ColumnBuffer*> missing;  // Of a record: the columns that it has no field for.
  };

  // Where values go.
  struct Targets {
    Targets(const Schema& schema, ColumnBuffers& buffers);

    std::vector<std::string> names;
    std::vector<Type> types;
    std::vector<ColumnBuffer*> columns;
  };

  explicit AvroReader(std::shared_ptr<const AvroSchema> writer) : writer_(std::move(writer)) {}

  // The records' own type: the root, or its branch beside null.
  arrow::Result<const AvroType*> RecordType() const;
  void SetRoot(const AvroType& record, const Node* node);
  Node* Add(Op op, const AvroType& type, ColumnBuffer* column);
  const Node* Skip(const AvroType& type);
  arrow::Result<const Node*> Resolve(const AvroType& type, ColumnBuffer& column,
                                     const std::string& name);
  arrow::Result<const Node*> ResolveRecord(const AvroType& type,
                                           const std::vector<std::string>& names,
                                           const std::vector<Type>& types,
                                           const std::vector<ColumnBuffer*>& columns,
                                           ColumnBuffer* row, const std::string& path);
  arrow::Result<const Node*> ResolveImage(const AvroType& type, const Targets& targets,
                                          size_t image, const std::string& field);
  arrow::Result<const Node*> ResolveTag(const AvroType& type, const std::string& field);
  arrow::Result<const Node*> ResolveUnion(const AvroType& type, ColumnBuffer& column,
                                          const std::string& name);
  arrow::Result<const Node*> ResolveDecimal(const AvroType& type, ColumnBuffer& column,
                                            const std::string& name);
  static Op OpFor(const AvroType& type, const Type& to);

  const uint8_t* Fail(const uint8_t* at, std::string reason);
  const uint8_t* FailIn(const std::string& field);
  const uint8_t* ReadVarint(const uint8_t* p, bool is_int, int64_t* value);
  const uint8_t* ReadSize(const uint8_t* p, int64_t* size);
  const uint8_t* ReadNode(const Node& node, const uint8_t* p, int depth);
  const uint8_t* ReadScalar(const Node& node, const uint8_t* p);
  const uint8_t* ReadArray(const Node& node, const uint8_t* p, int depth);
  const uint8_t* ReadMap(const Node& node, const uint8_t* p, int depth);
  template <typename Each>
  const uint8_t* ReadBlocks(const uint8_t* p, bool skips, Each&& each);
  void AppendText(std::string_view text, ColumnBuffer& column);
  void AppendDecimal(const Node& node, const uint8_t* bytes, int64_t size);

  const std::shared_ptr<const AvroSchema> writer_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<const AvroType*, Node*> skips_;  // Types may contain themselves.
  const Node* root_ = nullptr;

  // Of the record at hand.
  const uint8_t* end_ = nullptr;
  AvroFault* fault_ = nullptr;
  int64_t empty_elements_ = 0;
  std::vector<size_t> images_;
  std::string_view tag_;
  std::string text_;
};

}  // namespace sabot
