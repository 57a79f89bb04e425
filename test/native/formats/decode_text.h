// For tests of formats: text in, JSON lines of the decoded rows out, as if it were one file read in
// one piece or in small ones.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "plan/plan.h"

namespace sabot::test {

// A node whose formatOptions are this JSON object, and whose formatMetadata this array.
inline PlanNode NodeWithOptions(std::string_view options = "{}", std::string_view metadata = "[]") {
  PlanNode node;
  nlohmann::json config;
  config["formatOptions"] = nlohmann::json::parse(options);
  config["formatMetadata"] = nlohmann::json::parse(metadata);
  node.config = std::make_shared<const nlohmann::json>(std::move(config));
  return node;
}

// Columns from the plan's JSON: R"([{"name": "a", "type": {"kind": "BIGINT"}}])".
inline Schema Columns(std::string_view json) {
  return DecodeSchema(nlohmann::json::parse(json)).ValueOrDie();
}

struct Decoded {
  std::vector<std::string> lines;
  arrow::Status status;
  int64_t skipped = 0;
};

// Decodes `text` in pieces of at most `piece` bytes, in batches of at most `rows_max` rows.
inline Decoded DecodeText(const std::string& format, const Schema& columns, std::string_view text,
                          std::string_view options = "{}", size_t piece = SIZE_MAX,
                          int64_t rows_max = 1'000, std::string_view metadata = "[]") {
  Decoded result;
  auto made = MakeDecoder(format, columns, NodeWithOptions(options, metadata));
  if (!made.ok()) {
    result.status = made.status();
    return result;
  }
  Decoder& decoder = **made;
  RecordPlace place;
  place.file = "in";
  place.line = 1;
  decoder.SetPlace(place);
  std::string
      held;  // What a reader holds: bytes that came but are not decoded yet, exactly allocated.
  size_t given = 0;
  for (bool at_end = false; !at_end || !held.empty();) {
    const size_t more = std::min(piece, text.size() - given);
    held.append(text.substr(given, more));
    given += more;
    at_end = given == text.size();
    std::vector<char> padded(held.begin(), held.end());
    padded.resize(held.size() + kDecodePadding, '"');
    const auto used = decoder.Decode({padded.data(), held.size()}, at_end, rows_max);
    result.skipped = decoder.skipped_records();
    if (!used.ok()) {
      result.status = used.status();
      return result;
    }
    held.erase(0, *used);
    if (decoder.num_rows() == 0) continue;
    const Batch batch = decoder.Flush().ValueOrDie();
    if (!batch.rows->ValidateFull().ok()) {
      result.status = batch.rows->ValidateFull();
      return result;
    }
    std::string out;
    const auto encoder =
        MakeJsonEncoder(columns, {.results = true, .with_op = !batch.insert_only()});
    result.status = encoder->Encode(batch, &out);
    for (size_t begin = 0; begin < out.size();) {
      const size_t end = out.find('\n', begin);
      result.lines.push_back(out.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return result;
}

}  // namespace sabot::test
