// Options of the `protobuf` format.
#include "formats/protobuf_options.h"

#include "formats/format_options.h"

namespace sabot {

arrow::Result<ProtobufOptions> ReadProtobufOptions(const PlanNode& node) {
  static constexpr std::string_view kNames[] = {
      "protobuf.ignore-parse-errors", "protobuf.read-default-values",
      "protobuf.write-null-string-literal", "protobuf.descriptor"};
  ARROW_ASSIGN_OR_RAISE(const FormatOptions given, FormatOptions::Read(node, kNames));
  ProtobufOptions options;
  ARROW_ASSIGN_OR_RAISE(options.schema,
                        ProtobufSchema::Parse(given.String("protobuf.descriptor", "")));
  ARROW_ASSIGN_OR_RAISE(options.ignore_parse_errors,
                        given.Bool("protobuf.ignore-parse-errors", false));
  ARROW_ASSIGN_OR_RAISE(options.read_default_values,
                        given.Bool("protobuf.read-default-values", false));
  options.null_text = given.String("protobuf.write-null-string-literal", "");
  return options;
}

}  // namespace sabot
