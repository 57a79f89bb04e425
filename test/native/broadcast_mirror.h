// What the job's owner keeps of broadcast state, as a model: it applies the changes that a
// broadcast_process operator sends, and answers rows from its map.
//
//   whole map [a, 5] [b, 7]   ->   change -[b]   ->   row [a, 1]: answered with (row 0, 5)
//
// Rows are (k STRING, ...), broadcast rows (rule STRING, value BIGINT, ...): a row is answered with
// the value of the rule that its k names; where there is none, with `otherwise` or with nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness.h"
#include "user_function_model.h"

namespace sabot::test {

class BroadcastMirror {
 public:
  using Map = std::map<std::string, int64_t>;
  // What all copies of a mirror have been asked.
  struct Log {
    std::vector<std::string> requests;
    std::vector<Map> restored;  // As every copy had it before its first change or row.
  };

  // `reads`: what of the rows crosses; the first column is k.
  BroadcastMirror(const std::vector<std::string>& reads, const std::vector<std::string>& broadcast,
                  std::shared_ptr<Log> log, std::optional<int64_t> otherwise = std::nullopt);
  UserFunction::Reply operator()(const std::shared_ptr<arrow::Buffer>& request);

 private:
  void Change(const arrow::RecordBatch& rows);
  UserFunction::Reply Answer(const arrow::RecordBatch& rows) const;

  std::shared_ptr<arrow::Schema> reads_;
  std::shared_ptr<arrow::Schema> changes_;
  std::shared_ptr<Log> log_;
  std::optional<int64_t> otherwise_;
  Map map_;
  bool has_begun_ = false;
};

}  // namespace sabot::test
