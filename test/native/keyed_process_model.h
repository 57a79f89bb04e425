// A keyed process function of the job's owner, as a model: it reads what a keyed_process operator
// sends, calls a C++ function for every event, and answers with what that did.
//
//   KeyedProcessModel([](const Event& e, Calls& key) { key.SetSum(key.sum().value_or(0) + e.v); })
//
// Rows are (k STRING, v BIGINT, t TIMESTAMP(3)), of which v crosses; k is the key. States: sum, a
// value; all, a list; by, a map of STRING; all of BIGINT. Outputs: (k STRING, s BIGINT) and a side
// output (note STRING). Of a keyed_broadcast_process broadcast rows are (rule STRING, value BIGINT,
// off BOOLEAN), those with off remove.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/keyed_process_call.h"
#include "user_function_model.h"

namespace sabot::test {

class KeyedProcessModel {
 public:
  enum Kind { kEventTime = 0, kProcessingTime = 1 };
  struct Event {
    ProcessEvents what = ProcessEvents::kRows;
    int64_t v = 0;     // Of rows.
    int64_t time = 0;  // Of a row, or of a timer.
    int64_t watermark = 0;
    int64_t now = 0;
    bool is_timer() const { return what != ProcessEvents::kRows; }
  };
  using Map = std::vector<std::pair<std::string, int64_t>>;
  struct Key {
    std::string key;
    std::optional<int64_t> sum;
    std::vector<int64_t> all;
    Map by;
  };
  class Request;

  // What the function may do for the key of its event.
  class Calls {
   public:
    const std::string& key() const;
    const std::optional<int64_t>& sum() const;
    const std::vector<int64_t>& all() const;
    const Map& by() const;
    void SetSum(int64_t sum);
    void ClearSum();
    void TouchSum();  // It was read, where that counts.
    void Add(int64_t value);
    void ClearAll();
    void Put(const std::string& of, int64_t value);
    void Remove(const std::string& of);
    void Emit(int64_t s);
    void EmitSide(const std::string& note);
    void Set(Kind kind, int64_t time);
    void Delete(Kind kind, int64_t time);
    // The value of a rule.
    std::optional<int64_t> rule(const std::string& name) const;

   private:
    friend class Request;
    Calls(Request* request, int32_t at, int64_t time) : request_(request), at_(at), time_(time) {}
    Request* request_;
    int32_t at_;
    int64_t time_;
  };
  using Function = std::function<void(const Event& event, Calls& key)>;
  // Called for a broadcast row; no value: it is off. What it gives is called for every key that has
  // a sum.
  using BroadcastFunction =
      std::function<Function(const std::string& rule, std::optional<int64_t> value)>;
  using Rules = std::map<std::string, int64_t>;
  // What all copies of a model have been asked: "rows 3 of 2 keys", "event timers 1 of 1 keys", and
  // where the function's side has kept states, ", 1 known".
  struct Log {
    std::vector<std::string> requests;
  };

  explicit KeyedProcessModel(Function function, std::shared_ptr<Log> log = nullptr,
                             size_t rows_per_reply = SIZE_MAX,
                             BroadcastFunction on_broadcast = nullptr)
      : function_(std::move(function)),
        log_(std::move(log)),
        rows_per_reply_(rows_per_reply),
        on_broadcast_(std::move(on_broadcast)) {}
  UserFunction::Reply operator()(const std::shared_ptr<arrow::Buffer>& request);

  static const std::vector<std::string>& RowColumns();
  // The node's JSON; `more`: of its config.
  static std::string Node(const std::string& more = "");
  static const std::vector<std::string>& RuleColumns();
  static std::string BroadcastNode();

 private:
  struct Change {
    std::string rule;
    std::optional<int64_t> value;
  };
  void BeginChanges(const std::shared_ptr<arrow::Buffer>& request, ProcessEvents what);
  void Apply(const Change& change);
  std::shared_ptr<arrow::Buffer> WorkOffChanges();

  Function function_;
  std::shared_ptr<Log> log_;
  size_t rows_per_reply_;
  BroadcastFunction on_broadcast_;
  std::shared_ptr<Request> open_;
  std::map<int32_t, Key> kept_;
  Rules rules_;
  std::deque<Change> changes_;  // Not worked off.
  Function visit_;              // Of the keys that were asked for.
};

}  // namespace sabot::test
