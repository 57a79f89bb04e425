// The events of Nexmark, as bench/nexmark's file generator writes them: the same seed gives the
// same rows, number for number. Every draw of the random sequence is made, but text is put together
// only for the columns that are asked for.
//
//   epochs of 50 events: 1 person, 3 auctions, 46 bids; event i is at 2024-01-01 00:00 + i / 10 ms
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/column_buffer.h"

namespace sabot {

enum class NexmarkTable : uint8_t { kPerson, kAuction, kBid };

class NexmarkGenerator {
 public:
  // What the random sequence depends on: all mutable state.
  struct Position {
    uint32_t random = 0;
    int64_t event = 0;
    int64_t num_persons = 0;
    int64_t num_auctions = 0;
    int64_t num_bids = 0;
  };

  // `columns`: by field of the table (FieldsOf), nullptr where it is not in use.
  NexmarkGenerator(NexmarkTable table, int64_t seed, std::vector<ColumnBuffer*> columns);

  // Generates events until `rows` of the table have come; appends them to the columns if `wanted`.
  void Generate(int64_t rows, bool wanted);

  const Position& position() const { return at_; }
  void set_position(const Position& position) { at_ = position; }

  // The table's column names, in order.
  static const std::vector<std::string_view>& FieldsOf(NexmarkTable table);

 private:
  uint32_t Random() {
    uint32_t s = at_.random;
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    at_.random = s;
    return s;
  }
  int64_t Below(uint32_t n) { return Random() % n; }
  std::string Word(int length);
  // A slice of the tape of letters.
  std::string_view Filler(int64_t length);
  double PriceDraw() { return static_cast<double>(Random()) / 4294967296.0; }
  static int64_t PriceOf(double draw);

  void Person(int64_t millis, bool wanted);
  void Auction(int64_t millis, bool wanted);
  void Bid(int64_t millis, bool wanted);

  struct Channel {
    std::string name;  // Both padded for ColumnBuffer::AppendPadded.
    std::string url;
    int64_t name_size = 0;
    int64_t url_size = 0;
  };
  Channel MakeChannel(std::string name, bool with_id);

  const NexmarkTable table_;
  const std::vector<ColumnBuffer*> columns_;
  Position at_;
  std::string tape_;  // From the seed, as the channels.
  std::vector<Channel> channels_;
  std::vector<Channel> hot_channels_;
};

}  // namespace sabot
