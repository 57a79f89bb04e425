// The table of changelog formats over JSON.
#include "formats/changelog_json.h"

#include <algorithm>
#include <iterator>

namespace sabot {
namespace {

constexpr std::string_view kText = "STRING";
constexpr std::string_view kTime = "TIMESTAMP_LTZ(3)";
constexpr std::string_view kTexts = "ARRAY<STRING>";
constexpr std::string_view kProperties = "MAP<STRING, STRING>";
using Form = MetadataForm;

constexpr ChangelogMetadata kDebeziumMetadata[] = {
    {.key = "schema", .member = "schema", .type = kText, .in_envelope = true},
    {.key = "ingestion-timestamp", .member = "ts_ms", .form = Form::kMillis, .type = kTime},
    {.key = "source.timestamp",
     .member = "source",
     .within = "ts_ms",
     .form = Form::kMillis,
     .type = kTime},
    {.key = "source.database", .member = "source", .within = "db", .type = kText},
    {.key = "source.schema", .member = "source", .within = "schema", .type = kText},
    {.key = "source.table", .member = "source", .within = "table", .type = kText},
    {.key = "source.properties", .member = "source", .type = kProperties},
};

constexpr ChangelogMetadata kCanalMetadata[] = {
    {.key = "database", .member = "database", .type = kText},
    {.key = "table", .member = "table", .type = kText},
    {.key = "sql-type", .member = "sqlType", .type = "MAP<STRING, INT>"},
    {.key = "pk-names", .member = "pkNames", .type = kTexts},
    {.key = "ingestion-timestamp", .member = "ts", .form = Form::kMillis, .type = kTime},
    {.key = "event-timestamp", .member = "es", .form = Form::kMillis, .type = kTime},
};

constexpr ChangelogMetadata kMaxwellMetadata[] = {
    {.key = "database", .member = "database", .type = kText},
    {.key = "table", .member = "table", .type = kText},
    {.key = "primary-key-columns", .member = "primary_key_columns", .type = kTexts},
    {.key = "ingestion-timestamp", .member = "ts", .form = Form::kSeconds, .type = kTime},
};

constexpr ChangelogJson kFormats[] = {
    {.name = "debezium-json",
     .form = ChangeForm::kImages,
     .old_member = "before",
     .new_member = "after",
     .op_member = "op",
     .insert = "c",
     .snapshot = "r",
     .update = "u",
     .remove = "d",
     .has_payload = true,
     .metadata = kDebeziumMetadata},
    {
        .name = "ogg-json",
        .form = ChangeForm::kImages,
        .old_member = "before",
        .new_member = "after",
        .op_member = "op_type",
        .insert = "I",
        .update = "U",
        .remove = "D",
    },
    {.name = "canal-json",
     .form = ChangeForm::kPatchList,
     .old_member = "old",
     .new_member = "data",
     .op_member = "type",
     .insert = "INSERT",
     .update = "UPDATE",
     .remove = "DELETE",
     .skipped = "CREATE",
     .has_filters = true,
     .metadata = kCanalMetadata},
    {.name = "maxwell-json",
     .form = ChangeForm::kPatch,
     .old_member = "old",
     .new_member = "data",
     .op_member = "type",
     .insert = "insert",
     .update = "update",
     .remove = "delete",
     .metadata = kMaxwellMetadata},
};

}  // namespace

const ChangelogJson* FindChangelogJson(std::string_view format) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const ChangelogJson& each) { return each.name == format; });
  return found == std::end(kFormats) ? nullptr : found;
}

}  // namespace sabot
