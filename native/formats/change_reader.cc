// Reading one record of a changelog format over JSON.
#include "formats/change_reader.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

namespace sabot {
namespace {

constexpr const char* kNoObject = "a JSON object was expected";
constexpr const char* kNoList = "a list of rows was expected";
constexpr const char* kNoOldRow =
    "the change has no old row; of PostgreSQL: set REPLICA IDENTITY FULL for the table";

std::vector<std::string> NamesOf(const Schema& columns, size_t num) {
  std::vector<std::string> names;
  for (size_t i = 0; i < num; ++i) names.push_back(columns[i].name);
  return names;
}

bool IsNull(const char* p) { return p == nullptr || *p == 'n'; }

std::vector<std::string> MembersOf(const ChangelogJson& format,
                                   const std::vector<const ChangelogMetadata*>& metadata) {
  std::vector<std::string> names = {std::string(format.old_member), std::string(format.new_member),
                                    std::string(format.op_member)};
  // Names that no JSON text has where there is nothing to filter by.
  names.emplace_back(format.has_filters ? "database" : "\n");
  names.emplace_back(format.has_filters ? "table" : "\n");
  for (const ChangelogMetadata* each : metadata) {
    if (each->in_envelope) continue;
    if (std::find(names.begin(), names.end(), each->member) == names.end())
      names.emplace_back(each->member);
  }
  return names;
}

std::vector<std::string> EnvelopeOf(const std::vector<const ChangelogMetadata*>& metadata) {
  std::vector<std::string> names = {"payload"};
  for (const ChangelogMetadata* each : metadata) {
    if (each->in_envelope) names.emplace_back(each->member);
  }
  return names;
}

// The next element of a list that is well-formed, or its ']'.
const char* NextElement(const char* p) {
  JsonFault ignored;
  p = SkipJsonBlanks(SkipJsonValue(p, 0, ignored));
  return *p == ',' ? SkipJsonBlanks(p + 1) : p;
}

// Seconds, whose buffer is nobody else's yet.
void ToMillis(const arrow::Array& seconds) {
  auto* values = seconds.data()->GetMutableValues<int64_t>(1);
  for (int64_t i = 0; i < seconds.length(); ++i) {
    values[i] = static_cast<int64_t>(static_cast<uint64_t>(values[i]) * 1'000);
  }
}

Type StoredType(const ChangelogMetadata& metadata, const Type& type) {
  if (metadata.form == MetadataForm::kValue) return type;
  Type bigint;
  bigint.kind = TypeKind::kBigint;
  return bigint;
}

}  // namespace

ChangeReader::ChangeReader(const ChangelogJson& format, const Schema& columns,
                           std::vector<const ChangelogMetadata*> metadata,
                           ChangeReadOptions options)
    : format_(format),
      options_(std::move(options)),
      schema_(ToArrow(columns)),
      fields_(NamesOf(columns, columns.size() - metadata.size())),
      members_(MembersOf(format, metadata)),
      envelope_(EnvelopeOf(metadata)),
      values_(members_.size()),
      envelope_values_(envelope_.size()),
      old_fields_(fields_.size()),
      new_fields_(fields_.size()) {
  std::vector<std::unique_ptr<JsonValueReader>> readers;
  for (size_t i = 0; i < fields_.size(); ++i) {
    columns_.push_back(std::make_unique<ColumnBuffer>(columns[i].type));
    readers.push_back(std::make_unique<JsonValueReader>(*columns_.back(), options_.json));
  }
  rows_ = std::make_unique<JsonObjectReader>(NamesOf(columns, fields_.size()), std::move(readers),
                                             options_.json);
  for (size_t i = 0; i < metadata.size(); ++i) {
    const ChangelogMetadata* spec = metadata[i];
    Metadata each;
    each.spec = spec;
    each.member = (spec->in_envelope ? envelope_ : members_).Find(spec->member);
    if (!spec->within.empty()) {
      each.within = std::make_unique<JsonMembers>(std::vector{std::string(spec->within)});
    }
    each.column =
        std::make_unique<ColumnBuffer>(StoredType(*spec, columns[fields_.size() + i].type));
    each.reader = std::make_unique<JsonValueReader>(*each.column, options_.json);
    metadata_.push_back(std::move(each));
  }
}

const char* ChangeReader::Read(const char* p, JsonFault& fault) {
  const char* next = nullptr;
  if (ReadWhole(p, &next, fault)) return next;
  TruncateTo(num_rows_);
  return nullptr;
}

bool ChangeReader::ReadWhole(const char* p, const char** next, JsonFault& fault) {
  std::fill(values_.begin(), values_.end(), nullptr);
  if (!options_.schema_include) {
    *next = Collect(p, fault);
    return *next != nullptr && Emit(p, fault);
  }
  std::fill(envelope_values_.begin(), envelope_values_.end(), nullptr);
  *next = envelope_.Walk(p, fault, [&](int member, const char* value) {
    if (member >= 0) envelope_values_[static_cast<size_t>(member)] = value;
    return member == 0 && *value == '{' ? Collect(value, fault) : SkipJsonValue(value, 0, fault);
  });
  if (*next == nullptr) return false;
  const char* payload = envelope_values_[0];
  if (payload == nullptr || *payload != '{') {
    fault.Set(payload == nullptr ? p : payload, "the record has no object `payload`");
    return false;
  }
  return Emit(payload, fault);
}

// Notes where the change's members are. Images are read into the columns as they come: in nearly
// every record they come in the order in which they are wanted.
const char* ChangeReader::Collect(const char* p, JsonFault& fault) {
  std::fill(values_.begin(), values_.end(), nullptr);
  TruncateTo(num_rows_);
  staged_.clear();
  restage_ = false;
  return members_.Walk(p, fault, [&](int member, const char* value) {
    if (member < 0) return SkipJsonValue(value, 0, fault);
    const bool again = std::exchange(values_[static_cast<size_t>(member)], value) != nullptr;
    if (member > kNew || format_.form != ChangeForm::kImages || *value != '{')
      return SkipJsonValue(value, 0, fault);
    if (again) {  // The last one of equal names counts.
      restage_ = true;
      return SkipJsonValue(value, 0, fault);
    }
    staged_.push_back(member);
    return rows_->Read(value, num_rows_ + static_cast<int64_t>(staged_.size()) - 1, fault);
  });
}

bool ChangeReader::Emit(const char* p, JsonFault& fault) {
  bool passes = true;
  if (!Passes(options_.databases.get(), kDatabase, p, &passes, fault)) return false;
  if (!passes) return true;
  if (!Passes(options_.tables.get(), kTable, p, &passes, fault)) return false;
  if (!passes) return true;
  if (IsNull(values_[kOp])) {
    fault.Set(p, "the record does not say what change it is");
    return false;
  }
  if (!TextOf(values_[kOp], &op_)) {
    fault.Set(values_[kOp], "a string is not UTF-8 or has a wrong escape");
    return false;
  }
  const bool images = format_.form == ChangeForm::kImages;
  if (op_ == format_.insert || (op_ == format_.snapshot && !op_.empty())) {
    if (images) return EmitImages(false, true, RowKind::kInsert, RowKind::kInsert, fault);
    return EmitRows(RowKind::kInsert, fault);
  }
  if (op_ == format_.update) {
    if (images) {
      return EmitImages(true, true, RowKind::kUpdateBefore, RowKind::kUpdateAfter, fault);
    }
    return EmitUpdates(fault);
  }
  if (op_ == format_.remove) {
    if (images) return EmitImages(true, false, RowKind::kDelete, RowKind::kDelete, fault);
    return EmitRows(RowKind::kDelete, fault);
  }
  if (op_ == format_.skipped && !op_.empty()) return true;
  fault.Set(values_[kOp], "there is no such kind of change");
  return false;
}

bool ChangeReader::EmitImages(bool with_old, bool with_new, RowKind old_kind, RowKind new_kind,
                              JsonFault& fault) {
  for (const int member : {kOld, kNew}) {
    const char* value = values_[static_cast<size_t>(member)];
    if (!IsNull(value) && *value != '{' && !ignores_errors()) {
      fault.Set(value, kNoObject);
      return false;
    }
  }
  const auto has = [&](int member) {
    const char* value = values_[static_cast<size_t>(member)];
    return value != nullptr && *value == '{';
  };
  if (with_old && !has(kOld)) {
    fault.Set(values_[kOp], kNoOldRow);
    return false;
  }
  if (with_new && !has(kNew)) {
    fault.Set(values_[kOp], "the change has no new row");
    return false;
  }
  int wanted[2];
  size_t num_wanted = 0;
  if (with_old) wanted[num_wanted++] = kOld;
  if (with_new) wanted[num_wanted++] = kNew;
  const bool staged =
      !restage_ && std::equal(staged_.begin(), staged_.end(), wanted, wanted + num_wanted);
  if (!staged) TruncateTo(num_rows_);
  const int64_t before = num_rows_;
  for (size_t i = 0; i < num_wanted; ++i) {
    const RowKind kind = wanted[i] == kOld ? old_kind : new_kind;
    const char* value = values_[static_cast<size_t>(wanted[i])];
    if (staged ? Finish(kind, fault) : EmitObject(value, kind, fault)) continue;
    num_rows_ = before;  // Both rows of an update, or none.
    return false;
  }
  return true;
}

bool ChangeReader::EmitObject(const char* p, RowKind kind, JsonFault& fault) {
  return rows_->Read(p, num_rows_, fault) != nullptr && Finish(kind, fault);
}

// The row behind the buffered ones, whose columns are filled, is one of them now.
bool ChangeReader::Finish(RowKind kind, JsonFault& fault) {
  for (Metadata& each : metadata_) {
    if (!AppendMetadata(each, fault)) return false;
  }
  kinds_.push_back(static_cast<int8_t>(kind));
  ++num_rows_;
  return true;
}

bool ChangeReader::AppendMetadata(Metadata& metadata, JsonFault& fault) {
  const auto& values = metadata.spec->in_envelope ? envelope_values_ : values_;
  // Without an envelope the change is all there is.
  const bool absent = metadata.spec->in_envelope && !options_.schema_include;
  const char* value = absent ? nullptr : values[static_cast<size_t>(metadata.member)];
  if (metadata.within != nullptr && !IsNull(value)) {
    if (*value == '{') {
      const char* member = nullptr;
      if (metadata.within->Locate(value, &member, fault) == nullptr) return false;
      value = member;
    } else if (ignores_errors()) {
      value = nullptr;
    } else {
      fault.Set(value, kNoObject);
      return false;
    }
  }
  if (value == nullptr) {
    metadata.column->AppendNull();
    return true;
  }
  return metadata.reader->Read(value, fault) != nullptr;
}

bool ChangeReader::EmitRows(RowKind kind, JsonFault& fault) {
  const char* rows = values_[kNew];
  if (IsNull(rows)) {
    fault.Set(values_[kOp], "the change has no rows");
    return false;
  }
  if (format_.form == ChangeForm::kPatch) {
    if (*rows == '{') return EmitObject(rows, kind, fault);
    fault.Set(rows, kNoObject);
    return false;
  }
  if (*rows != '[') {
    fault.Set(rows, kNoList);
    return false;
  }
  for (const char* p = SkipJsonBlanks(rows + 1); *p != ']'; p = NextElement(p)) {
    if (*p == '{') {
      if (!EmitObject(p, kind, fault)) return false;
    } else {
      fault.Set(p, kNoObject);
      return false;
    }
  }
  return true;
}

bool ChangeReader::EmitUpdates(JsonFault& fault) {
  const char* rows = values_[kNew];
  const char* old = values_[kOld];
  if (IsNull(rows) || IsNull(old)) {
    fault.Set(values_[kOp], "an update needs its new rows and their old values");
    return false;
  }
  if (format_.form == ChangeForm::kPatch) return EmitPatched(rows, old, fault);
  for (const char* list : {rows, old}) {
    if (*list == '[') continue;
    fault.Set(list, kNoList);
    return false;
  }
  old = SkipJsonBlanks(old + 1);
  for (const char* p = SkipJsonBlanks(rows + 1); *p != ']'; p = NextElement(p)) {
    if (*old == ']') {
      fault.Set(old, "there are fewer old values than new rows");
      return false;
    }
    if (!EmitPatched(p, old, fault)) return false;
    old = NextElement(old);
  }
  return true;
}

// An update: the old row is the new one with what `old` has instead.
bool ChangeReader::EmitPatched(const char* row, const char* old, JsonFault& fault) {
  for (const char* object : {row, old}) {
    if (*object == '{') continue;
    fault.Set(object, kNoObject);
    return false;
  }
  if (fields_.Locate(row, new_fields_.data(), fault) == nullptr) return false;
  if (fields_.Locate(old, old_fields_.data(), fault) == nullptr) return false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const char* value = old_fields_[i] != nullptr ? old_fields_[i] : new_fields_[i];
    if (value == nullptr) {
      columns_[i]->AppendNull();
    } else if (rows_->reader(i).Read(value, fault) == nullptr) {
      fault.Within(schema_->field(static_cast<int>(i))->name());
      return false;
    }
  }
  const int64_t before = num_rows_;
  if (Finish(RowKind::kUpdateBefore, fault) && EmitObject(row, RowKind::kUpdateAfter, fault))
    return true;
  num_rows_ = before;
  return false;
}

bool ChangeReader::Passes(const NameFilter* filter, Member member, const char* record, bool* passes,
                          JsonFault& fault) {
  if (filter == nullptr) return true;
  const char* value = values_[static_cast<size_t>(member)];
  std::string name;
  if (value == nullptr || !TextOf(value, &name)) {
    fault.Set(value == nullptr ? record : value,
              "the record does not say which database and table it is about");
    return false;
  }
  *passes = filter->Matches(name);
  return true;
}

// A string's text, or that of another value; false where it is malformed.
bool ChangeReader::TextOf(const char* p, std::string* text) const {
  text->clear();
  if (*p != '"') {
    JsonFault ignored;
    text->assign(p, SkipJsonValue(p, 0, ignored));
    return true;
  }
  uint32_t flags = 0;
  const char* end = ScanJsonString(p + 1, &flags);
  if (flags == 0) {
    text->assign(p + 1, end);
    return true;
  }
  return CheckJsonString(p + 1, end, flags) && UnescapeJsonString(p + 1, end, text);
}

void ChangeReader::TruncateTo(int64_t length) {
  for (auto& column : columns_) column->Truncate(length);
  for (Metadata& each : metadata_) each.column->Truncate(length);
  kinds_.resize(static_cast<size_t>(length));
}

arrow::Result<Batch> ChangeReader::Take() {
  std::vector<ArrayPtr> arrays;
  for (auto& column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
    arrays.push_back(std::move(array));
  }
  for (Metadata& each : metadata_) {
    ARROW_ASSIGN_OR_RAISE(auto array, each.column->Finish());
    if (each.spec->form != MetadataForm::kValue) {
      if (each.spec->form == MetadataForm::kSeconds) ToMillis(*array);
      const auto& type = schema_->field(static_cast<int>(arrays.size()))->type();
      ARROW_ASSIGN_OR_RAISE(array, array->View(type));
    }
    arrays.push_back(std::move(array));
  }
  Batch batch;
  batch.rows = arrow::RecordBatch::Make(schema_, num_rows_, std::move(arrays));
  ARROW_ASSIGN_OR_RAISE(batch.kinds, MakeKinds(kinds_));
  kinds_.clear();
  num_rows_ = 0;
  return batch;
}

}  // namespace sabot
