# What most files include, parsed once: the standard library, Arrow, JSON. Halves a build. Every file still includes what it
# uses: clang-tidy compiles without this (scripts/lint).
option(SABOT_PRECOMPILED_HEADERS "Parse the headers that most files include once" ON)

# sabot_precompile(TARGET HEADER...): for all files of the target, with further headers.
function(sabot_precompile target)
  if(SABOT_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <array> <atomic> <bit> <charconv> <cmath> <cstddef> <cstdint> <cstdio> <cstdlib> <cstring> <deque>
      <filesystem> <fstream> <functional> <iterator> <limits> <map> <memory> <mutex> <numeric> <optional> <random> <set>
      <span> <string> <string_view> <unordered_map> <utility> <vector>
      <arrow/array.h> <arrow/array/util.h> <arrow/buffer.h> <arrow/record_batch.h> <arrow/result.h> <arrow/scalar.h>
      <arrow/status.h> <arrow/type.h> <nlohmann/json.hpp> ${ARGN})
  endif()
endfunction()
