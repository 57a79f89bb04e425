// The node's own TTL, or the job's.
#include "operators/state_ttl.h"

#include <nlohmann/json.hpp>

namespace sabot {

arrow::Status SetTtl(const PlanNode& node, const OperatorContext& context,
                     KeyedTableLayout* layout) {
  layout->ttl_ms = context.options.state_ttl_ms;
  layout->ttl_update = TtlUpdate::kCreateAndWrite;
  const nlohmann::json* const ttl = node.Member("ttl");
  if (ttl == nullptr) return arrow::Status::OK();
  const auto ms = ttl->find("ms");
  const auto update = ttl->find("update");
  if (!ttl->is_object() || ms == ttl->end() || !ms->is_number_integer() || ms->get<int64_t>() < 0 ||
      update == ttl->end() || (*update != "createAndWrite" && *update != "readAndWrite"))
    return node.Error(R"(config 'ttl' must be {"ms", "update": createAndWrite or readAndWrite})");
  layout->ttl_ms = ms->get<int64_t>();
  if (*update == "readAndWrite") layout->ttl_update = TtlUpdate::kReadAndWrite;
  return arrow::Status::OK();
}

}  // namespace sabot
