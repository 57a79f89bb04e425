// One record of a changelog format over JSON into columns: the rows of its change, and their kinds.
//
//   {"before": {"id": 1, "n": 7}, "after": {"id": 1, "n": 8}, "op": "u"}   ->   -U (1, 7)  +U (1,
//   8)
//
// State: the buffered rows, which whoever decodes takes.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/changelog_json.h"
#include "formats/column_buffer.h"
#include "formats/json_members.h"
#include "formats/json_reader.h"
#include "formats/name_filter.h"

namespace sabot {

struct ChangeReadOptions {
  JsonReadOptions json;
  bool schema_include = false;            // The change is a record's member `payload`.
  std::unique_ptr<NameFilter> databases;  // nullptr: all.
  std::unique_ptr<NameFilter> tables;
};

class ChangeReader {
 public:
  // `columns`: those of the rows, then one for each of `metadata`.
  ChangeReader(const ChangelogJson& format, const Schema& columns,
               std::vector<const ChangelogMetadata*> metadata, ChangeReadOptions options);

  // Appends the rows of the record at p, a '{'. Returns the place behind it; nullptr with the fault
  // set where it cannot be read: then nothing of it is left.
  const char* Read(const char* p, JsonFault& fault);

  int64_t num_rows() const { return num_rows_; }
  // Of the buffered rows, in columns and kinds; they are gone afterwards.
  arrow::Result<Batch> Take();
  bool ignores_errors() const { return options_.json.ignore_parse_errors; }

 private:
  // Wanted members of a change, then those that metadata is made of.
  enum Member : int { kOld, kNew, kOp, kDatabase, kTable, kFirstMetadata };

  struct Metadata {
    const ChangelogMetadata* spec = nullptr;
    int member = 0;  // Of the change, or of the envelope.
    std::unique_ptr<JsonMembers> within;
    std::unique_ptr<ColumnBuffer> column;
    std::unique_ptr<JsonValueReader> reader;
  };

  bool ReadWhole(const char* p, const char** next, JsonFault& fault);
  const char* Collect(const char* p, JsonFault& fault);
  bool Emit(const char* p, JsonFault& fault);
  bool EmitImages(bool with_old, bool with_new, RowKind old_kind, RowKind new_kind,
                  JsonFault& fault);
  bool EmitRows(RowKind kind, JsonFault& fault);
  bool EmitUpdates(JsonFault& fault);
  bool EmitPatched(const char* row, const char* old, JsonFault& fault);
  bool EmitObject(const char* p, RowKind kind, JsonFault& fault);
  bool Finish(RowKind kind, JsonFault& fault);
  bool AppendMetadata(Metadata& metadata, JsonFault& fault);
  bool Passes(const NameFilter* filter, Member member, const char* record, bool* passes,
              JsonFault& fault);
  bool TextOf(const char* p, std::string* text) const;
  void TruncateTo(int64_t length);

  const ChangelogJson& format_;
  const ChangeReadOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  std::unique_ptr<JsonObjectReader> rows_;
  JsonMembers fields_;    // The columns' names.
  JsonMembers members_;   // Of the change, see Member.
  JsonMembers envelope_;  // `payload`, then those of the envelope's metadata.
  std::vector<Metadata> metadata_;
  std::vector<int8_t> kinds_;
  int64_t num_rows_ = 0;

  // Of the record at hand.
  std::vector<const char*> values_;
  std::vector<const char*> envelope_values_;
  std::vector<const char*> old_fields_;
  std::vector<const char*> new_fields_;
  std::vector<int> staged_;  // Images that were read as they came, behind the buffered rows.
  bool restage_ = false;
  std::string op_;
};

}  // namespace sabot
