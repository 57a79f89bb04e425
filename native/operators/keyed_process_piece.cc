// Keys and their states to V8, and their edits back.
#include "operators/keyed_process_piece.h"

#include <arrow/array/array_primitive.h>
#include <arrow/type.h>

#include <numeric>
#include <utility>

#include "operators/row_call.h"

namespace sabot {
namespace {

constexpr size_t kPieceTimers = 4096;
constexpr size_t kTimersTogether = 64;  // Between two looks at what their states take.
constexpr size_t kPieceKeys = 4096;
constexpr size_t kKeysTogether = 64;
constexpr int64_t kPieceStateBytes = int64_t{4} << 20;

RecordBatchPtr KeyEvents(std::vector<int32_t> of, std::vector<int64_t> times) {
  static const auto kSchema = arrow::schema(
      {arrow::field("key", arrow::int32(), false), arrow::field("time", arrow::int64(), false)});
  const auto length = std::ssize(of);
  return arrow::RecordBatch::Make(
      kSchema, length,
      {std::make_shared<arrow::Int32Array>(length, arrow::Buffer::FromVector(std::move(of))),
       std::make_shared<arrow::Int64Array>(length, arrow::Buffer::FromVector(std::move(times)))});
}

}  // namespace

ProcessPiece::ProcessPiece(const KeyedProcessSpec& spec, const Schema& rows, ProcessTables* tables)
    : spec_(spec), tables_(tables), kept_(tables->lives_for_ever()) {
  arrow::FieldVector keys;
  for (const auto& type : spec_.key_types) keys.push_back(arrow::field("", type));
  for (const auto& state : tables_->states())
    keys.push_back(arrow::field("", state->GatheredType(ProcessState::For::kFunction)));
  keys.push_back(arrow::field("kept", arrow::int32(), false));
  key_schema_ = arrow::schema(std::move(keys));
  arrow::FieldVector events;
  for (const int column : spec_.reads) events.push_back(ToArrow(rows)->field(column));
  events.push_back(arrow::field("key", arrow::int32(), false));
  if (spec_.time >= 0) events.push_back(arrow::field("time", arrow::int64()));
  row_schema_ = arrow::schema(std::move(events));
}

arrow::Status ProcessPiece::BeginRows(const Batch& rows) {
  std::vector<ArrayPtr> keys;
  for (const int key : spec_.keys) keys.push_back(rows.column(key));
  ARROW_RETURN_NOT_OK(encoded_.Encode(keys, rows.num_rows()));
  in_ = rows;
  next_row_ = 0;
  return arrow::Status::OK();
}

arrow::Result<RecordBatchPtr> ProcessPiece::NextRows() {
  if (next_row_ == in_.num_rows()) return nullptr;
  kept_.BeginRequest();
  keys_.Begin(encoded_, next_row_);
  ARROW_RETURN_NOT_OK(FetchStates(0));
  int64_t bytes = 0;
  size_t num_keys = 0;
  int64_t end = next_row_;
  for (; end < keys_.end_row(); ++end) {
    if (static_cast<size_t>(keys_.key_of(end)) < num_keys) continue;
    const int64_t more = kept_.Knows(keys_.keys()[num_keys]) ? 0 : BytesOf(num_keys);
    if (num_keys > 0 && bytes + more > kPieceStateBytes) break;
    bytes += more;
    ++num_keys;
  }
  keys_.Cut(num_keys);
  for (auto& slots : slots_) slots.resize(num_keys);
  const int64_t length = end - next_row_;
  const Batch piece = in_.Slice(next_row_, length);
  first_row_ = next_row_;
  std::vector<ArrayPtr> columns;
  for (const int column : spec_.reads) columns.push_back(piece.column(column));
  std::vector<int32_t> of(static_cast<size_t>(length));
  for (int64_t i = 0; i < length; ++i) of[static_cast<size_t>(i)] = keys_.key_of(next_row_ + i);
  columns.push_back(
      std::make_shared<arrow::Int32Array>(length, arrow::Buffer::FromVector(std::move(of))));
  if (spec_.time >= 0) {
    ARROW_ASSIGN_OR_RAISE(auto times, piece.column(spec_.time)->View(arrow::int64()));
    columns.push_back(std::move(times));
  }
  next_row_ = end;
  return arrow::RecordBatch::Make(row_schema_, length, std::move(columns));
}

arrow::Result<RecordBatchPtr> ProcessPiece::NextTimers(ProcessTimers& timers, int64_t* until) {
  std::vector<int32_t> of;
  std::vector<int64_t> times;
  const int64_t last = *until;
  kept_.BeginRequest();
  due_.clear();
  due_.reserve(kPieceTimers);  // keys_ refers to them.
  keys_.Clear();
  for (auto& slots : slots_) slots.clear();
  int64_t bytes = 0;
  while (true) {
    const size_t begin = due_.size();
    // Others of the last time may be left.
    if (begin == kPieceTimers || bytes > kPieceStateBytes) {
      *until = due_.back().time - 1;
      break;
    }
    ARROW_RETURN_NOT_OK(timers.TakeDue(last, begin + kTimersTogether, &due_));
    const size_t num_keys = keys_.keys().size();
    for (size_t i = begin; i < due_.size(); ++i) {
      of.push_back(keys_.Add({due_[i].key, due_[i].hash}));
      times.push_back(due_[i].time);
    }
    ARROW_RETURN_NOT_OK(FetchStates(num_keys));
    for (size_t at = num_keys; at < keys_.keys().size(); ++at)
      bytes += kept_.Knows(keys_.keys()[at]) ? 0 : BytesOf(at);
    if (due_.size() < begin + kTimersTogether) break;
  }
  if (due_.empty()) return nullptr;
  return KeyEvents(std::move(of), std::move(times));
}

arrow::Result<RecordBatchPtr> ProcessPiece::NextKeys(size_t state, SlotCursor& at, bool* last) {
  KeyedTable& table = tables_->states()[state]->table();
  BeginNone();
  kept_.BeginRequest();
  int64_t bytes = 0;
  while (!*last && found_.size() < kPieceKeys && bytes <= kPieceStateBytes) {
    const size_t begin = keys_.keys().size();
    ARROW_ASSIGN_OR_RAISE(const std::vector<Slot> slots, at.Next(table, kKeysTogether, last));
    at.Keep();  // Up to the end of the piece.
    for (const Slot slot : slots) {
      found_.emplace_back(table.key(slot));
      keys_.Add({found_.back(), table.hash(slot)});
    }
    ARROW_RETURN_NOT_OK(FetchStates(begin));
    for (size_t key = begin; key < keys_.keys().size(); ++key)
      bytes += kept_.Knows(keys_.keys()[key]) ? 0 : BytesOf(key);
  }
  if (found_.empty()) return nullptr;
  std::vector<int32_t> of(keys_.keys().size());
  std::iota(of.begin(), of.end(), 0);
  std::vector<int64_t> times(of.size(), 0);
  return KeyEvents(std::move(of), std::move(times));
}

void ProcessPiece::BeginNone() {
  keys_.Clear();
  kept_at_.clear();
  found_.clear();
  for (auto& slots : slots_) slots.clear();
}

void ProcessPiece::Clear() {
  in_ = {};
  BeginNone();
}

// Of the keys from `begin` on.
arrow::Status ProcessPiece::FetchStates(size_t begin) {
  slots_.resize(tables_->states().size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].resize(keys_.keys().size());
    ARROW_RETURN_NOT_OK(tables_->states()[i]->table().Fetch(
        keys_.keys().subspan(begin), std::span<Slot>(slots_[i]).subspan(begin)));
  }
  return arrow::Status::OK();
}

int64_t ProcessPiece::BytesOf(size_t key) const {
  int64_t bytes = 0;
  for (size_t i = 0; i < slots_.size(); ++i) bytes += tables_->states()[i]->BytesOf(slots_[i][key]);
  return bytes;
}

arrow::Result<RecordBatchPtr> ProcessPiece::GatherKeys() {
  slots_.resize(tables_->states().size());
  std::vector<std::string_view> keys;
  std::vector<int32_t> kept;
  kept_at_.clear();
  for (size_t at = 0; at < keys_.keys().size(); ++at) {
    const KeyedTable::KeyRef& key = keys_.keys()[at];
    keys.push_back(key.key);
    const KeptKeys::Place place = kept_.Use(key, BytesOf(at));
    kept.push_back(place.number < 0 ? -1 : 2 * place.number + (place.known ? 1 : 0));
    if (place.number >= 0) kept_at_.push_back(at);
    if (!place.known) continue;
    for (auto& slots : slots_) slots[at] = kNoSlot;
  }
  ARROW_ASSIGN_OR_RAISE(std::vector<ArrayPtr> columns, DecodeKeys(keys, spec_.key_types));
  for (size_t i = 0; i < slots_.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto column,
                          tables_->states()[i]->Gather(slots_[i], ProcessState::For::kFunction));
    columns.push_back(std::move(column));
  }
  columns.push_back(std::make_shared<arrow::Int32Array>(
      std::ssize(keys), arrow::Buffer::FromVector(std::move(kept))));
  return arrow::RecordBatch::Make(key_schema_, std::ssize(keys), std::move(columns));
}

std::vector<std::shared_ptr<arrow::Schema>> ProcessPiece::EditSchemas() const {
  std::vector<std::shared_ptr<arrow::Schema>> schemas;
  for (const auto& state : tables_->states()) schemas.push_back(state->EditSchema());
  const auto timers = arrow::schema({arrow::field("key", arrow::int32(), false),
                                     arrow::field("kind", arrow::int8(), false),
                                     arrow::field("time", arrow::int64(), false)});
  schemas.insert(schemas.end(), 2, timers);
  return schemas;
}

arrow::Status ProcessPiece::Apply(std::span<const RecordBatchPtr> edits) {
  const size_t num_states = tables_->states().size();
  for (size_t i = 0; i < num_states; ++i) {
    if (edits[i] != nullptr)
      ARROW_RETURN_NOT_OK(tables_->states()[i]->Apply(*edits[i], keys_.keys()));
  }
  if (edits[num_states] != nullptr)
    ARROW_RETURN_NOT_OK(ApplyTimers(*edits[num_states], tables_->event_timers()));
  if (edits[num_states + 1] == nullptr) return arrow::Status::OK();
  return ApplyTimers(*edits[num_states + 1], tables_->processing_timers());
}

arrow::Status ProcessPiece::ApplyTimers(const arrow::RecordBatch& edits, ProcessTimers& timers) {
  const auto& of = static_cast<const arrow::Int32Array&>(*edits.column(0));
  const auto& kinds = static_cast<const arrow::Int8Array&>(*edits.column(1));
  const auto& times = static_cast<const arrow::Int64Array&>(*edits.column(2));
  timer_slots_.resize(keys_.keys().size());
  ARROW_RETURN_NOT_OK(timers.table().Fetch(keys_.keys(), timer_slots_));
  for (int64_t row = 0; row < edits.num_rows(); ++row) {
    const int32_t at = of.Value(row);
    const int8_t kind = kinds.Value(row);
    if (at < 0 || at >= std::ssize(keys_.keys()) || kind < 0 || kind > 1) return WrongReply();
    const KeyedTable::KeyRef& key = keys_.keys()[static_cast<size_t>(at)];
    if (kind == 0) {
      timers.Set(key, times.Value(row));
    } else {
      timers.Delete(key, times.Value(row));
    }
  }
  return arrow::Status::OK();
}

void ProcessPiece::End() {
  for (const size_t at : kept_at_) {
    const KeyedTable::KeyRef& key = keys_.keys()[at];
    int64_t bytes = 0;
    for (const auto& state : tables_->states())
      bytes += state->BytesOf(state->table().Lookup(key.key, key.hash));
    kept_.Resize(key, bytes);
  }
}

}  // namespace sabot
