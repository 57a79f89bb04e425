// MAP functions: MAP_KEYS, MAP_VALUES, MAP_ENTRIES, MAP_FROM_ARRAYS, MAP_UNION. A map keeps the
// place of a key's first entry and the value of its last.
#include <unordered_map>

#include "batch/key_encoding.h"
#include "expressions/lift.h"
#include "expressions/list_gather.h"

namespace sabot {
namespace {

const arrow::MapArray& Map(const Vector& vector) {
  return static_cast<const arrow::MapArray&>(*vector.array);
}

// The parts of maps as arrays: f(keys, values) is what the lists hold.
template <typename F>
KernelResult BindParts(const Expression& call, F part) {
  return LiftBatch([type = ToArrow(call.type), part](std::span<const Vector> args,
                                                     int64_t rows) -> arrow::Result<ArrayPtr> {
    if (args[0].array->type_id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, rows);
    const NullBits nulls(args[0]);
    const Reader<ListSlice> maps(args[0]);
    ListGather out;
    out.AddSource(part(Map(args[0]), type));
    for (int64_t row = 0; row < rows; ++row) {
      if (!nulls.valid(row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      const ListSlice slice = maps[row];
      for (int64_t i = slice.begin; i < slice.end; ++i) out.Append(0, i);
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}
KernelResult BindMapKeys(const Expression& call, const SessionContext&) {
  return BindParts(call, [](const arrow::MapArray& map, const auto&) { return map.keys(); });
}
KernelResult BindMapValues(const Expression& call, const SessionContext&) {
  return BindParts(call, [](const arrow::MapArray& map, const auto&) { return map.items(); });
}
// Rows of key and value.
KernelResult BindMapEntries(const Expression& call, const SessionContext&) {
  return BindParts(
      call,
      [](const arrow::MapArray& map, const std::shared_ptr<arrow::DataType>& type) -> ArrayPtr {
        const auto& row = static_cast<const arrow::ListType&>(*type).value_type();
        return std::make_shared<arrow::StructArray>(row, map.keys()->length(),
                                                    arrow::ArrayVector{map.keys(), map.items()});
      });
}

// Writes maps entry by entry; of equal keys the last value counts.
class MapGather {
 public:
  // Keys and values of one source, which share their indexes.
  arrow::Result<size_t> AddSource(const ArrayPtr& keys, const ArrayPtr& values) {
    values_.AddSource(values);
    auto encoded = std::make_unique<EncodedKeys>();
    ARROW_RETURN_NOT_OK(encoded->Encode({&keys, 1}, keys->length()));
    encoded_.push_back(std::move(encoded));
    return keys_.AddSource(keys);
  }
  // `keeps`: of equal keys the first value counts, not the last.
  void Append(size_t source, int64_t key, int64_t value, bool keeps = false) {
    const auto [found, added] = row_.emplace(encoded_[source]->key(key), entries_.size());
    if (added) {
      entries_.push_back({source, key, source, value});
    } else if (!keeps) {
      entries_[found->second].value_source = source;
      entries_[found->second].value = value;
    }
  }
  arrow::Status EndRow() {
    for (const Entry& entry : entries_) {
      keys_.Append(entry.key_source, entry.key);
      values_.Append(entry.value_source, entry.value);
    }
    row_.clear();
    entries_.clear();
    return offsets_.End(keys_.length(), true);
  }
  arrow::Status EndNull() { return offsets_.End(keys_.length(), false); }
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type) {
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr keys, keys_.Take());
    ARROW_RETURN_NOT_OK(CheckMapKeys(*keys));
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr values, values_.Take());
    const auto& entry = static_cast<const arrow::MapType&>(*type).value_type();
    return offsets_.Finish(type, std::make_shared<arrow::StructArray>(
                                     entry, keys->length(), arrow::ArrayVector{keys, values}));
  }

 private:
  struct Entry {
    size_t key_source;
    int64_t key;
    size_t value_source;
    int64_t value;
  };
  ListGather keys_;
  ListGather values_;
  std::vector<std::unique_ptr<EncodedKeys>> encoded_;
  std::unordered_map<std::string_view, size_t> row_;
  std::vector<Entry> entries_;
  ListOffsets offsets_;
};

KernelResult BindMapUnion(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(const Validity validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    MapGather out;
    std::vector<Reader<ListSlice>> maps;
    for (const Vector& arg : args) {
      ARROW_RETURN_NOT_OK(out.AddSource(Map(arg).keys(), Map(arg).items()).status());
      maps.emplace_back(arg);
    }
    for (int64_t row = 0; row < rows; ++row) {
      if (validity.bits != nullptr && !arrow::bit_util::GetBit(validity.data(), row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      // As Flink: the last map's entries first, then what the ones before it add.
      for (size_t source = maps.size(); source-- > 0;) {
        const ListSlice slice = maps[source][row];
        for (int64_t i = slice.begin; i < slice.end; ++i) out.Append(source, i, i, true);
      }
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}

KernelResult BindMapFromArrays(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(const Validity validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    const auto values_of = [](const Vector& arg) {
      return static_cast<const arrow::ListArray&>(*arg.array).values();
    };
    MapGather out;
    ARROW_RETURN_NOT_OK(out.AddSource(values_of(args[0]), values_of(args[1])).status());
    const Reader<ListSlice> keys(args[0]);
    const Reader<ListSlice> values(args[1]);
    for (int64_t row = 0; row < rows; ++row) {
      if (validity.bits != nullptr && !arrow::bit_util::GetBit(validity.data(), row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      const ListSlice key = keys[row];
      const ListSlice value = values[row];
      if (key.size() != value.size()) {
        return arrow::Status::Invalid("MAP_FROM_ARRAYS: ", key.size(), " keys but ", value.size(),
                                      " values");
      }
      for (int64_t i = 0; i < key.size(); ++i) out.Append(0, key.begin + i, value.begin + i);
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "map_keys", .bind = BindMapKeys},
    {.name = "map_values", .bind = BindMapValues},
    {.name = "map_entries", .bind = BindMapEntries},
    {.name = "map_union", .bind = BindMapUnion},
    {.name = "map_from_arrays", .selective = true, .bind = BindMapFromArrays},
};

}  // namespace

std::span<const FunctionSpec> MapFunctions() { return kFunctions; }

}  // namespace sabot
