// Evaluates bound expressions over batches.
//
//   columns, length -> Vector
//
// A call evaluates its arguments, then its kernel, over whole columns. AND, OR, CASE, IF and
// COALESCE evaluate a part that may fail only on the rows that reach it: its columns are taken at
// those rows, it runs densely, and its results are put back. Parts that cannot fail run on all
// rows: that is cheaper than to take them apart.
#include "expressions/evaluator.h"

#include <arrow/array/util.h>
#include <arrow/scalar.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "expressions/lift.h"
#include "expressions/selection.h"
#include "plan/expression.h"

namespace sabot {
namespace {

using Columns = std::span<const ArrayPtr>;

// What binding knows of an expression besides how to evaluate it.
class Node : public BoundExpression {
 public:
  Node(const Type& type, std::vector<std::unique_ptr<Node>> parts)
      : type_(ToArrow(type)), parts_(std::move(parts)) {
    for (const auto& part : parts_) {
      selective_ = selective_ || part->selective();
      deterministic_ = deterministic_ && part->deterministic();
      columns_.insert(columns_.end(), part->columns().begin(), part->columns().end());
    }
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
  }

  bool selective() const override { return selective_; }
  bool deterministic() const { return deterministic_; }
  const std::vector<int>& columns() const { return columns_; }
  // The value, if it is the same for all rows of all batches.
  virtual const std::shared_ptr<arrow::Scalar>* constant() const { return nullptr; }

  // The values at `rows` only (row i of the result is row rows[i]).
  arrow::Result<Vector> EvaluateAt(Columns columns, std::span<const int32_t> rows) {
    std::vector<ArrayPtr> taken(columns.size());
    for (const int column : columns_) {
      const auto i = static_cast<size_t>(column);
      ARROW_ASSIGN_OR_RAISE(taken[i], Take(columns[i], rows));
    }
    return Evaluate(taken, static_cast<int64_t>(rows.size()));
  }

 protected:
  // Seen by subclasses as they are bound.
  std::shared_ptr<arrow::DataType> type_;
  std::vector<std::unique_ptr<Node>> parts_;
  bool selective_ = false;
  bool deterministic_ = true;
  std::vector<int> columns_;
};

using NodePtr = std::unique_ptr<Node>;
using NodePtrs = std::vector<NodePtr>;

class Column final : public Node {
 public:
  explicit Column(const Expression& from) : Node(from.type, {}) { columns_.push_back(from.column); }
  arrow::Result<Vector> Evaluate(Columns columns, int64_t) override {
    return Vector{columns[static_cast<size_t>(columns_[0])], false};
  }
};

class Constant final : public Node {
 public:
  static arrow::Result<NodePtr> Make(const Type& type, std::shared_ptr<arrow::Scalar> value) {
    ARROW_ASSIGN_OR_RAISE(auto array, arrow::MakeArrayFromScalar(*value, 1));
    return NodePtr(new Constant(type, std::move(value), std::move(array)));
  }
  arrow::Result<Vector> Evaluate(Columns, int64_t) override { return Vector{array_, true}; }
  const std::shared_ptr<arrow::Scalar>* constant() const override { return &value_; }

 private:
  Constant(const Type& type, std::shared_ptr<arrow::Scalar> value, ArrayPtr array)
      : Node(type, {}), value_(std::move(value)), array_(std::move(array)) {}
  std::shared_ptr<arrow::Scalar> value_;
  ArrayPtr array_;
};

class Call final : public Node {
 public:
  Call(const Expression& call, const FunctionSpec& spec, KernelPtr kernel, NodePtrs parts)
      : Node(call.type, std::move(parts)), kernel_(std::move(kernel)), args_(parts_.size()) {
    const bool total = spec.total != nullptr && spec.total(call);
    selective_ = selective_ || (spec.selective && !total);
    deterministic_ = deterministic_ && spec.deterministic;
  }
  arrow::Result<Vector> Evaluate(Columns columns, int64_t length) override {
    for (size_t i = 0; i < parts_.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(args_[i], parts_[i]->Evaluate(columns, length));
    }
    auto result = kernel_->Run(args_, length);
    std::fill(args_.begin(), args_.end(), Vector{});
    if (result.status().IsInvalid() && DetailOf(result.status()) == nullptr)
      return UserError("runtime-argument", "", result.status().message());
    return result;
  }

 private:
  KernelPtr kernel_;
  std::vector<Vector> args_;  // Scratch, empty between batches.
};

// AND (dominant FALSE) and OR (dominant TRUE), three-valued, left to right: a part that may fail is
// evaluated only where no part before it has decided the row.
class Connective final : public Node {
 public:
  Connective(const Expression& call, bool dominant, NodePtrs parts)
      : Node(call.type, std::move(parts)), dominant_(dominant) {}

  arrow::Result<Vector> Evaluate(Columns columns, int64_t length) override {
    ARROW_ASSIGN_OR_RAISE(auto state, Truth::Make(!dominant_, length));
    bool constant = length > 0;
    for (size_t i = 0; i < parts_.size(); ++i) {
      Node& part = *parts_[i];
      if (part.selective() && i > 0) {
        state.SelectUndecided(dominant_, &rows_);
        if (rows_.empty()) continue;
        if (static_cast<int64_t>(rows_.size()) < length) {
          ARROW_ASSIGN_OR_RAISE(auto values, part.EvaluateAt(columns, rows_));
          state.CombineAt(dominant_, values, rows_);
          constant = false;
          continue;
        }
      }
      ARROW_ASSIGN_OR_RAISE(auto values, part.Evaluate(columns, length));
      constant = constant && values.constant;
      state.Combine(dominant_, values);
    }
    auto array = state.Finish();
    return constant ? Vector{array->Slice(0, 1), true} : Vector{std::move(array), false};
  }

 private:
  bool dominant_;
  std::vector<int32_t> rows_;  // Scratch.
};

// CASE: condition, value, condition, value, ..., else. IF is a CASE of one condition.
class Case final : public Node {
 public:
  Case(const Expression& call, NodePtrs parts) : Node(call.type, std::move(parts)) {}

  arrow::Result<Vector> Evaluate(Columns columns, int64_t length) override {
    Merge merge(type_, length);
    Rows rest = Rows::All(length);
    for (size_t i = 0; i + 1 < parts_.size() && !rest.empty(); i += 2) {
      ARROW_ASSIGN_OR_RAISE(const auto condition, EvaluatePart(*parts_[i], columns, rest, length));
      Rows taken;
      rest.Split(condition.values, condition.dense, &taken);
      ARROW_RETURN_NOT_OK(AddPart(*parts_[i + 1], columns, std::move(taken), length, &merge));
    }
    ARROW_RETURN_NOT_OK(AddPart(*parts_.back(), columns, std::move(rest), length, &merge));
    return merge.Finish();
  }

 private:
  struct PartValues {
    Vector values;
    bool dense;  // Row i of values is row rows[i]; otherwise row i is row i.
  };
  static arrow::Result<PartValues> EvaluatePart(Node& part, Columns columns, const Rows& rows,
                                                int64_t length) {
    if (part.selective() && !rows.all()) {
      ARROW_ASSIGN_OR_RAISE(auto values, part.EvaluateAt(columns, rows.indices()));
      return PartValues{std::move(values), true};
    }
    ARROW_ASSIGN_OR_RAISE(auto values, part.Evaluate(columns, length));
    return PartValues{std::move(values), false};
  }
  static arrow::Status AddPart(Node& part, Columns columns, Rows rows, int64_t length,
                               Merge* merge) {
    if (rows.empty()) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto found, EvaluatePart(part, columns, rows, length));
    merge->Add(std::move(found.values), found.dense, std::move(rows));
    return arrow::Status::OK();
  }
};

// COALESCE: the first value that is not NULL.
class Coalesce final : public Node {
 public:
  Coalesce(const Expression& call, NodePtrs parts) : Node(call.type, std::move(parts)) {}

  arrow::Result<Vector> Evaluate(Columns columns, int64_t length) override {
    Merge merge(type_, length);
    Rows rest = Rows::All(length);
    for (size_t i = 0; i < parts_.size() && !rest.empty(); ++i) {
      Node& part = *parts_[i];
      const bool dense = part.selective() && !rest.all();
      ARROW_ASSIGN_OR_RAISE(auto values, dense ? part.EvaluateAt(columns, rest.indices())
                                               : part.Evaluate(columns, length));
      if (i + 1 == parts_.size()) {
        merge.Add(std::move(values), dense, std::move(rest));
        break;
      }
      Rows taken;
      rest.SplitNotNull(values, dense, &taken);
      merge.Add(std::move(values), dense, std::move(taken));
    }
    return merge.Finish();
  }
};

arrow::Status WrongArity(const Expression& call) {
  return arrow::Status::Invalid("The plan is malformed: ", call.function, " of ", call.args.size(),
                                " arguments.");
}

arrow::Result<NodePtr> BindCall(Expression call, NodePtrs parts, const SessionContext& session) {
  if (call.function == "and" || call.function == "or") {
    return NodePtr(new Connective(call, call.function == "or", std::move(parts)));
  }
  if (call.function == "case" || call.function == "if") {
    if (parts.size() % 2 == 0 || parts.size() < 3) return WrongArity(call);
    return NodePtr(new Case(call, std::move(parts)));
  }
  if (call.function == "coalesce") {
    if (parts.empty()) return WrongArity(call);
    return NodePtr(new Coalesce(call, std::move(parts)));
  }
  const FunctionSpec* const spec = FindFunction(call.function);
  if (spec == nullptr) {
    return arrow::Status::NotImplemented("The engine has no function '", call.function, "'.");
  }
  ARROW_ASSIGN_OR_RAISE(auto kernel, spec->bind(call, session));
  return NodePtr(new Call(call, *spec, std::move(kernel), std::move(parts)));
}

// The literal that stands for a constant node, or the node. A constant that fails stays as it is:
// it fails when, and only if, a row reaches it.
arrow::Result<NodePtr> Fold(NodePtr node, const Type& type) {
  if (node->constant() != nullptr || !node->deterministic() || !node->columns().empty())
    return node;
  auto values = node->Evaluate({}, 1);
  if (!values.ok()) return node;
  ARROW_ASSIGN_OR_RAISE(auto value, values->array->GetScalar(0));
  return Constant::Make(type, std::move(value));
}

arrow::Result<NodePtr> BindNode(const Expression& expression, const SessionContext& session) {
  switch (expression.form) {
    case Expression::Form::kColumn:
      return NodePtr(new Column(expression));
    case Expression::Form::kLiteral:
      return Constant::Make(expression.type, expression.literal);
    case Expression::Form::kCall:
      break;
  }
  NodePtrs parts;
  Expression call = expression;
  for (Expression& arg : call.args) {
    ARROW_ASSIGN_OR_RAISE(auto part, BindNode(arg, session));
    if (part->constant() != nullptr && arg.form == Expression::Form::kCall) {
      Expression literal;
      literal.type = arg.type;
      literal.literal = *part->constant();
      literal.options = arg.options;
      arg = std::move(literal);
    }
    parts.push_back(std::move(part));
  }
  ARROW_ASSIGN_OR_RAISE(auto node, BindCall(std::move(call), std::move(parts), session));
  return Fold(std::move(node), expression.type);
}

}  // namespace

arrow::Result<std::unique_ptr<BoundExpression>> Bind(const Expression& expression,
                                                     const SessionContext& session) {
  return BindNode(expression, session);
}

arrow::Result<ArrayPtr> Materialize(const Vector& vector, int64_t length) {
  if (!vector.constant) return vector.array;
  if (vector.array->IsNull(0)) return arrow::MakeArrayOfNull(vector.array->type(), length);
  ARROW_ASSIGN_OR_RAISE(auto value, vector.array->GetScalar(0));
  return arrow::MakeArrayFromScalar(*value, length);
}

arrow::Status SelectTrue(const Vector& condition, int64_t length, std::vector<int32_t>* rows) {
  TrueRows(condition, length, rows);
  return arrow::Status::OK();
}

}  // namespace sabot
