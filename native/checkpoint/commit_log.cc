// Log entries as JSON objects named log/0000000001, ...
#include "checkpoint/commit_log.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "checkpoint/manifest.h"

namespace sabot {
namespace {

constexpr char kFolder[] = "log";

std::string NameOf(int64_t number) {
  char name[32];
  std::snprintf(name, sizeof(name), "%s/%010lld", kFolder, static_cast<long long>(number));
  return name;
}

std::string Encode(const LogEntry& entry) {
  const nlohmann::json body = {{"kind", entry.kind == LogEntry::Kind::kClaim ? "claim" : "commit"},
                               {"attempt", entry.attempt},
                               {"lineage", entry.lineage},
                               {"epoch", entry.epoch},
                               {"checkpointAttempt", entry.checkpoint_attempt},
                               {"manifestChecksum", ChecksumText(entry.manifest_checksum)},
                               {"owner", entry.owner}};
  const std::string text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return text + "\n" + ChecksumText(HashBytes(text)) + "\n";
}

bool Decode(const std::string& bytes, LogEntry* entry) {
  const size_t end = bytes.find('\n');
  if (end == std::string::npos) return false;
  const std::string text = bytes.substr(0, end);
  if (bytes.substr(end + 1) != ChecksumText(HashBytes(text)) + "\n") return false;
  const auto body = nlohmann::json::parse(text, nullptr, false);
  if (!body.is_object()) return false;
  for (const char* name : {"attempt", "lineage", "epoch", "checkpointAttempt"}) {
    if (!body.contains(name) || !body[name].is_number_integer()) return false;
  }
  for (const char* name : {"kind", "manifestChecksum", "owner"}) {
    if (!body.contains(name) || !body[name].is_string()) return false;
  }
  entry->kind = body["kind"] == "claim" ? LogEntry::Kind::kClaim : LogEntry::Kind::kCommit;
  entry->attempt = body["attempt"].get<int64_t>();
  entry->lineage = body["lineage"].get<int64_t>();
  entry->epoch = body["epoch"].get<int64_t>();
  entry->checkpoint_attempt = body["checkpointAttempt"].get<int64_t>();
  const auto checksum = body["manifestChecksum"].get<std::string>();
  std::from_chars(checksum.data(), checksum.data() + checksum.size(), entry->manifest_checksum, 16);
  entry->owner = body["owner"].get<std::string>();
  return true;
}

arrow::Result<LogEntry> ReadEntry(ObjectStore& store, int64_t number) {
  const std::string name = NameOf(number);
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, store.Get(name));
  LogEntry entry;
  if (!Decode(bytes, &entry)) {
    return UserError("checkpoint", store.PathOf(name),
                     "the commit log entry " + store.PathOf(name) +
                         " is damaged. It decides which checkpoint counts, so nothing is started. "
                         "Restore the folder from a copy, or start from a savepoint or a "
                         "checkpoint's own folder: --restore PATH with another checkpoint folder.");
  }
  entry.number = number;
  return entry;
}

}  // namespace

arrow::Result<std::vector<LogEntry>> CommitLog::Read() {
  ARROW_ASSIGN_OR_RAISE(std::vector<int64_t> numbers, Numbers());
  while (true) {
    arrow::Result<std::vector<LogEntry>> entries = ReadBehindGap(numbers);
    if (entries.ok()) return entries;
    // The job that owns the folder may have removed the front meanwhile.
    ARROW_ASSIGN_OR_RAISE(std::vector<int64_t> now, Numbers());
    if (now == numbers) return entries;
    numbers = std::move(now);
  }
}

arrow::Result<std::vector<LogEntry>> CommitLog::ReadBehindGap(const std::vector<int64_t>& numbers) {
  size_t begin = numbers.empty() ? 0 : numbers.size() - 1;
  while (begin > 0 && numbers[begin - 1] == numbers[begin] - 1) --begin;
  std::vector<LogEntry> entries;
  for (; begin < numbers.size(); ++begin) {
    ARROW_ASSIGN_OR_RAISE(auto entry, ReadEntry(store_, numbers[begin]));
    entries.push_back(std::move(entry));
  }
  return entries;
}

arrow::Result<bool> CommitLog::Append(const LogEntry& entry) {
  ARROW_ASSIGN_OR_RAISE(const bool created,
                        store_.PutIfAbsent(NameOf(entry.number), Encode(entry)));
  if (!created) return false;
  // The place may be free only because the log has gone on and its front was removed.
  ARROW_ASSIGN_OR_RAISE(const std::vector<int64_t> numbers, Numbers());
  if (numbers.back() <= entry.number) return true;
  ARROW_RETURN_NOT_OK(store_.Remove(NameOf(entry.number)));
  return false;
}

arrow::Result<std::optional<LogEntry>> CommitLog::Find(int64_t number) {
  if (!store_.Exists(NameOf(number))) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(auto entry, ReadEntry(store_, number));
  return entry;
}

arrow::Status CommitLog::RemoveBelow(int64_t number) {
  ARROW_ASSIGN_OR_RAISE(const std::vector<int64_t> numbers, Numbers());
  for (const int64_t each : numbers) {
    if (each >= number) break;
    ARROW_RETURN_NOT_OK(store_.Remove(NameOf(each)));
  }
  return arrow::Status::OK();
}

arrow::Result<std::vector<int64_t>> CommitLog::Numbers() {
  ARROW_ASSIGN_OR_RAISE(const auto names, store_.List(kFolder));
  std::vector<int64_t> numbers;
  for (const std::string& name : names) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    // Anything else in there is not ours.
    if (error == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace sabot
