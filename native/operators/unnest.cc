// unnest: one row per element of a collection.
//
//   ARRAY     in    +I[1, [a, b]]   +I[2, []]
//             out   +I[1, [a, b], a]  +I[1, [a, b], b]
//
// An ARRAY of ROW gives the row's fields, a MAP key and value, a MULTISET every element as often as
// it is in it. `outer` keeps rows without elements, with NULLs; `withOrdinality` adds the element's
// number, from 1. No state.
#include <arrow/array/array_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>

#include <array>

#include "stream/operator.h"

namespace sabot {
namespace {

enum class CollectionKind { kArray, kMap, kMultiset };

struct Shape {
  int column = 0;
  CollectionKind kind = CollectionKind::kArray;
  bool outer = false;
  bool with_ordinality = false;
  bool row_elements = false;  // The elements are ROWs: their fields are columns.
};

constexpr int32_t kNoElement = -1;

class Unnest final : public StatelessOperator {
 public:
  Unnest(Shape shape, std::shared_ptr<arrow::Schema> schema)
      : shape_(shape), schema_(std::move(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    // MapArray is a ListArray of (key, value) structs.
    const auto collection = std::static_pointer_cast<arrow::ListArray>(in.column(shape_.column));
    Pair(*collection);
    if (rows_.empty()) return Progress::kDone;
    ARROW_ASSIGN_OR_RAISE(Batch repeated, Take(in, rows_));
    std::vector<ArrayPtr> columns = repeated.rows->columns();
    ARROW_RETURN_NOT_OK(AppendElements(*collection, &columns));
    if (shape_.with_ordinality) {
      ARROW_ASSIGN_OR_RAISE(auto numbers, Ordinals());
      columns.push_back(std::move(numbers));
    }
    ARROW_ASSIGN_OR_RAISE(Batch result, repeated.WithColumns(schema_, std::move(columns)));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(result)));
    return Progress::kDone;
  }

 private:
  // Fills rows_, elements_ (positions in the collection's values, kNoElement for outer rows) and
  // ordinals_.
  void Pair(const arrow::ListArray& collection) {
    rows_.clear();
    elements_.clear();
    ordinals_.clear();
    const int32_t* counts = nullptr;
    if (shape_.kind == CollectionKind::kMultiset) {
      counts =
          static_cast<const arrow::MapArray&>(collection).items()->data()->GetValues<int32_t>(1);
    }
    for (int64_t row = 0; row < collection.length(); ++row) {
      const int32_t begin = collection.IsNull(row) ? 0 : collection.value_offset(row);
      const int32_t end = collection.IsNull(row) ? 0 : begin + collection.value_length(row);
      int32_t ordinal = 0;
      for (int32_t element = begin; element < end; ++element) {
        const int32_t times = counts == nullptr ? 1 : counts[element];
        for (int32_t i = 0; i < times; ++i) Add(row, element, ++ordinal);
      }
      if (begin == end && shape_.outer) Add(row, kNoElement, 0);
    }
  }

  void Add(int64_t row, int32_t element, int32_t ordinal) {
    rows_.push_back(static_cast<int32_t>(row));
    elements_.push_back(element);
    ordinals_.push_back(ordinal);
  }

  arrow::Status AppendElements(const arrow::ListArray& collection, std::vector<ArrayPtr>* columns) {
    if (shape_.kind == CollectionKind::kArray) {
      const ArrayPtr& values = collection.values();
      if (!shape_.row_elements) return AppendTaken(values, columns);
      // Flatten makes a field NULL where its row is.
      ARROW_ASSIGN_OR_RAISE(const auto fields,
                            static_cast<const arrow::StructArray&>(*values).Flatten());
      for (const ArrayPtr& field : fields) ARROW_RETURN_NOT_OK(AppendTaken(field, columns));
      return arrow::Status::OK();
    }
    const auto& map = static_cast<const arrow::MapArray&>(collection);
    ARROW_RETURN_NOT_OK(AppendTaken(map.keys(), columns));
    if (shape_.kind == CollectionKind::kMultiset) return arrow::Status::OK();
    return AppendTaken(map.items(), columns);
  }

  arrow::Status AppendTaken(const ArrayPtr& values, std::vector<ArrayPtr>* columns) {
    if (!shape_.outer) {
      ARROW_ASSIGN_OR_RAISE(auto taken, Take(values, elements_));
      columns->push_back(std::move(taken));
      return arrow::Status::OK();
    }
    // One NULL behind the values is what rows without elements take.
    ARROW_ASSIGN_OR_RAISE(const auto null, arrow::MakeArrayOfNull(values->type(), 1));
    ARROW_ASSIGN_OR_RAISE(const auto padded, arrow::Concatenate({values, null}));
    std::vector<int32_t> positions = elements_;
    for (int32_t& position : positions) {
      if (position == kNoElement) position = static_cast<int32_t>(values->length());
    }
    ARROW_ASSIGN_OR_RAISE(auto taken, Take(padded, positions));
    columns->push_back(std::move(taken));
    return arrow::Status::OK();
  }

  arrow::Result<ArrayPtr> Ordinals() const {
    arrow::Int32Builder builder;
    for (const int32_t ordinal : ordinals_) {
      ARROW_RETURN_NOT_OK(ordinal == 0 ? builder.AppendNull() : builder.Append(ordinal));
    }
    return builder.Finish();
  }

  Shape shape_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int32_t> rows_;  // Scratch.
  std::vector<int32_t> elements_;
  std::vector<int32_t> ordinals_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  Shape shape;
  ARROW_ASSIGN_OR_RAISE(shape.column, node.Column("column"));
  ARROW_ASSIGN_OR_RAISE(const std::string kind, node.String("kind"));
  const Type& type = node.input_schemas[0][static_cast<size_t>(shape.column)].type;
  size_t num_columns = 1;
  if (kind == "ARRAY" && type.kind == TypeKind::kArray) {
    shape.row_elements = type.children[0].kind == TypeKind::kRow;
    if (shape.row_elements) num_columns = type.children[0].children.size();
  } else if (kind == "MAP" && type.kind == TypeKind::kMap) {
    shape.kind = CollectionKind::kMap;
    num_columns = 2;
  } else if (kind == "MULTISET" && type.kind == TypeKind::kMultiset) {
    shape.kind = CollectionKind::kMultiset;
  } else {
    return node.Error("a column of " + ToString(type) + " is no " + kind);
  }
  ARROW_ASSIGN_OR_RAISE(shape.outer, node.Bool("outer", false));
  ARROW_ASSIGN_OR_RAISE(shape.with_ordinality, node.Bool("withOrdinality", false));
  num_columns += shape.with_ordinality ? 1 : 0;
  if (node.schema.size() != node.input_schemas[0].size() + num_columns) {
    return node.Error("the schema must be the input's and the elements' columns");
  }
  return std::make_unique<Unnest>(shape, ToArrow(node.schema));
}

}  // namespace

extern const OperatorSpec kUnnest{.name = "unnest", .num_inputs = 1, .make = &Make};

}  // namespace sabot
