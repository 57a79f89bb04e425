// Keys of the cold tier: their form.
#include "state/cold_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace sabot {
namespace {

TEST(ColdKeys, GoByStructureKeyGroupKeyAndElement) {
  EXPECT_EQ(ColdTableOf("groups"), "groups");
  EXPECT_EQ(ColdTableOf("slice:20:10"), "slice");
  EXPECT_EQ(ColdPrefixOf(0), std::string(1, '\0'));
  EXPECT_EQ(ColdPrefixOf(7), "\x01\x07");
  EXPECT_EQ(ColdPrefixOf(300), "\x02\x01\x2c");
  std::string key;
  AppendColdKey(ColdPrefixOf(300), 128 + 5, "key", &key);
  EXPECT_EQ(key, "\x02\x01\x2c\x05key");
  AppendColdElement(1, "x", &key);
  EXPECT_EQ(key, "\x02\x01\x2c\x05key\x01x");
}

TEST(ColdKeys, EndOfPrefixIsAboveAllThatBeginWithIt) {
  EXPECT_EQ(EndOfPrefix("ab"), "ac");
  EXPECT_EQ(EndOfPrefix("a\xff\xff"), "b");
}

}  // namespace
}  // namespace sabot
