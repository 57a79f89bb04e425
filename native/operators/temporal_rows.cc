// Waiting rows and versions under their keys.
#include "operators/temporal_rows.h"

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/hash.h"

namespace sabot {
namespace {

// Bytes that compare as times do.
class TimeBytes {
 public:
  explicit TimeBytes(int64_t time)
      : ordered_(__builtin_bswap64(static_cast<uint64_t>(time) ^ (uint64_t{1} << 63))) {}
  std::string_view view() const {
    return {reinterpret_cast<const char*>(&ordered_), sizeof(ordered_)};
  }
  static int64_t In(std::string_view bytes) {
    uint64_t ordered = 0;
    std::memcpy(&ordered, bytes.data(), sizeof(ordered));
    return static_cast<int64_t>(__builtin_bswap64(ordered) ^ (uint64_t{1} << 63));
  }

 private:
  uint64_t ordered_;
};

std::shared_ptr<arrow::Field> KindField() { return arrow::field("$kind", arrow::int8()); }

// Beside a row's own columns its kind, and where it ages, when it was added.
std::shared_ptr<arrow::Schema> StoredSchema(const TemporalSide& side, int64_t ttl_ms) {
  auto fields = ToArrow(side.schema)->fields();
  fields.push_back(KindField());
  if (ttl_ms > 0) fields.push_back(RowStore::AddedField());
  return arrow::schema(std::move(fields));
}

KeyedTableLayout Layout() {
  KeyedTableLayout layout;
  layout.cells = {{"due", CellSpec::Kind::kFixed8}, {"used", CellSpec::Kind::kFixed8}};
  const ChildSpec by_time = {.cells = {{"row", CellSpec::Kind::kFixed8}}, .ordered = true};
  layout.children = {by_time, by_time};
  return layout;
}

}  // namespace

TemporalRows::TemporalRows(std::array<TemporalSide, 2> sides, StateTiers* tiers, int64_t ttl_ms)
    : sides_(std::move(sides)),
      schemas_({ToArrow(sides_[kLeft].schema), ToArrow(sides_[kRight].schema)}),
      tiers_(tiers),
      ttl_ms_(ttl_ms),
      stores_({std::make_unique<RowStore>(StoredSchema(sides_[kLeft], ttl_ms), tiers),
               std::make_unique<RowStore>(StoredSchema(sides_[kRight], ttl_ms), tiers)}),
      table_("keys", Layout(), tiers),
      due_("due", &table_, kDue, 0, tiers) {}

arrow::Status TemporalRows::Begin(int64_t now_ms) {
  now_ms_ = now_ms;
  if (ttl_ms_ == 0 || now_ms < erase_idle_at_ms_) return arrow::Status::OK();
  // That walks all keys: one may stay for half of its time longer, unseen.
  erase_idle_at_ms_ = now_ms + std::max<int64_t>(1, ttl_ms_ / 2);
  return EraseIdle();
}

arrow::Status TemporalRows::Add(Side side, const Batch& batch) {
  if (batch.num_rows() == 0) return arrow::Status::OK();
  if (stores_[side]->WantsCompaction()) ARROW_RETURN_NOT_OK(Compact(side));
  ARROW_ASSIGN_OR_RAISE(auto kept, Stored(batch));
  const Batch stored{std::move(kept), nullptr, kNoSplit};
  all_.resize(static_cast<size_t>(batch.num_rows()));
  std::iota(all_.begin(), all_.end(), 0);
  std::vector<ArrayPtr> columns;
  for (const int key : sides_[side].keys) columns.push_back(batch.column(key));
  ARROW_RETURN_NOT_OK(keys_.Encode(columns, batch.num_rows()));
  ARROW_RETURN_NOT_OK(EmptyIdle());
  ARROW_RETURN_NOT_OK(Link(side, stored, all_, stores_[side]->Append(stored.rows)));
  Release();  // Versions that others have replaced.
  return arrow::Status::OK();
}

arrow::Result<RecordBatchPtr> TemporalRows::Stored(const Batch& batch) const {
  RecordBatchPtr stored = batch.rows;
  ArrayPtr kinds = batch.kinds;
  if (kinds == nullptr) {
    const arrow::Int8Scalar insert(static_cast<int8_t>(RowKind::kInsert));
    ARROW_ASSIGN_OR_RAISE(kinds, arrow::MakeArrayFromScalar(insert, batch.num_rows()));
  }
  ARROW_ASSIGN_OR_RAISE(stored, stored->AddColumn(stored->num_columns(), KindField(), kinds));
  if (ttl_ms_ == 0) return stored;
  const arrow::Int64Scalar now(now_ms_);
  ARROW_ASSIGN_OR_RAISE(const auto added, arrow::MakeArrayFromScalar(now, batch.num_rows()));
  return stored->AddColumn(stored->num_columns(), RowStore::AddedField(), added);
}

arrow::Status TemporalRows::Link(Side side, const Batch& batch, std::span<const int32_t> rows,
                                 RowId first) {
  slots_.resize(rows.size());
  std::vector<int64_t> inserted;
  ARROW_RETURN_NOT_OK(table_.LookupOrInsert(keys_, rows, slots_, &inserted));
  size_t next_inserted = 0;
  const int64_t* times = batch.rows->column_data(sides_[side].time)->GetValues<int64_t>(1);
  for (size_t i = 0; i < rows.size(); ++i) {
    const Slot key = slots_[i];
    if (next_inserted < inserted.size() && inserted[next_inserted] == rows[i]) {
      ++next_inserted;
      cell(kDue, key) = kNever;
      cell(kUsed, key) = INT64_MIN;
    }
    if (ttl_ms_ > 0) cell(kUsed, key) = std::max(cell(kUsed, key), AddedMillis(batch, rows[i]));
    if (side == kLeft) {
      Wait(key, times[rows[i]], first + i);
    } else {
      PutVersion(key, times[rows[i]], first + i);
    }
  }
  return arrow::Status::OK();
}

void TemporalRows::Wait(Slot key, int64_t time, RowId id) {
  const TimeBytes element(time);
  bool inserted = false;
  const Slot at =
      rows(kLeft).FindOrInsert(key, element.view(), HashBytes(element.view()), &inserted);
  if (!inserted) rows(kLeft).Touch(at);
  stores_[kLeft]->set_next(id, inserted ? kNoRow : row(kLeft, at));
  row(kLeft, at) = id;
  DueAt(key, time);
}

void TemporalRows::PutVersion(Slot key, int64_t time, RowId id) {
  const TimeBytes element(time);
  bool inserted = false;
  const Slot at =
      rows(kRight).FindOrInsert(key, element.view(), HashBytes(element.view()), &inserted);
  if (!inserted) {
    rows(kRight).Touch(at);
    released_[kRight].push_back(row(kRight, at));
  }
  row(kRight, at) = id;
  if (time > settled_until_ || !WasSettled(key, at)) DueAt(key, time);
}

// Of versions that had begun one was left when the key was settled.
bool TemporalRows::WasSettled(Slot key, Slot version) const {
  const ChildTable& versions = rows(kRight);
  const Slot after = versions.After(version);
  return versions.First(key) == version &&
         (after == kNoSlot || TimeBytes::In(versions.element(after)) > settled_until_);
}

void TemporalRows::DueAt(Slot key, int64_t time) {
  if (cell(kDue, key) <= time) return;
  due_.Forget(key);
  cell(kDue, key) = time;
  due_.Push(key);
}

arrow::Result<Slot> TemporalRows::NextDue(int64_t watermark) {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const Slot key,
                          due_.Pop([watermark](int64_t time) { return time <= watermark; }));
    if (key == kNoSlot) return key;
    table_.Touch(key);
    if (!IsIdle(key)) return key;
    Erase(key);
  }
}

void TemporalRows::TakeDue(Slot key, int64_t watermark, std::vector<RowId>* taken) {
  ChildTable& waiting = rows(kLeft);
  for (Slot at = waiting.First(key); at != kNoSlot;) {
    if (TimeBytes::In(waiting.element(at)) > watermark) break;
    const Slot after = waiting.After(at);
    for (RowId id = row(kLeft, at); id != kNoRow; id = stores_[kLeft]->next(id))
      taken->push_back(id);
    waiting.Erase(at);
    at = after;
  }
  // Ids ascend in order of arrival.
  std::sort(taken->begin(), taken->end());
  released_[kLeft].insert(released_[kLeft].end(), taken->begin(), taken->end());
}

RowId TemporalRows::VersionAt(Slot key, int64_t time) const {
  const ChildTable& versions = rows(kRight);
  const TimeBytes element(time);
  Slot at = versions.LowerBound(key, element.view());
  if (at == kNoSlot) {
    at = versions.Last(key);
  } else if (versions.element(at) != element.view()) {
    at = versions.Before(at);
  }
  if (at == kNoSlot) return kNoRow;
  const RowId id = row(kRight, at);
  return IsRetract(KindOf(kRight, id)) ? kNoRow : id;
}

void TemporalRows::Settle(Slot key, int64_t watermark) {
  ChildTable& versions = rows(kRight);
  // Also a deletion stays: it hides versions before it that may come yet.
  for (Slot at = versions.First(key); at != kNoSlot;) {
    const Slot after = versions.After(at);
    if (after == kNoSlot || TimeBytes::In(versions.element(after)) > watermark) break;
    released_[kRight].push_back(row(kRight, at));
    versions.Erase(at);
    at = after;
  }
  const Slot first = rows(kLeft).First(key);
  if (first == kNoSlot && versions.First(key) == kNoSlot) return Erase(key);
  cell(kDue, key) = kNever;
  cell(kUsed, key) = now_ms_;
  if (first != kNoSlot) DueAt(key, TimeBytes::In(rows(kLeft).element(first)));
}

void TemporalRows::Release() {
  for (const Side side : {kLeft, kRight}) {
    for (const RowId id : released_[side]) stores_[side]->Release(id);
    released_[side].clear();
  }
}

int64_t TemporalRows::TimeOf(Side side, RowId id) const {
  const RowRef at = stores_[side]->Ref(id);
  return at.batch->column_data(sides_[side].time)->GetValues<int64_t>(1)[at.row];
}

RowKind TemporalRows::KindOf(Side side, RowId id) const {
  const RowRef at = stores_[side]->Ref(id);
  const int column = schemas_[side]->num_fields();
  return static_cast<RowKind>(at.batch->column_data(column)->GetValues<int8_t>(1)[at.row]);
}

arrow::Result<std::vector<RowId>> TemporalRows::RowsOf(Side side, std::string_view key,
                                                       uint64_t hash) {
  std::vector<RowId> found;
  ARROW_ASSIGN_OR_RAISE(const Slot slot, table_.Fetch(key, hash));
  if (slot == kNoSlot) return found;
  for (Slot at = rows(side).First(slot); at != kNoSlot; at = rows(side).After(at)) {
    for (RowId id = row(side, at); id != kNoRow; id = stores_[side]->next(id)) found.push_back(id);
  }
  return found;
}

int64_t TemporalRows::size_bytes() const {
  return table_.size_bytes() + due_.memory_bytes() + stores_[kLeft]->memory_bytes() +
         stores_[kRight]->memory_bytes();
}

// --- keys that go ---

bool TemporalRows::IsIdle(Slot key) const {
  return ttl_ms_ > 0 && table_.cells().at<int64_t>(kUsed, key) <= now_ms_ - ttl_ms_;
}

void TemporalRows::Empty(Slot key) {
  for (const Side side : {kLeft, kRight}) {
    for (Slot at = rows(side).First(key); at != kNoSlot; at = rows(side).After(at)) {
      for (RowId id = row(side, at); id != kNoRow; id = stores_[side]->next(id))
        released_[side].push_back(id);
    }
    rows(side).EraseAll(key);
  }
  due_.Forget(key);
  cell(kDue, key) = kNever;
}

void TemporalRows::Erase(Slot key) {
  Empty(key);
  table_.Erase(key);
}

arrow::Status TemporalRows::EmptyIdle() {
  if (ttl_ms_ == 0) return arrow::Status::OK();
  slots_.resize(static_cast<size_t>(keys_.length()));
  ARROW_RETURN_NOT_OK(table_.Fetch(keys_, slots_));
  for (const Slot key : slots_) {
    if (key == kNoSlot || !IsIdle(key)) continue;
    table_.Touch(key);
    Empty(key);
  }
  return arrow::Status::OK();
}

arrow::Status TemporalRows::EraseIdle() {
  KeyedTable::Scan keys(table_);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> slots, keys.Next(kPieceKeys));
    if (slots.empty()) return arrow::Status::OK();
    for (const Slot key : slots) {
      if (IsIdle(key)) Erase(key);
    }
    Release();
    ARROW_RETURN_NOT_OK(stores_[kLeft]->MakeRoom());
  }
}

arrow::Status TemporalRows::Compact(Side side) {
  ARROW_ASSIGN_OR_RAISE(const RowMoves moves, stores_[side]->Compact());
  KeyedTable::Scan keys(table_);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> slots, keys.Next(kPieceKeys));
    if (slots.empty()) return arrow::Status::OK();
    for (const Slot key : slots) {
      for (Slot at = rows(side).First(key); at != kNoSlot; at = rows(side).After(at)) {
        rows(side).Touch(at);
        row(side, at) = moves.To(row(side, at));
      }
    }
    ARROW_RETURN_NOT_OK(stores_[side]->MakeRoom());
  }
}

// --- snapshots ---

arrow::Status TemporalRows::Snapshot(SnapshotWriter& to) {
  ARROW_RETURN_NOT_OK(stores_[kLeft]->Snapshot("left", to));
  return stores_[kRight]->Snapshot("right", to);
}

arrow::Status TemporalRows::Restore(const SnapshotReader& from, int64_t watermark) {
  std::vector<int32_t> own;
  settled_until_ = watermark;
  for (const Side side : {kLeft, kRight}) {
    const auto take = [&](RowStore::Restored& restored) {
      const Batch& batch = restored.batch();
      std::vector<ArrayPtr> columns;
      for (const int key : sides_[side].keys) columns.push_back(batch.column(key));
      ARROW_RETURN_NOT_OK(keys_.Encode(columns, batch.num_rows()));
      own.clear();
      for (int32_t at = 0; at < static_cast<int32_t>(batch.num_rows()); ++at) {
        if (from.Owns(keys_.hash(at))) own.push_back(at);
      }
      if (own.empty()) return arrow::Status::OK();
      ARROW_ASSIGN_OR_RAISE(const RowId first, restored.Append(own));
      return Link(side, batch, own, first);
    };
    ARROW_RETURN_NOT_OK(stores_[side]->Restore(side == kLeft ? "left" : "right", from, take));
  }
  Release();
  settled_until_ = kWatermarkMin;
  return arrow::Status::OK();
}

int64_t TemporalRows::AddedMillis(const Batch& stored, int64_t at) const {
  const arrow::ArrayData& added = *stored.rows->column_data(stored.num_columns() - 1);
  return added.IsNull(at) ? now_ms_ : added.GetValues<int64_t>(1)[at];
}

}  // namespace sabot
