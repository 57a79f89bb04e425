// The plan as JSON.
#include "engine/recovery_plan.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "engine/simulation.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SABOT_SANITIZED 1
#else
#define SABOT_SANITIZED 0
#endif

namespace sabot::test {
namespace {

using nlohmann::json;

// A seed costs about that much more under a sanitizer.
constexpr uint64_t kSanitizedShare = 20;

json Type(const char* kind, bool nullable = true) {
  return {{"kind", kind}, {"nullable", nullable}};
}
const json kTime = {{"kind", "TIMESTAMP"}, {"precision", 3}};

const json kRow = {{{"name", "k"}, {"type", Type("VARCHAR")}},
                   {{"name", "v"}, {"type", Type("BIGINT")}},
                   {{"name", "t"}, {"type", kTime}}};
const json kByKey = {{"node", 2}, {"exchange", "hash"}, {"keys", {0}}};

json WindowQuery(const char* op, const json& window) {
  return {{"op", op},
          {"inputs", {kByKey}},
          {"schema",
           {{{"name", "k"}, {"type", Type("VARCHAR")}},
            {{"name", "n"}, {"type", Type("BIGINT", false)}},
            {{"name", "s"}, {"type", Type("BIGINT")}},
            {{"name", "d"}, {"type", Type("BIGINT", false)}},
            {{"name", "window_end"}, {"type", kTime}}}},
          {"config",
           {{"keys", {0}},
            {"window", window},
            {"output", {"window_end"}},
            {"aggregates",
             {{{"function", "count"}, {"args", json::array()}, {"type", Type("BIGINT", false)}},
              {{"function", "sum"},
               {"args", {1}},
               {"argTypes", {Type("BIGINT")}},
               {"type", Type("BIGINT")}},
              {{"function", "count"},
               {"args", {1}},
               {"distinct", true},
               {"argTypes", {Type("BIGINT")}},
               {"type", Type("BIGINT", false)}}}}}}};
}

json JoinQuery(const char* op, const json& more) {
  json config = {{"joinType", "inner"}, {"leftKeys", {0}}, {"rightKeys", {0}}};
  config.update(more);
  json schema = kRow;
  for (const char* name : {"k0", "v0", "t0"}) {
    schema.push_back({{"name", name}, {"type", kRow[schema.size() - 3]["type"]}});
  }
  return {{"op", op}, {"inputs", {kByKey, kByKey}}, {"schema", schema}, {"config", config}};
}

}  // namespace

std::string RecoveryPlan::text() const {
  const json delay = {{"literal", "4000"}, {"type", Type("INTERVAL_DAY_TIME")}};
  const json time = {{"column", 2}, {"type", kTime}};
  json checkpoint = {{"folder", "/chk"},
                     {"intervalMs", 3},
                     {"timeoutMs", timeout_ms},
                     {"tolerableFailures", tolerable_failures}};
  if (!restore.is_null()) checkpoint["restore"] = restore;
  if (at_least_once) checkpoint["mode"] = "at-least-once";
  json options = {{"parallelism", parallelism}, {"batch.max-rows", batch_rows}};
  if (memory_limit_bytes > 0) {
    options.update({{"state-backend", "rocksdb"},
                    {"memory-limit-bytes", memory_limit_bytes},
                    {"state-folder", "/none"}});
  }
  const json plan = {
      {"version", 1},
      {"job", "simulation"},
      {"options", options},
      {"checkpoint", checkpoint},
      {"nodes",
       {{{"id", 1},
         {"op", "file_source"},
         {"uid", "source"},
         {"inputs", json::array()},
         {"schema", kRow},
         {"config",
          {{"path", "/in/rows.jsonl"},
           {"format", "json"},
           {"formatOptions", json::object()},
           {"stripeBytes", 1024},
           {"columns", kRow}}}},
        {{"id", 2},
         {"op", "watermark_assigner"},
         {"uid", "time"},
         {"inputs", {{{"node", 1}, {"exchange", "forward"}}}},
         {"schema", kRow},
         {"config",
          {{"time", 2},
           {"watermark", {{"call", "minus"}, {"type", kTime}, {"args", {time, delay}}}}}}},
        {{"id", 3},
         {"op", query["op"]},
         {"uid", "query"},
         {"inputs", query["inputs"]},
         {"schema", query["schema"]},
         {"config", query["config"]}},
        {{"id", 4},
         {"op", sink["op"]},
         {"uid", "sink"},
         {"inputs", {{{"node", 3}, {"exchange", "forward"}}}},
         {"schema", json::array()},
         {"config", sink["config"]}}}}};
  return plan.dump();
}

const std::vector<RecoveryQuery>& RecoveryQueries() {
  static const std::vector<RecoveryQuery> queries = {
      {"Tumble",
       WindowQuery("window_aggregate", {{"kind", "tumble"}, {"time", 2}, {"sizeMs", 10000}})},
      {"Hop", WindowQuery("window_aggregate",
                          {{"kind", "hop"}, {"time", 2}, {"sizeMs", 12000}, {"slideMs", 4000}})},
      {"Cumulate",
       WindowQuery("window_aggregate",
                   {{"kind", "cumulate"}, {"time", 2}, {"sizeMs", 30000}, {"stepMs", 10000}})},
      {"Session",
       WindowQuery("session_window", {{"kind", "session"}, {"time", 2}, {"gapMs", 3000}})},
      {"IntervalJoin",
       JoinQuery("interval_join",
                 {{"leftTime", 2}, {"rightTime", 2}, {"lowerMs", -2000}, {"upperMs", 2000}})}};
  return queries;
}

std::string RecoveryInput(int num_rows) {
  std::string rows = Rows(num_rows, 7);
  const std::string pad(1200, 'x');
  for (const char* key : {"key1", "key5"}) {
    for (size_t at = 0; (at = rows.find(key, at)) != std::string::npos; at += pad.size())
      rows.insert(at + 4, pad);
  }
  return rows;
}

std::vector<std::string> VisibleRows(const MemoryFileSystem& files) {
  std::vector<std::string> lines;
  for (const std::string& path : files.Paths()) {
    if (!path.starts_with("/out/") || path.starts_with("/out/.")) continue;
    const std::string text = files.Read(path).ValueOrDie();
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      lines.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

Seeds SeedsToRun(uint64_t usual) {
  Seeds seeds{1, SABOT_SANITIZED == 1 ? std::max<uint64_t>(usual / kSanitizedShare, 5) : usual};
  if (const char* asked = std::getenv("SABOT_SEEDS")) {
    char* rest = nullptr;
    seeds.first = std::strtoull(asked, &rest, 10);
    seeds.last = *rest == '-' ? std::strtoull(rest + 1, nullptr, 10) : seeds.first;
    SABOT_CHECK(seeds.first >= 1 && seeds.last >= seeds.first);
  }
  return seeds;
}

}  // namespace sabot::test
