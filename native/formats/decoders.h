// The formats behind MakeDecoder and MakeEncoder, one pair a format.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string_view>

#include "formats/changelog_json.h"
#include "formats/format.h"

namespace sabot {

inline constexpr std::string_view kJsonOptionNames[] = {
    "json.ignore-parse-errors",       "json.fail-on-missing-field",
    "json.timestamp-format.standard", "json.map-null-key.mode",
    "json.map-null-key.literal",      "json.encode.decimal-as-plain-number",
    "json.encode.ignore-null-fields", "json.decode.json-parser.enabled"};

arrow::Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const Schema& columns,
                                                        const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeJsonSinkEncoder(const Schema& schema,
                                                            const PlanNode& node);

arrow::Result<std::unique_ptr<Decoder>> MakeChangelogJsonDecoder(const ChangelogJson& format,
                                                                 const Schema& columns,
                                                                 const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeChangelogJsonEncoder(const ChangelogJson& format,
                                                                 const Schema& schema,
                                                                 const PlanNode& node);

arrow::Result<std::unique_ptr<Decoder>> MakeRawDecoder(const Schema& columns, const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeRawEncoder(const Schema& schema, const PlanNode& node);

arrow::Result<std::unique_ptr<Decoder>> MakeAvroDecoder(const Schema& columns,
                                                        const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeAvroEncoder(const Schema& schema, const PlanNode& node);

arrow::Result<std::unique_ptr<Decoder>> MakeAvroConfluentDecoder(const Schema& columns,
                                                                 const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeAvroConfluentEncoder(const Schema& schema,
                                                                 const PlanNode& node);

arrow::Result<std::unique_ptr<Decoder>> MakeDebeziumAvroDecoder(const Schema& columns,
                                                                const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeDebeziumAvroEncoder(const Schema& schema,
                                                                const PlanNode& node);

arrow::Result<std::unique_ptr<Decoder>> MakeProtobufDecoder(const Schema& columns,
                                                            const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeProtobufEncoder(const Schema& schema,
                                                            const PlanNode& node);

arrow::Result<std::unique_ptr<Decoder>> MakeCsvDecoder(const Schema& columns, const PlanNode& node);
arrow::Result<std::unique_ptr<Encoder>> MakeCsvSinkEncoder(const Schema& schema,
                                                           const PlanNode& node);

}  // namespace sabot
