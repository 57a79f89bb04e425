# The libraries that the engine links, as one interface target: sabot_dependencies.
# Each is looked for under NAME_ROOT (option or environment) before the system's folders.
# SABOT_LIBRARY_FOLDERS: the folders of those that do not lie in the system's, for run paths.

set(sabot_cache "$ENV{SABOT_CACHE}")
if(NOT sabot_cache AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(sabot_cache "$ENV{XDG_CACHE_HOME}/sabot")
endif()
if(NOT sabot_cache)
  set(sabot_cache "$ENV{HOME}/.cache/sabot")
endif()

# sabot_root(VARIABLE folder description): the prefix of what scripts/bootstrap got, unless the option or the environment
# names another one.
function(sabot_root variable folder description)
  set(default_root "$ENV{${variable}}")
  if(NOT default_root)
    set(default_root "${sabot_cache}/${folder}")
  endif()
  set(${variable} "${default_root}" CACHE PATH "Prefix of ${description}: has include/ and lib/")
endfunction()

sabot_root(SABOT_ARROW_ROOT arrow-26.0.1 "Arrow C++ 26.0.1")
sabot_root(SABOT_RDKAFKA_ROOT librdkafka-2.15.1 "librdkafka 2.15.1, static")

add_library(sabot_dependencies INTERFACE)
set(SABOT_LIBRARY_FOLDERS "")

# sabot_link(NAME HEADER LIBRARY... [ROOT folder]): finds both and adds them to sabot_dependencies.
function(sabot_link name header)
  cmake_parse_arguments(arg "" "ROOT" "" ${ARGN})
  set(hints ${arg_ROOT} ${${name}_ROOT} $ENV{${name}_ROOT})
  find_path(SABOT_${name}_INCLUDE ${header} HINTS ${hints} PATH_SUFFIXES include)
  if(NOT SABOT_${name}_INCLUDE)
    message(FATAL_ERROR "${name}: no ${header} found. Run scripts/bootstrap, or pass -D${name}_ROOT=PREFIX.")
  endif()
  target_include_directories(sabot_dependencies SYSTEM INTERFACE ${SABOT_${name}_INCLUDE})
  foreach(library IN LISTS arg_UNPARSED_ARGUMENTS)
    string(MAKE_C_IDENTIFIER "SABOT_LIBRARY_${library}" variable)
    find_library(${variable} ${library} HINTS ${hints} PATH_SUFFIXES lib lib64)
    if(NOT ${variable})
      message(FATAL_ERROR "${name}: no library '${library}' found. Run scripts/bootstrap, or pass -D${name}_ROOT=PREFIX.")
    endif()
    target_link_libraries(sabot_dependencies INTERFACE ${${variable}})
    cmake_path(GET ${variable} PARENT_PATH folder)
    if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES AND NOT folder MATCHES "^(/usr)?/lib")
      list(APPEND SABOT_LIBRARY_FOLDERS ${folder})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES SABOT_LIBRARY_FOLDERS)
  set(SABOT_LIBRARY_FOLDERS ${SABOT_LIBRARY_FOLDERS} PARENT_SCOPE)
endfunction()

sabot_link(Arrow arrow/api.h arrow arrow_compute ROOT ${SABOT_ARROW_ROOT})
sabot_link(nlohmann_json nlohmann/json.hpp)
sabot_link(xxhash xxhash.h)
# Static, so that Node's own copies of these cannot be called in their place: Node exports its OpenSSL, its zlib, and from 22
# on zstd.
sabot_link(pcre2 pcre2.h libpcre2-8.a)
sabot_link(rdkafka librdkafka/rdkafka.h librdkafka.a ROOT ${SABOT_RDKAFKA_ROOT})
file(STRINGS ${SABOT_rdkafka_INCLUDE}/librdkafka/rdkafka.h patched REGEX rd_kafka_message_record_batch)
if(NOT patched)
  message(FATAL_ERROR "rdkafka: ${SABOT_rdkafka_INCLUDE} is not patched. Build it with scripts/librdkafka.patch, or run scripts/bootstrap.")
endif()
sabot_link(openssl openssl/ssl.h libssl.a libcrypto.a)
sabot_link(zstd zstd.h libzstd.a)
sabot_link(zlib zlib.h libz.a)
# After the static ones: else the linker fills RocksDB's wishes from libzstd.a, whose dictionary builder is not PIC.
sabot_link(RocksDB rocksdb/db.h rocksdb)

# Compiled in, for Node 24 exports a simdjson of its own, which would take the place of a shared one's functions.
set(SABOT_SIMDJSON_SOURCE "${CMAKE_SOURCE_DIR}/node_modules/@nozbe/simdjson/src" CACHE PATH
  "Folder of simdjson's single-file release: simdjson.h and simdjson.cpp")
if(NOT EXISTS ${SABOT_SIMDJSON_SOURCE}/simdjson.cpp)
  message(FATAL_ERROR "No simdjson.cpp in ${SABOT_SIMDJSON_SOURCE}. Run npm ci, or pass -DSABOT_SIMDJSON_SOURCE=FOLDER.")
endif()
add_library(sabot_simdjson OBJECT ${SABOT_SIMDJSON_SOURCE}/simdjson.cpp)
target_include_directories(sabot_simdjson SYSTEM PUBLIC ${SABOT_SIMDJSON_SOURCE})
target_compile_options(sabot_simdjson PRIVATE -w)

find_package(Threads REQUIRED)
target_link_libraries(sabot_dependencies INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
