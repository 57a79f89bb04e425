// The model of keyed process functions in JavaScript.
#include "keyed_process_model.h"

#include <arrow/api.h>
#include <arrow/ipc/writer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/check.h"
#include "harness.h"

namespace sabot::test {
namespace {

constexpr int64_t kHeaderBytes = 40;
constexpr int kNumStates = 3;

std::shared_ptr<arrow::Schema> KeySchema() {
  const auto entry =
      arrow::struct_({arrow::field("key", arrow::utf8()), arrow::field("value", arrow::int64())});
  return arrow::schema({arrow::field("k", arrow::utf8()), arrow::field("sum", arrow::int64()),
                        arrow::field("all", arrow::list(arrow::int64())),
                        arrow::field("by", arrow::list(entry)),
                        arrow::field("kept", arrow::int32(), false)});
}

std::shared_ptr<arrow::Schema> EventSchema(bool rows) {
  arrow::FieldVector fields;
  if (rows) fields.push_back(arrow::field("v", arrow::int64()));
  fields.push_back(arrow::field("key", arrow::int32(), false));
  fields.push_back(arrow::field("time", arrow::int64()));
  return arrow::schema(std::move(fields));
}

// Columns of what was done, as Arrow.
struct Edits {
  arrow::Int32Builder keys;
  arrow::Int8Builder kinds;
  arrow::StringBuilder map_keys;
  arrow::Int64Builder values;

  void Append(int32_t key, int8_t kind, const std::string* map_key, std::optional<int64_t> value) {
    ASSERT_TRUE(keys.Append(key).ok());
    ASSERT_TRUE(kinds.Append(kind).ok());
    ASSERT_TRUE((map_key == nullptr ? map_keys.AppendNull() : map_keys.Append(*map_key)).ok());
    ASSERT_TRUE((value ? values.Append(*value) : values.AppendNull()).ok());
  }
  RecordBatchPtr Finish(bool with_map_keys) {
    const int64_t length = keys.length();
    if (length == 0) return nullptr;
    std::vector<ArrayPtr> columns = {keys.Finish().ValueOrDie(), kinds.Finish().ValueOrDie()};
    const auto map = map_keys.Finish().ValueOrDie();
    if (with_map_keys) columns.push_back(map);
    columns.push_back(values.Finish().ValueOrDie());
    arrow::FieldVector fields;
    for (const auto& column : columns) fields.push_back(arrow::field("", column->type()));
    return arrow::RecordBatch::Make(arrow::schema(fields), length, columns);
  }
};

std::string NodeOf(const std::string& op, const std::string& of_sum, const std::string& more) {
  return R"({"op": ")" + op + R"(", "config": {"keys": [0], "reads": [1], "time": 2,
    "states": [{"name": "sum", "kind": "value", "type": {"kind": "BIGINT"})" +
         of_sum + R"(},
               {"name": "all", "kind": "list", "type": {"kind": "BIGINT"}},
               {"name": "by", "kind": "map", "key": {"kind": "VARCHAR"}, "type": {"kind": "BIGINT"}}],
    "outputs": [2, 1])" +
         more + R"(}, "schema": )" +
         SchemaJson(
             {"output TINYINT NOT NULL", "k STRING", "s BIGINT", "note STRING", "t TIMESTAMP(3)"}) +
         "}";
}

constexpr int8_t kPut = 0;
constexpr int8_t kClear = 1;
constexpr int8_t kTouch = 2;
constexpr int8_t kRemove = 3;

}  // namespace

class KeyedProcessModel::Request {
 public:
  Request(const std::shared_ptr<arrow::Buffer>& request, const std::map<int32_t, Key>& kept,
          const Rules& rules)
      : rules_(rules) {
    int64_t numbers[4];
    what_ = static_cast<ProcessEvents>(request->data()[0]);
    std::memcpy(numbers, request->data() + 8, sizeof(numbers));
    watermark_ = numbers[0];
    now_ = numbers[1];
    until_ = numbers[2];
    ReadKeys(*ReadRequest(arrow::SliceBuffer(request, kHeaderBytes, numbers[3]), KeySchema()),
             kept);
    events_ = ReadRequest(arrow::SliceBuffer(request, kHeaderBytes + numbers[3]),
                          EventSchema(what_ == ProcessEvents::kRows));
  }

  std::string Text() const {
    static constexpr const char* kTexts[] = {"rows ", "event timers ", "processing timers "};
    const auto what = static_cast<size_t>(what_);
    return (what < std::size(kTexts) ? kTexts[what] : "each ") +
           std::to_string(events_->num_rows()) + " of " + std::to_string(keys_.size()) + " keys" +
           (num_known_ == 0 ? "" : ", " + std::to_string(num_known_) + " known");
  }
  void Keep(std::map<int32_t, Key>& kept) const {
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (kept_[i] >= 0) kept[kept_[i] / 2] = keys_[i];
    }
  }

  void Run(const Function& function) {
    const bool rows = what_ == ProcessEvents::kRows;
    const auto& of = static_cast<const arrow::Int32Array&>(*events_->column(rows ? 1 : 0));
    const auto& times = static_cast<const arrow::Int64Array&>(*events_->column(rows ? 2 : 1));
    if (rows) {
      const auto& values = static_cast<const arrow::Int64Array&>(*events_->column(0));
      for (int64_t row = 0; row < events_->num_rows(); ++row)
        Call(function, of.Value(row), values.Value(row), times.Value(row));
      return;
    }
    // As they come, but for those that are set meanwhile.
    for (int64_t row = 0; row < events_->num_rows(); ++row)
      pending_.insert({times.Value(row), row, of.Value(row)});
    next_number_ = events_->num_rows();
    while (!pending_.empty()) {
      const auto [time, number, key] = *pending_.begin();
      pending_.erase(pending_.begin());
      Call(function, key, 0, time);
    }
  }

  std::shared_ptr<arrow::Buffer> Reply(size_t rows_max) {
    const bool more = outs_.size() > rows_max;
    const size_t count = std::min(outs_.size(), rows_max);
    std::vector<RecordBatchPtr> messages = Rows(count);
    outs_.erase(outs_.begin(), outs_.begin() + static_cast<ptrdiff_t>(count));
    messages.push_back(more ? nullptr : sum_.Finish(false));
    messages.push_back(more ? nullptr : all_.Finish(false));
    messages.push_back(more ? nullptr : by_.Finish(true));
    for (Edits& timers : timers_) messages.push_back(more ? nullptr : timers.Finish(false));
    std::string bytes(8, '\0');
    bytes[0] = more ? 1 : 0;
    for (const RecordBatchPtr& rows : messages) {
      const std::string message =
          rows == nullptr
              ? ""
              : arrow::ipc::SerializeRecordBatch(*rows, arrow::ipc::IpcWriteOptions::Defaults())
                    .ValueOrDie()
                    ->ToString();
      const auto size = static_cast<int64_t>(message.size());
      bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
      bytes += message;
    }
    return arrow::Buffer::FromString(std::move(bytes));
  }
  bool has_rows() const { return !outs_.empty(); }

 private:
  friend class Calls;

  struct Out {
    int64_t time;
    std::string text;
    std::optional<int64_t> s;  // Absent: of the side output.
  };

  void ReadKeys(const arrow::RecordBatch& rows, const std::map<int32_t, Key>& kept) {
    const auto& places = static_cast<const arrow::Int32Array&>(*rows.column(4));
    const auto& keys = static_cast<const arrow::StringArray&>(*rows.column(0));
    const auto& sums = static_cast<const arrow::Int64Array&>(*rows.column(1));
    const auto& alls = static_cast<const arrow::ListArray&>(*rows.column(2));
    const auto& values = static_cast<const arrow::Int64Array&>(*alls.values());
    const auto& bys = static_cast<const arrow::ListArray&>(*rows.column(3));
    const auto& entries = static_cast<const arrow::StructArray&>(*bys.values());
    const auto& of = static_cast<const arrow::StringArray&>(*entries.field(0));
    const auto& counts = static_cast<const arrow::Int64Array&>(*entries.field(1));
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      Key key{keys.GetString(row), std::nullopt, {}, {}};
      if (sums.IsValid(row)) key.sum = sums.Value(row);
      for (int64_t i = alls.value_offset(row); i < alls.value_offset(row + 1); ++i)
        key.all.push_back(values.Value(i));
      for (int64_t i = bys.value_offset(row); i < bys.value_offset(row + 1); ++i)
        key.by.emplace_back(of.GetString(i), counts.Value(i));
      kept_.push_back(places.Value(row));
      if (kept_.back() >= 0 && kept_.back() % 2 == 1) {
        ++num_known_;
        EXPECT_TRUE(!key.sum && alls.IsNull(row) && bys.IsNull(row));
        EXPECT_EQ(kept.at(kept_.back() / 2).key, key.key);
        key = kept.at(kept_.back() / 2);
      }
      keys_.push_back(std::move(key));
    }
  }

  void Call(const Function& function, int32_t key, int64_t v, int64_t time) {
    Calls calls(this, key, time);
    function({what_, v, time, watermark_, now_}, calls);
  }

  std::vector<RecordBatchPtr> Rows(size_t count) {
    const auto time_type = arrow::timestamp(arrow::TimeUnit::MILLI);
    arrow::TimestampBuilder times[2] = {{time_type, arrow::default_memory_pool()},
                                        {time_type, arrow::default_memory_pool()}};
    arrow::StringBuilder texts[2];
    arrow::Int64Builder sums;
    for (size_t i = 0; i < count; ++i) {
      const size_t output = outs_[i].s ? 0 : 1;
      EXPECT_TRUE(times[output].Append(outs_[i].time).ok());
      EXPECT_TRUE(texts[output].Append(outs_[i].text).ok());
      if (outs_[i].s) {
        EXPECT_TRUE(sums.Append(*outs_[i].s).ok());
      }
    }
    std::vector<RecordBatchPtr> messages;
    for (size_t output = 0; output < 2; ++output) {
      const int64_t length = texts[output].length();
      std::vector<ArrayPtr> columns = {times[output].Finish().ValueOrDie(),
                                       texts[output].Finish().ValueOrDie()};
      arrow::FieldVector fields = {arrow::field("time", time_type),
                                   arrow::field("text", arrow::utf8())};
      if (output == 0) {
        columns.push_back(sums.Finish().ValueOrDie());
        fields.push_back(arrow::field("s", arrow::int64()));
      }
      messages.push_back(
          length == 0 ? nullptr : arrow::RecordBatch::Make(arrow::schema(fields), length, columns));
    }
    return messages;
  }

  const Rules& rules_;
  ProcessEvents what_;
  int64_t watermark_ = 0;
  int64_t now_ = 0;
  int64_t until_ = 0;
  std::vector<Key> keys_;
  std::vector<int32_t> kept_;
  int num_known_ = 0;
  RecordBatchPtr events_;
  std::set<std::tuple<int64_t, int64_t, int32_t>> pending_;
  int64_t next_number_ = 0;
  std::vector<Out> outs_;
  Edits sum_;
  Edits all_;
  Edits by_;
  Edits timers_[2];
};

using Calls = KeyedProcessModel::Calls;
using Map = KeyedProcessModel::Map;

const std::string& Calls::key() const { return request_->keys_[static_cast<size_t>(at_)].key; }
const std::optional<int64_t>& Calls::sum() const {
  return request_->keys_[static_cast<size_t>(at_)].sum;
}
const std::vector<int64_t>& Calls::all() const {
  return request_->keys_[static_cast<size_t>(at_)].all;
}
const Map& Calls::by() const { return request_->keys_[static_cast<size_t>(at_)].by; }

void Calls::SetSum(int64_t sum) {
  request_->keys_[static_cast<size_t>(at_)].sum = sum;
  request_->sum_.Append(at_, kPut, nullptr, sum);
}
void Calls::ClearSum() {
  request_->keys_[static_cast<size_t>(at_)].sum.reset();
  request_->sum_.Append(at_, kClear, nullptr, std::nullopt);
}
void Calls::TouchSum() { request_->sum_.Append(at_, kTouch, nullptr, std::nullopt); }
void Calls::Add(int64_t value) {
  request_->keys_[static_cast<size_t>(at_)].all.push_back(value);
  request_->all_.Append(at_, kPut, nullptr, value);
}
void Calls::ClearAll() {
  request_->keys_[static_cast<size_t>(at_)].all.clear();
  request_->all_.Append(at_, kClear, nullptr, std::nullopt);
}
void Calls::Put(const std::string& of, int64_t value) {
  Map& by = request_->keys_[static_cast<size_t>(at_)].by;
  const auto found =
      std::find_if(by.begin(), by.end(), [&](const auto& entry) { return entry.first == of; });
  if (found == by.end()) {
    by.emplace_back(of, value);
  } else {
    found->second = value;
  }
  request_->by_.Append(at_, kPut, &of, value);
}
void Calls::Remove(const std::string& of) {
  std::erase_if(request_->keys_[static_cast<size_t>(at_)].by,
                [&](const auto& entry) { return entry.first == of; });
  request_->by_.Append(at_, kRemove, &of, std::nullopt);
}
void Calls::Emit(int64_t s) { request_->outs_.push_back({time_, key(), s}); }
void Calls::EmitSide(const std::string& note) {
  request_->outs_.push_back({time_, note, std::nullopt});
}
void Calls::Set(Kind kind, int64_t time) {
  const bool same = static_cast<int>(request_->what_) == static_cast<int>(kind) + 1;
  if (!same || time > request_->until_)
    return request_->timers_[kind].Append(at_, kPut, nullptr, time);
  for (const auto& [other, number, key] : request_->pending_) {
    if (other == time && key == at_) return;
  }
  request_->pending_.insert({time, request_->next_number_++, at_});
}
void Calls::Delete(Kind kind, int64_t time) {
  const bool same = static_cast<int>(request_->what_) == static_cast<int>(kind) + 1;
  for (auto each = request_->pending_.begin(); same && each != request_->pending_.end(); ++each) {
    if (std::get<0>(*each) != time || std::get<2>(*each) != at_) continue;
    request_->pending_.erase(each);
    return;
  }
  request_->timers_[kind].Append(at_, kClear, nullptr, time);
}

std::optional<int64_t> Calls::rule(const std::string& name) const {
  const auto found = request_->rules_.find(name);
  return found == request_->rules_.end() ? std::nullopt : std::optional(found->second);
}

UserFunction::Reply KeyedProcessModel::operator()(const std::shared_ptr<arrow::Buffer>& request) {
  if (request->size() > 0) {
    const auto what = static_cast<ProcessEvents>(request->data()[0]);
    const bool of_map = what == ProcessEvents::kBroadcast || what == ProcessEvents::kWholeMap ||
                        what == ProcessEvents::kMapPiece;
    if (of_map) {
      BeginChanges(request, what);
      return WorkOffChanges();
    }
    open_ = std::make_shared<Request>(request, kept_, rules_);
    if (log_ != nullptr) log_->requests.push_back(open_->Text());
    open_->Run(what == ProcessEvents::kKeys ? visit_ : function_);
    open_->Keep(kept_);
  }
  if (open_ == nullptr) return WorkOffChanges();
  auto reply = open_->Reply(rows_per_reply_);
  if ((reply->data()[0] & 1) == 0) open_.reset();
  return reply;
}

void KeyedProcessModel::BeginChanges(const std::shared_ptr<arrow::Buffer>& request,
                                     ProcessEvents what) {
  int64_t keys_size = 0;
  std::memcpy(&keys_size, request->data() + 32, sizeof(keys_size));
  const auto schema = arrow::schema(
      {arrow::field("removed", arrow::int8(), false), arrow::field("rule", arrow::utf8()),
       arrow::field("value", arrow::int64()), arrow::field("off", arrow::boolean())});
  const auto rows = ReadRequest(arrow::SliceBuffer(request, kHeaderBytes + keys_size), schema);
  if (what == ProcessEvents::kWholeMap) rules_.clear();
  const auto& removed = static_cast<const arrow::Int8Array&>(*rows->column(0));
  const auto& rules = static_cast<const arrow::StringArray&>(*rows->column(1));
  const auto& values = static_cast<const arrow::Int64Array&>(*rows->column(2));
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    Change change{rules.GetString(row), std::nullopt};
    if (removed.Value(row) == 0) change.value = values.Value(row);
    if (what == ProcessEvents::kBroadcast) {
      changes_.push_back(std::move(change));
    } else {
      Apply(change);
    }
  }
  if (log_ == nullptr) return;
  const char* const text = what == ProcessEvents::kBroadcast  ? "changes "
                           : what == ProcessEvents::kWholeMap ? "map "
                                                              : "more of the map ";
  log_->requests.push_back(text + std::to_string(rows->num_rows()));
}

void KeyedProcessModel::Apply(const Change& change) {
  if (change.value) {
    rules_[change.rule] = *change.value;
  } else {
    rules_.erase(change.rule);
  }
}

std::shared_ptr<arrow::Buffer> KeyedProcessModel::WorkOffChanges() {
  constexpr size_t kNumMessages = 2 + kNumStates + 2;
  std::string bytes(8 + 8 * kNumMessages, '\0');
  while (!changes_.empty()) {
    const Change change = std::move(changes_.front());
    changes_.pop_front();
    Apply(change);
    visit_ = on_broadcast_ ? on_broadcast_(change.rule, change.value) : nullptr;
    if (!visit_) continue;
    bytes[0] = 1;
    bytes[1] = 1;  // Of the first state, the sum.
    break;
  }
  return arrow::Buffer::FromString(std::move(bytes));
}

const std::vector<std::string>& KeyedProcessModel::RowColumns() {
  static const std::vector<std::string> columns = {"k STRING", "v BIGINT", "t TIMESTAMP(3)"};
  return columns;
}

std::string KeyedProcessModel::Node(const std::string& more) {
  return NodeOf("keyed_process", more, "");
}

const std::vector<std::string>& KeyedProcessModel::RuleColumns() {
  static const std::vector<std::string> columns = {"rule STRING", "value BIGINT", "off BOOLEAN"};
  return columns;
}

std::string KeyedProcessModel::BroadcastNode() {
  return NodeOf("keyed_broadcast_process", "", R"(, "broadcastKeys": [0], "removes": 2)");
}

}  // namespace sabot::test
