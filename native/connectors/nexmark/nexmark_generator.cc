// The events of Nexmark.
#include "connectors/nexmark/nexmark_generator.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "base/temporal_text.h"

namespace sabot {
namespace {

constexpr int64_t kBaseMillis = 1'704'067'200'000;  // 2024-01-01 00:00:00
constexpr int64_t kEventsPerMilli = 10;
constexpr int64_t kFirstId = 1'000;
constexpr int64_t kHotStep = 100;  // The hot id moves on every 100 ids.
constexpr uint32_t kActivePersons = 1'000;
constexpr uint32_t kAuctionsInFlight = 100;
constexpr uint32_t kExpiryMillisMax = 333;
constexpr size_t kTapeLength = 1 << 16;
constexpr size_t kPadding = 32;
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";

constexpr std::array<std::string_view, 11> kFirstNames = {
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"};
constexpr std::array<std::string_view, 9> kLastNames = {
    "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"};
constexpr std::array<std::string_view, 10> kCities = {
    "Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
    "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
constexpr std::array<std::string_view, 6> kStates = {"AZ", "CA", "ID", "OR", "WA", "WY"};
constexpr std::array<std::string_view, 4> kHotChannels = {"Google", "Facebook", "Baidu", "Apple"};

int64_t HotOf(int64_t count) { return (count - 1) / kHotStep * kHotStep; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

const std::vector<std::string_view>& NexmarkGenerator::FieldsOf(NexmarkTable table) {
  static const std::vector<std::string_view> kPersonFields = {
      "id", "name", "emailAddress", "creditCard", "city", "state", "dateTime", "extra"};
  static const std::vector<std::string_view> kAuctionFields = {
      "id",       "itemName", "description", "initialBid", "reserve",
      "dateTime", "expires",  "seller",      "category",   "extra"};
  static const std::vector<std::string_view> kBidFields = {
      "auction", "bidder", "price", "channel", "url", "dateTime", "extra"};
  switch (table) {
    case NexmarkTable::kPerson:
      return kPersonFields;
    case NexmarkTable::kAuction:
      return kAuctionFields;
    case NexmarkTable::kBid:
      return kBidFields;
  }
  SABOT_CHECK(false);
}

NexmarkGenerator::NexmarkGenerator(NexmarkTable table, int64_t seed,
                                   std::vector<ColumnBuffer*> columns)
    : table_(table), columns_(std::move(columns)) {
  SABOT_CHECK(columns_.size() == FieldsOf(table).size());
  at_.random =
      static_cast<uint32_t>(std::fmod(static_cast<double>(seed) * 2654435761.0, 4294967296.0));
  if (at_.random == 0) at_.random = 1;
  for (size_t i = 0; i < kTapeLength; ++i) {
    const bool blank = Below(7) == 0;
    tape_.push_back(blank ? ' ' : kLetters[static_cast<size_t>(Below(26))]);
  }
  tape_.append(kPadding, ' ');
  for (int i = 0; i < 1'000; ++i)
    channels_.push_back(MakeChannel("channel-" + std::to_string(i), true));
  for (const std::string_view name : kHotChannels)
    hot_channels_.push_back(MakeChannel(std::string(name), false));
}

NexmarkGenerator::Channel NexmarkGenerator::MakeChannel(std::string name, bool with_id) {
  Channel channel;
  channel.url = "https://www.nexmark.com/" + Word(5);
  channel.url += "/" + Word(5);
  channel.url += "/" + Word(5) + "/item.htm?query=1";
  if (with_id && Below(10) != 0) channel.url += "&channel_id=" + std::to_string(Below(0x40000000));
  channel.name = std::move(name);
  channel.name_size = static_cast<int64_t>(channel.name.size());
  channel.url_size = static_cast<int64_t>(channel.url.size());
  channel.name.append(kPadding, ' ');
  channel.url.append(kPadding, ' ');
  return channel;
}

std::string NexmarkGenerator::Word(int length) {
  std::string word;
  for (int i = 0; i < length; ++i) word.push_back(kLetters[static_cast<size_t>(Below(26))]);
  return word;
}

std::string_view NexmarkGenerator::Filler(int64_t length) {
  const int64_t offset = Below(static_cast<uint32_t>(static_cast<int64_t>(kTapeLength) - length));
  return {tape_.data() + offset, static_cast<size_t>(length)};
}

// As JavaScript's Math.round: halves go up.
int64_t NexmarkGenerator::PriceOf(double draw) {
  return static_cast<int64_t>(std::floor(std::pow(10.0, draw * 6) * 100 + 0.5));
}

void NexmarkGenerator::Generate(int64_t rows, bool wanted) {
  for (int64_t done = 0; done < rows; ++at_.event) {
    const int64_t millis = kBaseMillis + at_.event / kEventsPerMilli;
    const int64_t kind = at_.event % 50;
    if (kind == 0) {
      const bool ours = table_ == NexmarkTable::kPerson;
      Person(millis, ours && wanted);
      done += ours ? 1 : 0;
    } else if (kind < 4) {
      const bool ours = table_ == NexmarkTable::kAuction;
      Auction(millis, ours && wanted);
      done += ours ? 1 : 0;
    } else {
      const bool ours = table_ == NexmarkTable::kBid;
      Bid(millis, ours && wanted);
      done += ours ? 1 : 0;
    }
  }
}

void NexmarkGenerator::Person(int64_t millis, bool wanted) {
  const int64_t id = kFirstId + at_.num_persons++;
  const size_t first = static_cast<size_t>(Below(kFirstNames.size()));
  const size_t last = static_cast<size_t>(Below(kLastNames.size()));
  std::array<int64_t, 4> card{};
  for (int64_t& part : card) part = 1'000 + Below(9'000);
  const std::string user = Word(7);
  const std::string host = Word(5);
  const size_t city = static_cast<size_t>(Below(kCities.size()));
  const size_t state = static_cast<size_t>(Below(kStates.size()));
  const std::string_view extra = Filler(60 + Below(60));
  if (!wanted) return;
  if (columns_[0] != nullptr) columns_[0]->AppendFixed(id);
  if (columns_[1] != nullptr)
    columns_[1]->AppendBytes(std::string(kFirstNames[first]) + " " + std::string(kLastNames[last]));
  if (columns_[2] != nullptr) columns_[2]->AppendBytes(user + "@" + host + ".com");
  if (columns_[3] != nullptr) {
    std::string text;
    for (const int64_t part : card) text += (text.empty() ? "" : " ") + std::to_string(part);
    columns_[3]->AppendBytes(text);
  }
  if (columns_[4] != nullptr) columns_[4]->AppendBytes(kCities[city]);
  if (columns_[5] != nullptr) columns_[5]->AppendBytes(kStates[state]);
  if (columns_[6] != nullptr) columns_[6]->AppendFixed(millis);
  if (columns_[7] != nullptr) columns_[7]->AppendBytes(extra);
}

void NexmarkGenerator::Auction(int64_t millis, bool wanted) {
  const int64_t id = kFirstId + at_.num_auctions++;
  const int64_t persons = at_.num_persons;
  const int64_t seller =
      Below(4) > 0
          ? HotOf(persons)
          : std::max<int64_t>(
                0, persons - 1 -
                       Below(static_cast<uint32_t>(std::min<int64_t>(persons, kActivePersons))));
  const double first_price = PriceDraw();
  const int64_t expires = millis + 1 + Below(kExpiryMillisMax);
  const std::string_view name = Trim(Filler(10 + Below(10)));
  const std::string_view description = Filler(60 + Below(60));
  const double second_price = PriceDraw();
  const int64_t category = 10 + Below(5);
  const std::string_view extra = Filler(100 + Below(100));
  if (!wanted) return;
  if (columns_[0] != nullptr) columns_[0]->AppendFixed(id);
  if (columns_[1] != nullptr) columns_[1]->AppendBytes(name);
  if (columns_[2] != nullptr) columns_[2]->AppendBytes(description);
  if (columns_[3] != nullptr) columns_[3]->AppendFixed(PriceOf(first_price));
  if (columns_[4] != nullptr)
    columns_[4]->AppendFixed(PriceOf(first_price) + PriceOf(second_price));
  if (columns_[5] != nullptr) columns_[5]->AppendFixed(millis);
  if (columns_[6] != nullptr) columns_[6]->AppendFixed(expires);
  if (columns_[7] != nullptr) columns_[7]->AppendFixed(kFirstId + seller);
  if (columns_[8] != nullptr) columns_[8]->AppendFixed(category);
  if (columns_[9] != nullptr) columns_[9]->AppendBytes(extra);
}

void NexmarkGenerator::Bid(int64_t millis, bool wanted) {
  ++at_.num_bids;
  const int64_t auctions = at_.num_auctions;
  const int64_t persons = at_.num_persons;
  const int64_t auction =
      Below(2) > 0 ? HotOf(auctions)
                   : std::max<int64_t>(0, auctions - 1 -
                                              Below(static_cast<uint32_t>(
                                                  std::min<int64_t>(auctions, kAuctionsInFlight))));
  const int64_t bidder =
      Below(4) > 0
          ? std::min(persons - 1, HotOf(persons) + 1)
          : std::max<int64_t>(
                0, persons - 1 -
                       Below(static_cast<uint32_t>(std::min<int64_t>(persons, kActivePersons))));
  const Channel& channel = Below(2) != 0 ? hot_channels_[static_cast<size_t>(Below(4))]
                                         : channels_[static_cast<size_t>(Below(1'000))];
  const double price = PriceDraw();
  const std::string_view extra = Filler(20 + Below(40));
  if (!wanted) return;
  if (columns_[0] != nullptr) columns_[0]->AppendFixed(kFirstId + auction);
  if (columns_[1] != nullptr) columns_[1]->AppendFixed(kFirstId + bidder);
  if (columns_[2] != nullptr) columns_[2]->AppendFixed(PriceOf(price));
  if (columns_[3] != nullptr) columns_[3]->AppendPadded(channel.name.data(), channel.name_size);
  if (columns_[4] != nullptr) columns_[4]->AppendPadded(channel.url.data(), channel.url_size);
  if (columns_[5] != nullptr) columns_[5]->AppendFixed(millis);
  if (columns_[6] != nullptr)
    columns_[6]->AppendPadded(extra.data(), static_cast<int64_t>(extra.size()));
}

}  // namespace sabot
