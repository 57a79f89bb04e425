// What becomes of an operator's state when its fields change: what a checkpoint has of it beside
// what a plan gives it.
//
//   was  [k STRING] [SUM(price) INT of INT]   is  [k STRING] [SUM(price) BIGINT of BIGINT]
//     ->  migrated: 'SUM(price)' was INT of INT and is BIGINT of BIGINT
//   was  [id INT] [note STRING]   is  [id INT]   ->  changed: 'note' (STRING) is gone
//
// lib/plan/state-change.ts says the same before a deployment; both are tested with
// test/state-changes.jsonl.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/manifest.h"

namespace sabot {

enum class FieldsFate {
  kKept,
  kRenamed,   // Restored as it is, under other names.
  kMigrated,  // Restored and converted.
  kChanged,   // Cannot be restored.
};

struct FieldsChange {
  FieldsFate fate = FieldsFate::kKept;
  std::string detail;  // Which fields, and how.
};

// Where either side does not say what it holds, nothing is compared.
FieldsChange CompareFields(const std::vector<StateField>& was, const std::vector<StateField>& is);

// ["SUM(price)", "INT of INT", {"of": "aggregate", "takenBack": true}]; what was recorded before
// there were parts has two members.
nlohmann::json ToJson(const StateField& field);
std::optional<StateField> ReadStateField(const nlohmann::json& from);

}  // namespace sabot
