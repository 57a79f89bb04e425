// JSON text into column buffers: one reader per value, one per object.
//
//   {"a": 1, "b": [true]}   ->   column a: 1;  column b: [true]
//
// An object reader predicts: it remembers which text up to a value (`, "b": `) came after which, so
// that a record with the fields of the one before costs one comparison per field, and falls back to
// looking the name up. State: predictions only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/column_buffer.h"
#include "formats/json_scan.h"

namespace sabot {

struct JsonReadOptions {
  bool ignore_parse_errors = false;  // A value that does not fit is NULL.
  bool fail_on_missing_field = false;
  bool iso_timestamps = false;
  bool last_name_wins = false;  // Of equal names; else only until every column has been read.
  JsonNumberText number_text = JsonNumberText::kAsWritten;  // Of fractions in STRING columns.
};

class JsonObjectReader;

// Appends the JSON value at p to its column.
class JsonValueReader {
 public:
  JsonValueReader(ColumnBuffer& column, const JsonReadOptions& options);
  ~JsonValueReader();

  ColumnBuffer& column() { return column_; }

  // Appends one value and returns the place behind it; nullptr with the fault set on failure (the
  // column may then be longer by a part).
  const char* Read(const char* p, JsonFault& fault);

 private:
  enum class Action : uint8_t {
    kBool,
    kInt8,
    kInt16,
    kInt32,
    kInt64,
    kFloat,
    kDouble,
    kDecimal,
    kString,
    kBytes,
    kDate,
    kTime,
    kTimestamp,
    kArray,
    kMap,
    kMultiset,
    kRow,
    kNull
  };
  // A scalar as text, or a container's first character.
  struct Scalar {
    enum class Kind : uint8_t { kText, kNumber, kLiteral, kNull, kContainer } kind;
    bool integer = false;  // kNumber without fraction and exponent.
    std::string_view text;
    const char* next = nullptr;
  };

  static Action ActionOf(const Type& type);
  const char* ReadStrictly(const char* p, JsonFault& fault);
  const char* ReadSlowly(const char* p, JsonFault& fault);
  const char* ReadString(const char* p, JsonFault& fault);
  const char* ReadTimestamp(const char* p, JsonFault& fault);
  const char* ReadArray(const char* p, JsonFault& fault);
  const char* ReadMap(const char* p, JsonFault& fault);
  template <typename T>
  const char* ReadInteger(const char* p, JsonFault& fault);

  bool ReadScalar(const char* p, Scalar* scalar, JsonFault& fault);
  bool AppendText(const Scalar& scalar);
  template <typename T>
  bool AppendInteger(const Scalar& scalar, bool fractions);
  bool AppendTimestamp(std::string_view text);

  ColumnBuffer& column_;
  const JsonReadOptions& options_;
  const Action action_;
  int64_t ticks_per_second_ = 1'000;
  bool zulu_ = false;
  std::unique_ptr<JsonObjectReader> row_;
  std::unique_ptr<JsonValueReader> key_;      // MAP
  std::unique_ptr<JsonValueReader> element_;  // ARRAY: element; MAP, MULTISET: value

  // The minute of the last timestamp: its text and ticks. Rebuilt as rows come.
  char minute_text_[16] = {};
  int64_t minute_ticks_ = 0;
  std::string scratch_;
};

// Reads objects: each field in use goes to its reader's column; the others are checked and skipped.
class JsonObjectReader {
 public:
  JsonObjectReader(const std::vector<std::string>& names,
                   std::vector<std::unique_ptr<JsonValueReader>> readers,
                   const JsonReadOptions& options);

  // p at '{'. Appends one value to every column, all of which must be `row` long. nullptr with the
  // fault set on failure: columns may then be longer.
  const char* Read(const char* p, int64_t row, JsonFault& fault);
  size_t num_fields() const { return readers_.size(); }
  JsonValueReader& reader(size_t i) { return *readers_[i]; }

 private:
  static constexpr int kSkip = -1;
  static constexpr int kEnd = -2;
  static constexpr size_t kTextMax = 32;
  static constexpr size_t kStepsMax = 512;

  // The text that leads to a value, and what to do with the value.
  struct Step {
    char text[kTextMax] = {};
    uint32_t cared = 0;  // A bit per character of the text.
    uint32_t equal = 1;  // As `cared`; where no text is known, what no comparison gives.
    int32_t length = 0;
    int32_t field = kSkip;
    int32_t next = 0;  // The step that came after this one last.

    bool Matches(const char* p) const;
  };

  const char* FindField(const char* p, int32_t previous, int* field, int32_t* step,
                        JsonFault& fault);
  int32_t Remember(const char* begin, const char* end, int field, int32_t previous);

  std::vector<std::unique_ptr<JsonValueReader>> readers_;
  const JsonReadOptions& options_;
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, int> fields_;  // By name, into names_.
  std::vector<Step> steps_;  // [0] stands for the object's beginning, [1] for nothing known.
  std::unordered_map<std::string, int32_t> steps_by_text_;
};

}  // namespace sabot
