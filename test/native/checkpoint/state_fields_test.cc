// What becomes of state: the cases of test/state-changes.jsonl, which lib/plan/state-change.ts
// passes, too; and fields as JSON.
#include "checkpoint/state_fields.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace sabot {
namespace {

using nlohmann::json;

std::vector<StateField> FieldsOf(const json& from) {
  std::vector<StateField> fields;
  for (const json& field : from) {
    auto read = ReadStateField(field);
    EXPECT_TRUE(read) << field;
    if (!read) continue;
    EXPECT_EQ(ToJson(*read), field);
    fields.push_back(std::move(*read));
  }
  return fields;
}

std::string TextOf(FieldsFate fate) {
  static constexpr const char* kTexts[] = {"kept", "renamed", "migrated", "changed"};
  return kTexts[static_cast<size_t>(fate)];
}

TEST(StateFields, WhatBecomesOfThem) {
  std::ifstream file(std::string(SABOT_TEST_FOLDER) + "/state-changes.jsonl");
  int num_cases = 0;
  for (std::string line; std::getline(file, line); ++num_cases) {
    const json each = json::parse(line);
    SCOPED_TRACE(each["case"].get<std::string>());
    const FieldsChange change = CompareFields(FieldsOf(each["was"]), FieldsOf(each["is"]));
    EXPECT_EQ(TextOf(change.fate), each["fate"]);
    EXPECT_EQ(change.detail, each["detail"]);
  }
  EXPECT_GT(num_cases, 40);
}

TEST(StateFields, WhatSaysNothingIsNotCompared) {
  const std::vector<StateField> some = {{"a", "INT"}};
  EXPECT_EQ(CompareFields({}, some).fate, FieldsFate::kKept);
  EXPECT_EQ(CompareFields(some, {}).fate, FieldsFate::kKept);
}

TEST(StateFields, OtherJsonIsRefused) {
  for (const char* text : {R"("a")", R"(["a"])", R"(["a", 1])", R"(["a", "INT", {}])",
                           R"(["a", "INT", {"of": "color"}])", R"(["a", "INT", null, null])"}) {
    EXPECT_FALSE(ReadStateField(json::parse(text))) << text;
  }
}

}  // namespace
}  // namespace sabot
