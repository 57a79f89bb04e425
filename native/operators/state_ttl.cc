// The node's own TTL, or the job's.
#include "operators/state_ttl.h"

#include <nlohmann/json.hpp>

namespace sabot {
namespace {

arrow::Status ReadTtl(const PlanNode& node, const OperatorContext& context, std::string_view member,
                      KeyedTableLayout* layout) {
  layout->ttl_ms = context.options.state_ttl_ms;
  layout->ttl_update = TtlUpdate::kCreateAndWrite;
  const nlohmann::json* const ttl = node.Member(std::string(member).c_str());
  if (ttl == nullptr) return arrow::Status::OK();
  const auto ms = ttl->find("ms");
  const auto update = ttl->find("update");
  if (!ttl->is_object() || ms == ttl->end() || !ms->is_number_integer() || ms->get<int64_t>() < 0 ||
      update == ttl->end() || (*update != "createAndWrite" && *update != "readAndWrite"))
    return node.Error("config '" + std::string(member) +
                      R"(' must be {"ms", "update": createAndWrite or readAndWrite})");
  layout->ttl_ms = ms->get<int64_t>();
  if (*update == "readAndWrite") layout->ttl_update = TtlUpdate::kReadAndWrite;
  return arrow::Status::OK();
}

}  // namespace

arrow::Status SetTtl(const PlanNode& node, const OperatorContext& context,
                     KeyedTableLayout* layout) {
  return ReadTtl(node, context, "ttl", layout);
}

arrow::Result<int64_t> TtlMillis(const PlanNode& node, const OperatorContext& context,
                                 std::string_view member) {
  KeyedTableLayout layout;
  ARROW_RETURN_NOT_OK(ReadTtl(node, context, member, &layout));
  if (layout.ttl_update == TtlUpdate::kCreateAndWrite) return layout.ttl_ms;
  return node.Error("config '" + std::string(member) +
                    "': rows are never prolonged by reading them");
}

}  // namespace sabot
