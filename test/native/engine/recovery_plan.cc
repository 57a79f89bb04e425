// The plan as JSON.
#include "engine/recovery_plan.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "engine/simulation.h"

// There where the program is linked with a sanitizer, of which the tests' own objects know nothing.
extern "C" {
[[gnu::weak]] void __asan_init();
[[gnu::weak]] void __tsan_init();
}

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

json SourceConfig(const char* path) {
  return {{"path", path},
          {"format", "json"},
          {"formatOptions", json::object()},
          {"stripeBytes", 1024},
          {"columns", kRow}};
}

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

json HashOf(int node, const std::vector<int>& keys) {
  return {{"node", node}, {"exchange", "hash"}, {"keys", keys}};
}

json Call(const char* function, const std::vector<int>& args, bool distinct = false) {
  json types = json::array();
  for (size_t i = 0; i < args.size(); ++i) types.push_back(Type("BIGINT"));
  return {{"function", function},
          {"args", args},
          {"distinct", distinct},
          {"argTypes", types},
          {"type", Type("BIGINT", std::string(function) != "count")}};
}

json BigInts(json schema, const std::vector<const char*>& names) {
  for (const char* name : names) schema.push_back({{"name", name}, {"type", Type("BIGINT")}});
  return schema;
}

json Node(const char* op, const char* uid, const json& inputs, const json& schema,
          const json& config) {
  return {{"op", op}, {"uid", uid}, {"inputs", inputs}, {"schema", schema}, {"config", config}};
}

// SELECT k, COUNT(*) AS n, SUM(v) AS s FROM rows GROUP BY k, as node 3.
json CountByKey() {
  return Node("group_aggregate", "by key", json::array({kByKey}),
              BigInts(json::array({kRow[0]}), {"n", "s"}),
              {{"keys", {0}},
               {"aggregates", {Call("count", {}), Call("sum", {1})}},
               {"emitUpdateBefore", true}});
}

// SELECT n, COUNT(*), SUM(s), MAX(s) FROM CountByKey GROUP BY n: keys come and go.
json CountOfCounts() {
  const json schema = BigInts(json::array(), {"n", "keys", "s", "m"});
  return {CountByKey(),
          Node("group_aggregate", "by count", json::array({HashOf(3, {1})}), schema,
               {{"keys", {1}},
                {"aggregates", {Call("count", {}), Call("sum", {2}), Call("max", {2})}},
                {"inputRetracts", true},
                {"emitUpdateBefore", false}}),
          Node("materialize_final", "final", json::array({HashOf(4, {0})}), schema,
               {{"keys", {0}}, {"once", true}})};
}

// SELECT k, COUNT(*), SUM(rows.v), SUM(DISTINCT others.v) FROM rows JOIN others USING (k) GROUP BY
// k
json JoinOfTwoSources() {
  json both = kRow;
  for (const json& column : kRow) both.push_back(column);
  for (size_t i = kRow.size(); i < both.size(); ++i)
    both[i]["name"] = both[i]["name"].get<std::string>() + "0";
  const json schema = BigInts(json::array({kRow[0]}), {"n", "s", "d"});
  return {Node("file_source", "others", json::array(), kRow, SourceConfig("/in/others.jsonl")),
          Node("join", "join", {kByKey, HashOf(3, {0})}, both,
               {{"joinType", "inner"}, {"leftKeys", {0}}, {"rightKeys", {0}}}),
          Node("group_aggregate", "by key", json::array({HashOf(4, {0})}), schema,
               {{"keys", {0}},
                {"aggregates", {Call("count", {}), Call("sum", {1}), Call("sum", {4}, true)}},
                {"emitUpdateBefore", false}}),
          Node("materialize_final", "final", json::array({HashOf(5, {0})}), schema,
               {{"keys", {0}}, {"once", true}})};
}

json RankConfig(int partition, int order, int rank_end) {
  return {{"function", "row_number"},
          {"partitionKeys", {partition}},
          {"orderBy",
           {{{"column", order}, {"descending", true}, {"nullsFirst", false}},
            {{"column", 0}, {"descending", false}, {"nullsFirst", true}}}},
          {"rankStart", 1},
          {"rankEnd", rank_end},
          {"outputRank", true},
          {"emitUpdateBefore", true}};
}

// The two keys of the greatest sums among those that came equally often, of the final counts.
json TopKeysByCount() {
  json counts = CountByKey();
  counts["config"]["emitUpdateBefore"] = false;
  const json schema = BigInts(json::array({kRow[0]}), {"n", "s", "r"});
  return {counts,
          Node("materialize_final", "settled", json::array({HashOf(3, {0})}), counts["schema"],
               {{"keys", {0}}, {"once", true}}),
          Node("rank", "top", json::array({HashOf(4, {1})}), schema, RankConfig(1, 2, 2)),
          Node("materialize_final", "final", json::array({HashOf(5, {0, 1, 2, 3})}), schema,
               {{"once", true}})};
}

// The last three rows of each key.
json TopRowsOfKeys() {
  json schema = kRow;
  schema.push_back({{"name", "r"}, {"type", Type("BIGINT")}});
  return {Node("rank", "top", json::array({kByKey}), schema, RankConfig(0, 1, 3)),
          Node("materialize_final", "final", json::array({HashOf(3, {0, 1, 2, 3})}), schema,
               {{"once", true}})};
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
  json plan = {
      {"version", 1},
      {"job", "simulation"},
      {"options", options},
      {"checkpoint", checkpoint},
      {"nodes",
       {{{"id", 1},
         {"op", source.is_null() ? json("file_source") : source["op"]},
         {"uid", "source"},
         {"inputs", json::array()},
         {"schema", kRow},
         {"config", source.is_null() ? SourceConfig("/in/rows.jsonl") : source["config"]}},
        {{"id", 2},
         {"op", "watermark_assigner"},
         {"uid", "time"},
         {"inputs", {{{"node", 1}, {"exchange", "forward"}}}},
         {"schema", kRow},
         {"config",
          {{"time", 2},
           {"watermark", {{"call", "minus"}, {"type", kTime}, {"args", {time, delay}}}}}}}}}};
  json& nodes = plan["nodes"];
  for (json node : query.is_array() ? query : json::array({query})) {
    node["id"] = nodes.size() + 1;
    if (!node.contains("uid")) node["uid"] = "query";
    nodes.push_back(std::move(node));
  }
  nodes.push_back({{"id", nodes.size() + 1},
                   {"op", sink["op"]},
                   {"uid", "sink"},
                   {"inputs", {{{"node", nodes.size()}, {"exchange", "forward"}}}},
                   {"schema", json::array()},
                   {"config", sink["config"]}});
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

json CountingQuery() {
  json counts = CountByKey();
  counts["config"]["emitUpdateBefore"] = false;
  return counts;
}

json RecoveryColumns() { return kRow; }

const std::vector<RecoveryQuery>& UpdatingQueries() {
  static const std::vector<RecoveryQuery> queries = {{"CountOfCounts", CountOfCounts()},
                                                     {"JoinOfTwoSources", JoinOfTwoSources()},
                                                     {"TopKeysByCount", TopKeysByCount()},
                                                     {"TopRowsOfKeys", TopRowsOfKeys()}};
  return queries;
}

namespace {

std::string WithLongKeys(std::string rows) {
  const std::string pad(1200, 'x');
  for (const char* key : {"key1", "key5"}) {
    for (size_t at = 0; (at = rows.find(key, at)) != std::string::npos; at += pad.size())
      rows.insert(at + 4, pad);
  }
  return rows;
}

}  // namespace

std::string RecoveryInput(int num_rows) { return WithLongKeys(Rows(num_rows, 7)); }

void WriteRecoveryInput(MemoryFileSystem& files, int num_rows) {
  files.Write("/in/rows.jsonl", RecoveryInput(num_rows));
  files.Write("/in/others.jsonl", WithLongKeys(Rows(num_rows / 5 + 1, 8)));
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
  const bool is_sanitized = &__asan_init != nullptr || &__tsan_init != nullptr;
  Seeds seeds{1, is_sanitized ? std::max<uint64_t>(usual / kSanitizedShare, 5) : usual};
  if (const char* asked = std::getenv("SABOT_SEEDS")) {
    char* rest = nullptr;
    seeds.first = std::strtoull(asked, &rest, 10);
    seeds.last = *rest == '-' ? std::strtoull(rest + 1, nullptr, 10) : seeds.first;
    SABOT_CHECK(seeds.first >= 1 && seeds.last >= seeds.first);
  }
  return seeds;
}

}  // namespace sabot::test
