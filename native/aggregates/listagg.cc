// listagg: texts in order of arrival with a separator between them, NULLs skipped.
//
//   LISTAGG(x, '|') over 'a', NULL, ''  ->  'a|'
//
// The separator is the second argument, else option "separator", else ",". State: the text so far;
// if values can be taken back, all of them in order of arrival.
#include <nlohmann/json.hpp>

#include "aggregates/arrival_list.h"
#include "aggregates/cell_handle.h"
#include "aggregates/encoded_value.h"
#include "aggregates/families.h"
#include "aggregates/value_aggregate.h"

namespace sabot {
namespace {

struct Listagg {
  using Out = std::string_view;
  static constexpr bool kTellsChange = true;
  static constexpr size_t kNumArgs = 1;

  explicit Listagg(std::string separator) : separator_(std::move(separator)) {}

  void Place(KeyedTableLayout& layout) {
    text_.Place(layout, "text");
    last_separator_.Place(layout, "separator");
  }
  void Locate(const CellColumns& cells) {
    text_.Locate(cells);
    last_separator_.Locate(cells);
  }
  arrow::Status Bind(const AggregateRows& rows) {
    arg_.Bind(*rows.args[0]);
    has_separators_ = rows.args.size() > 1;
    if (has_separators_) separators_.Bind(*rows.args[1]);
    return arrow::Status::OK();
  }
  bool Add(KeyedTable& table, Slot slot, char* cells, int64_t row) {
    Put(table, slot, cells, arg_[row], has_separators_ ? separators_[row] : separator_);
    return true;
  }
  bool Remove(KeyedTable&, Slot, char*, int64_t) {
    SABOT_CHECK(false);  // ListaggOfMany is for inputs that take back.
  }
  bool Get(const KeyedTable& table, Slot slot, const char* cells, Out* out) const {
    *out = text_.Get(table, slot, cells);
    return text_.Has(table, slot, cells);
  }
  void Merge(KeyedTable& into, Slot to, char* to_cells, const KeyedTable& other, Slot from,
             const char* from_cells) {
    if (!text_.Has(other, from, from_cells)) return;
    Put(into, to, to_cells, text_.Get(other, from, from_cells),
        last_separator_.Get(other, from, from_cells));
  }

 private:
  void Put(KeyedTable& table, Slot slot, char* cells, std::string_view text,
           std::string_view separator) {
    if (text_.Has(table, slot, cells)) {
      text_.Append(table, slot, separator);
      text_.Append(table, slot, text);
    } else {
      text_.Set(table, slot, cells, text);
      last_separator_.Set(table, slot, cells, separator);  // What a merge puts between.
    }
  }

  std::string separator_;
  OptionalCell<std::string_view> text_;
  OptionalCell<std::string_view> last_separator_;
  Argument<std::string_view> arg_;
  Argument<std::string_view> separators_;
  bool has_separators_ = false;
};

struct ListaggOfMany {
  using Out = std::string_view;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  explicit ListaggOfMany(std::string separator) : separator_(std::move(separator)) {}

  void Place(KeyedTableLayout& layout) {
    list_.Place(layout);
    last_separator_.Place(layout, "separator");
  }
  void Locate(const CellColumns& cells) { last_separator_.Locate(cells); }
  arrow::Status Bind(const AggregateRows& rows) {
    has_separators_ = rows.args.size() > 1;
    if (has_separators_) separators_.Bind(*rows.args[1]);
    return values_.Encode(rows.args.first(1), rows.length());
  }
  bool Add(KeyedTable& table, Slot slot, char* cells, int64_t row) {
    list_.Append(table, slot, values_.key(row));
    if (has_separators_) last_separator_.Set(table, slot, cells, separators_[row]);
    return true;
  }
  bool Remove(KeyedTable& table, Slot slot, char*, int64_t row) {
    return list_.Remove(table, slot, values_.key(row));
  }
  bool Get(const KeyedTable& table, Slot slot, const char* cells, Out* out) const {
    if (list_.size(table, slot) == 0) return false;
    const std::string_view separator = last_separator_.Has(table, slot, cells)
                                           ? last_separator_.Get(table, slot, cells)
                                           : separator_;
    joined_.clear();
    bool first = true;
    list_.ForEach(table, slot, [&](std::string_view encoded) {
      if (!first) joined_ += separator;
      first = false;
      joined_ += DecodeFlat<std::string_view>(encoded, scratch_);
    });
    *out = joined_;
    return true;
  }
  void Merge(KeyedTable& into, Slot to, char* to_cells, const KeyedTable& other, Slot from,
             const char* from_cells) {
    list_.Merge(into, to, other, from);
    if (last_separator_.Has(other, from, from_cells)) {
      last_separator_.Set(into, to, to_cells, last_separator_.Get(other, from, from_cells));
    }
  }

 private:
  std::string separator_;
  ArrivalList list_{true};
  OptionalCell<std::string_view> last_separator_;
  EncodedKeys values_;
  Argument<std::string_view> separators_;
  bool has_separators_ = false;
  mutable std::string joined_;
  mutable std::string scratch_;
};

arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool input_retracts) {
  for (const Type& type : call.arg_types) {
    if (!type.is_string()) return UnsupportedArgument(call);
  }
  if (call.args.empty() || call.args.size() > 2) return UnsupportedArgument(call);
  std::string separator = call.options->value("separator", ",");
  if (input_retracts) return MakeValueAggregate(ListaggOfMany(std::move(separator)), call.type);
  return MakeValueAggregate(Listagg(std::move(separator)), call.type);
}

}  // namespace

extern const AggregateSpec kListagg{"listagg", &Make};

}  // namespace sabot
