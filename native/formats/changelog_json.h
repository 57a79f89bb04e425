// The formats that hold changes of a table as JSON: debezium-json, ogg-json, canal-json,
// maxwell-json. What they differ in is data.
//
//   {"before": {"id": 1, "n": 7}, "after": {"id": 1, "n": 8}, "op": "u"}   debezium-json
//   {"data": [{"id": 1, "n": 8}], "old": [{"n": 7}], "type": "UPDATE"}     canal-json
//                                             ->   -U (1, 7)  +U (1, 8)
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sabot {

// How a record holds the rows of a change.
enum class ChangeForm : uint8_t {
  kImages,    // The old row and the new one, whole.
  kPatch,     // The row, and of an update the old values of the fields that have changed.
  kPatchList  // Lists of those.
};

// What a metadata column is made of.
enum class MetadataForm : uint8_t {
  kValue,    // The member, as a value of the column's type.
  kMillis,   // BIGINT milliseconds since the epoch.
  kSeconds,  // BIGINT seconds since the epoch.
};

struct ChangelogMetadata {
  std::string_view key;          // Flink's name.
  std::string_view member;       // Of the record.
  std::string_view within = {};  // A member of that one; empty: the whole.
  MetadataForm form = MetadataForm::kValue;
  std::string_view type;     // The column's, as ToString prints it.
  bool in_envelope = false;  // Beside the payload, where the record has one.
};

struct ChangelogJson {
  std::string_view name;
  ChangeForm form;
  std::string_view old_member;
  std::string_view new_member;
  std::string_view op_member;
  // Values of op_member. Empty: there is none.
  std::string_view insert;
  std::string_view snapshot = {};  // A row that was there before: an insert too.
  std::string_view update;
  std::string_view remove;
  std::string_view skipped = {};  // No change of rows.
  bool has_payload = false;       // The record may lie in a member `payload` (schema-include).
  bool has_filters = false;       // database.include, table.include.
  std::span<const ChangelogMetadata> metadata = {};
};

// nullptr: `format` is none of them.
const ChangelogJson* FindChangelogJson(std::string_view format);

}  // namespace sabot
