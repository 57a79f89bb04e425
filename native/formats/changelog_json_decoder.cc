// Changes as JSON lines into batches with row kinds.
//
//   {"before": {"id": 1}, "after": null, "op": "d"}\n   ->   -D (1)
//
// As Flink's debezium-json, ogg-json, canal-json and maxwell-json read. Kafka's null, a tombstone,
// is no record. State: the buffered rows.
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "formats/change_reader.h"
#include "formats/decoders.h"
#include "formats/json_lines.h"
#include "formats/json_options.h"

namespace sabot {
namespace {

// What the node's formatMetadata asks for; its columns are the last of `columns`.
arrow::Result<std::vector<const ChangelogMetadata*>> FindMetadata(const ChangelogJson& format,
                                                                  const Schema& columns,
                                                                  const PlanNode& node) {
  std::vector<const ChangelogMetadata*> found;
  const nlohmann::json* keys = node.Member("formatMetadata");
  if (keys == nullptr) return found;
  if (!keys->is_array() || keys->size() > columns.size())
    return node.Error("formatMetadata must name the last columns");
  for (const auto& key : *keys) {
    if (!key.is_string()) return node.Error("formatMetadata must name the last columns");
    const std::string name = key.get<std::string>();
    const ChangelogMetadata* spec = nullptr;
    for (const ChangelogMetadata& each : format.metadata) {
      if (each.key == name) spec = &each;
    }
    if (spec == nullptr) {
      return UserError("unknown-metadata", name,
                       "format '" + std::string(format.name) + "' has no metadata '" + name + "'");
    }
    const Field& column = columns[columns.size() - keys->size() + found.size()];
    Type type = column.type;
    type.nullable = true;
    if (ToString(type) != spec->type) {
      return node.Error("the column of the metadata '" + name + "' must be " +
                        std::string(spec->type) + ", not " + ToString(type));
    }
    found.push_back(spec);
  }
  return found;
}

arrow::Result<std::unique_ptr<NameFilter>> ReadFilter(const FormatOptions& options,
                                                      const std::string& option) {
  if (!options.Has(option)) return nullptr;
  return NameFilter::Make(option, options.String(option, ""));
}

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeChangelogJsonDecoder(const ChangelogJson& format,
                                                                 const Schema& columns,
                                                                 const PlanNode& node) {
  const std::string name(format.name);
  ARROW_ASSIGN_OR_RAISE(const FormatOptions options, ReadChangelogJsonOptions(format, node));
  ARROW_ASSIGN_OR_RAISE(auto metadata, FindMetadata(format, columns, node));
  ChangeReadOptions read;
  ARROW_ASSIGN_OR_RAISE(read.json, ReadJsonReadOptions(options, name));
  ReadAsTree(columns, &read.json);
  ARROW_ASSIGN_OR_RAISE(read.schema_include, options.Bool(name + ".schema-include", false));
  ARROW_ASSIGN_OR_RAISE(read.databases, ReadFilter(options, name + ".database.include"));
  ARROW_ASSIGN_OR_RAISE(read.tables, ReadFilter(options, name + ".table.include"));
  for (const Field& column : columns) {
    RETURN_NOT_OK(CheckJsonReadable(column.type, column.name, name));
  }
  auto reader =
      std::make_unique<ChangeReader>(format, columns, std::move(metadata), std::move(read));
  return std::make_unique<JsonLines<ChangeReader>>(std::move(reader),
                                                   name + ".ignore-parse-errors");
}

}  // namespace sabot
