// ColdStore as sorted maps in memory: what simulation runs on, and what RocksDB must agree with.
#include <map>

#include "base/check.h"
#include "state/byte_framing.h"
#include "state/cold_backends.h"

namespace sabot {
namespace {

using Rows = std::map<std::string, std::string, std::less<>>;

// A copy of the rows, as they were.
class ModelScan final : public ColdScan {
 public:
  explicit ModelScan(Rows rows) : rows_(std::move(rows)), at_(rows_.begin()) {}
  bool valid() const override { return at_ != rows_.end(); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  arrow::Status Next() override {
    SABOT_CHECK(valid());
    ++at_;
    return arrow::Status::OK();
  }
  arrow::Status Seek(std::string_view key) override {
    at_ = rows_.lower_bound(key);
    return arrow::Status::OK();
  }

 private:
  const Rows rows_;
  Rows::const_iterator at_;
};

class ModelStore final : public ColdStore {
 public:
  arrow::Result<Table> OpenTable(const std::string& name,
                                 const ColdTableOptions& options) override {
    for (size_t i = 0; i < tables_.size(); ++i) {
      if (tables_[i].name != name) continue;
      SABOT_CHECK(tables_[i].options.expires == options.expires);
      return static_cast<Table>(i);
    }
    tables_.push_back({name, options, {}});
    return static_cast<Table>(tables_.size() - 1);
  }

  arrow::Status MultiGet(Table table, std::span<const std::string_view> keys,
                         ColdValues* values) override {
    const Rows& rows = RowsOf(table);
    values->Clear();
    for (const std::string_view key : keys) {
      const auto row = rows.find(key);
      if (row == rows.end()) {
        values->AddAbsent();
      } else {
        values->Add(row->second);
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status Write(const ColdWrites& writes) override {
    for (int64_t i = 0; i < writes.size(); ++i) Apply(writes.change(i));
    return arrow::Status::OK();
  }

  arrow::Result<std::unique_ptr<ColdScan>> Scan(Table table, std::string_view from,
                                                std::string_view to) override {
    const Rows& rows = RowsOf(table);
    if (!to.empty() && to < from) return std::make_unique<ModelScan>(Rows());
    return std::make_unique<ModelScan>(
        Rows(rows.lower_bound(from), to.empty() ? rows.end() : rows.lower_bound(to)));
  }

  void SetProcessingTime(int64_t now_ms) override { now_ms_ = now_ms; }

  arrow::Status Compact(Table table) override {
    if (!tables_[static_cast<size_t>(table)].options.expires) return arrow::Status::OK();
    std::erase_if(RowsOf(table),
                  [this](const auto& row) { return ByteReader(row.second).I64() <= now_ms_; });
    return arrow::Status::OK();
  }

 private:
  struct TableState {
    std::string name;
    ColdTableOptions options;
    Rows rows;
  };

  Rows& RowsOf(Table table) { return tables_[static_cast<size_t>(table)].rows; }

  void Apply(const ColdWrites::Change& change) {
    Rows& rows = RowsOf(change.table);
    switch (change.kind) {
      case ColdWrites::Kind::kPut:
        rows.insert_or_assign(std::string(change.key), std::string(change.value));
        break;
      case ColdWrites::Kind::kDelete:
        if (const auto row = rows.find(change.key); row != rows.end()) rows.erase(row);
        break;
      case ColdWrites::Kind::kDeleteRange:
        for (auto row = rows.lower_bound(change.key);
             row != rows.end() && (change.value.empty() || row->first < change.value);) {
          row = rows.erase(row);
        }
        break;
    }
  }

  std::vector<TableState> tables_;
  int64_t now_ms_ = INT64_MIN;
};

class ModelBackend final : public ColdBackend {
 public:
  arrow::Result<std::unique_ptr<ColdStore>> Open(const std::string&) override {
    return std::make_unique<ModelStore>();
  }
  int64_t memory_bytes() const override { return 0; }
};

}  // namespace

std::unique_ptr<ColdBackend> MakeModelBackend() { return std::make_unique<ModelBackend>(); }

}  // namespace sabot
