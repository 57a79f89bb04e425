// Manifests as JSON with a checksum around.
#include "checkpoint/manifest.h"

#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/hash.h"
#include "checkpoint/state_fields.h"

namespace sabot {
namespace {

constexpr int kVersion = 1;

using nlohmann::json;

json ToJson(const StateFile& file) {
  if (file.name.empty()) {
    std::string text;
    AppendBase64(file.bytes, &text);
    return {{"bytes", std::move(text)}};
  }
  return {{"name", file.name}, {"size", file.size}, {"checksum", ChecksumText(file.checksum)}};
}

json ToJson(const OperatorState& op) {
  json subtasks = json::array();
  for (const SubtaskState& subtask : op.subtasks) {
    json files = json::array();
    for (const StateFile& file : subtask.files) files.push_back(ToJson(file));
    subtasks.push_back({{"files", std::move(files)}});
  }
  json fields = json::array();
  for (const StateField& field : op.fields) fields.push_back(ToJson(field));
  json to = {{"uid", op.uid}, {"name", op.name}, {"subtasks", std::move(subtasks)}};
  if (op.holds_state) to["state"] = std::move(fields);
  if (!op.definition.empty()) to["definition"] = json::parse(op.definition, nullptr, false);
  return to;
}

bool ParseChecksum(const std::string& text, uint64_t* checksum) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *checksum, 16);
  return error == std::errc() && end == text.data() + text.size();
}

arrow::Status Damaged(const char* what) {
  return arrow::Status::Invalid("the manifest is damaged: ", what);
}

// Reads members of one object; the first that is missing or of another type is remembered.
class Members {
 public:
  explicit Members(const json& object) : object_(object) {
    if (!object.is_object()) ok_ = false;
  }
  int64_t Int(const char* name) { return Get<int64_t>(name, &json::is_number_integer); }
  bool Bool(const char* name) { return Get<bool>(name, &json::is_boolean); }
  std::string Text(const char* name) { return Get<std::string>(name, &json::is_string); }
  const json& Array(const char* name) {
    static const json kNone = json::array();
    const auto found = Find(name);
    if (found != nullptr && found->is_array()) return *found;
    ok_ = false;
    return kNone;
  }
  bool ok() const { return ok_; }

 private:
  const json* Find(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  template <typename T>
  T Get(const char* name, bool (json::*is)() const noexcept) {
    const json* const found = Find(name);
    if (found != nullptr && (found->*is)()) return found->get<T>();
    ok_ = false;
    return T{};
  }

  const json& object_;
  bool ok_ = true;
};

bool ReadFile(const json& from, StateFile* file) {
  Members members(from);
  if (from.is_object() && from.contains("bytes")) {
    if (!DecodeBase64(members.Text("bytes"), &file->bytes) || !members.ok()) return false;
    file->size = static_cast<int64_t>(file->bytes.size());
    file->checksum = HashBytes(file->bytes);
    return true;
  }
  file->name = members.Text("name");
  file->size = members.Int("size");
  return ParseChecksum(members.Text("checksum"), &file->checksum) && members.ok();
}

bool ReadOperator(const json& from, OperatorState* op) {
  Members members(from);
  op->uid = members.Text("uid");
  op->name = members.Text("name");
  op->holds_state = from.is_object() && from.contains("state");
  if (op->holds_state) {
    for (const json& field : members.Array("state")) {
      auto read = ReadStateField(field);
      if (!read) return false;
      op->fields.push_back(std::move(*read));
    }
  }
  if (from.is_object() && from.contains("definition")) op->definition = from["definition"].dump();
  for (const json& subtask_from : members.Array("subtasks")) {
    Members subtask_members(subtask_from);
    SubtaskState subtask;
    for (const json& file_from : subtask_members.Array("files")) {
      if (!ReadFile(file_from, &subtask.files.emplace_back())) return false;
    }
    if (!subtask_members.ok()) return false;
    op->subtasks.push_back(std::move(subtask));
  }
  return members.ok();
}

}  // namespace

std::string ChecksumText(uint64_t checksum) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(checksum));
  return text;
}

std::string EncodeManifest(const Manifest& manifest) {
  json operators = json::array();
  for (const OperatorState& op : manifest.operators) operators.push_back(ToJson(op));
  json body = {{"version", kVersion},
               {"job", manifest.job},
               {"kind", manifest.kind == CheckpointKind::kSavepoint ? "savepoint" : "checkpoint"},
               {"lineage", manifest.lineage},
               {"attempt", manifest.attempt},
               {"epoch", manifest.epoch},
               {"takenMs", manifest.taken_ms},
               {"filesAt", manifest.files_at},
               {"finished", manifest.finished},
               {"outputVisible", manifest.output_visible},
               {"operators", std::move(operators)}};
  if (manifest.drained) body["drained"] = true;
  if (manifest.transactional) body["transactional"] = true;
  // Checked as text: whatever the reader's JSON library makes of it, these are the bytes written.
  const std::string text = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return "{\"manifest\":" + text + ",\"checksum\":\"" + ChecksumText(HashBytes(text)) + "\"}\n";
}

arrow::Result<Manifest> DecodeManifest(std::string_view bytes) {
  constexpr std::string_view kHead = "{\"manifest\":";
  constexpr std::string_view kMiddle = ",\"checksum\":\"";
  constexpr size_t kTailBytes = kMiddle.size() + 16 + 3;  // ..."}\n
  if (bytes.size() < kHead.size() + kTailBytes || !bytes.starts_with(kHead)) {
    return Damaged("it is cut short or no manifest at all");
  }
  const std::string_view body =
      bytes.substr(kHead.size(), bytes.size() - kHead.size() - kTailBytes);
  const std::string_view tail = bytes.substr(kHead.size() + body.size());
  if (!tail.starts_with(kMiddle) || !tail.ends_with("\"}\n")) return Damaged("it is cut short");
  uint64_t checksum = 0;
  if (!ParseChecksum(std::string(tail.substr(kMiddle.size(), 16)), &checksum) ||
      checksum != HashBytes(body)) {
    return Damaged("its checksum does not fit");
  }
  const json from = json::parse(body, nullptr, false);
  if (from.is_discarded()) return Damaged("it is no JSON");
  Members members(from);
  const int64_t version = members.Int("version");
  if (members.ok() && version != kVersion) {
    return arrow::Status::Invalid("the manifest has version ", version, ", this sabot reads ",
                                  kVersion,
                                  ": use the version of sabot that wrote it, or a later one");
  }
  Manifest manifest;
  manifest.job = members.Text("job");
  manifest.kind = members.Text("kind") == "savepoint" ? CheckpointKind::kSavepoint
                                                      : CheckpointKind::kCheckpoint;
  manifest.lineage = members.Int("lineage");
  manifest.attempt = members.Int("attempt");
  manifest.epoch = members.Int("epoch");
  manifest.taken_ms = members.Int("takenMs");
  if (from.contains("filesAt")) manifest.files_at = members.Text("filesAt");
  if (from.contains("drained")) manifest.drained = members.Bool("drained");
  if (from.contains("transactional")) manifest.transactional = members.Bool("transactional");
  manifest.finished = members.Bool("finished");
  manifest.output_visible = members.Bool("outputVisible");
  for (const json& op : members.Array("operators")) {
    if (!ReadOperator(op, &manifest.operators.emplace_back())) return Damaged("an operator");
  }
  if (!members.ok()) return Damaged("a member is missing");
  return manifest;
}

}  // namespace sabot
