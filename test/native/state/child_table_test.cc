// ChildTable: elements of parents, ordered and not.
#include "state/child_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "arrays.h"
#include "base/hash.h"

namespace sabot {
namespace {

using Kind = CellSpec::Kind;

Slot Put(ChildTable& table, Slot parent, std::string_view element) {
  bool inserted;
  return table.FindOrInsert(parent, element, HashBytes(element), &inserted);
}

std::vector<std::string> Texts(const ChildTable& table, Slot parent) {
  std::vector<std::string> texts;
  for (const Slot slot : table.Elements(parent)) texts.emplace_back(table.element(slot));
  return texts;
}

TEST(ChildTable, KeepsParentsApart) {
  ChildTable table({{{"count", Kind::kFixed8}}, false});
  Put(table, 1, "x");
  Put(table, 2, "x");
  EXPECT_EQ(table.count(1), 1);
  table.EraseAll(1);
  EXPECT_EQ(table.count(1), 0);
  EXPECT_EQ(table.Find(1, "x", HashBytes("x")), kNoSlot);
  EXPECT_NE(table.Find(2, "x", HashBytes("x")), kNoSlot);
  EXPECT_EQ(table.count(99), 0);
}

TEST(ChildTable, KeepsOrderOfInsertion) {
  ChildTable table({{}, false});
  for (const char* text : {"b", "a", "an element too long for the header", "c"})
    Put(table, 0, text);
  table.Erase(0, "a", HashBytes("a"));
  Put(table, 0, "a");
  EXPECT_EQ(Texts(table, 0),
            (std::vector<std::string>{"b", "an element too long for the header", "c", "a"}));
}

TEST(ChildTable, ListsAgreeWithAModelUnderRandomChanges) {
  std::mt19937 random(13);
  ChildTable table({{{"count", Kind::kFixed8}}, false});
  std::map<Slot, std::vector<std::string>> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto parent = static_cast<Slot>(random() % 3);
    const std::string element = std::to_string(random() % 40);
    std::vector<std::string>& elements = model[parent];
    const auto found = std::find(elements.begin(), elements.end(), element);
    if (random() % 3 != 0) {
      Put(table, parent, element);
      if (found == elements.end()) elements.push_back(element);
    } else {
      table.Erase(parent, element, HashBytes(element));
      if (found != elements.end()) elements.erase(found);
    }
    if (step % 50 == 0) {
      ASSERT_EQ(Texts(table, parent), elements);
    }
    ASSERT_EQ(table.First(parent) == kNoSlot, elements.empty());
    if (!elements.empty()) {
      ASSERT_EQ(table.element(table.First(parent)), elements.front());
      ASSERT_EQ(table.element(table.Last(parent)), elements.back());
    }
  }
}

TEST(ChildTable, TakesABatchAndLeavesUnwantedRowsOut) {
  ChildTable table({{{"count", Kind::kFixed8}}, false});
  EncodedKeys elements;
  const std::vector<ArrayPtr> columns{Array(arrow::int64(), "[1, 2, 1, 3]")};
  ASSERT_TRUE(elements.Encode(columns, 4).ok());
  const std::vector<Slot> parents{5, 5, 5, 6};
  const std::vector<uint8_t> wanted{1, 0, 1, 1};
  std::vector<Slot> slots(4);
  table.FindOrInsert(parents, elements, wanted.data(), slots);
  EXPECT_EQ(slots, (std::vector<Slot>{0, kNoSlot, 0, 1}));
}

TEST(ChildTable, OrderedAgreesWithAModelUnderRandomChanges) {
  std::mt19937 random(11);
  ChildTable table({{{"count", Kind::kFixed8}}, true});
  std::map<Slot, std::set<std::string>> model;
  for (int step = 0; step < 100'000; ++step) {
    const auto parent = static_cast<Slot>(random() % 5);
    const std::string element =
        std::to_string(random() % 300) + std::string(random() % 2 * 20, 'z');
    std::set<std::string>& elements = model[parent];
    if (random() % 2 == 0) {
      const Slot slot = Put(table, parent, element);
      ASSERT_EQ(table.element(slot), element);
      elements.insert(element);
    } else {
      table.Erase(parent, element, HashBytes(element));
      elements.erase(element);
    }
    if (random() % 1'000 == 0) {
      table.EraseAll(parent);
      elements.clear();
    }
    ASSERT_EQ(table.count(parent), static_cast<int64_t>(elements.size()));
    ASSERT_EQ(table.First(parent) == kNoSlot, elements.empty());
    if (elements.empty()) continue;
    ASSERT_EQ(table.element(table.First(parent)), *elements.begin());
    ASSERT_EQ(table.element(table.Last(parent)), *elements.rbegin());
    const auto bound = elements.lower_bound(element);
    const Slot found = table.LowerBound(parent, element);
    ASSERT_EQ(found == kNoSlot, bound == elements.end());
    if (found == kNoSlot) continue;
    ASSERT_EQ(table.element(found), *bound);
    const Slot after = table.After(found);
    ASSERT_EQ(after == kNoSlot, std::next(bound) == elements.end());
    if (after != kNoSlot) {
      ASSERT_EQ(table.element(after), *std::next(bound));
    }
  }
  for (const auto& [parent, elements] : model) {
    EXPECT_EQ(Texts(table, parent), std::vector<std::string>(elements.begin(), elements.end()));
  }
}

}  // namespace
}  // namespace sabot
