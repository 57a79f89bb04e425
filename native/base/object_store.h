// Where checkpoints lie: whole objects under names such as "chk-7-2/manifest.json".
//
//   Put("a", x)          atomic: readers see nothing or all of it; durable on return
//   PutIfAbsent("a", y)  false, and nothing changes, if somebody has put "a" before: the one
//                        operation that decides between two processes
//
// Names are relative, with '/' between folders. Implemented on a folder here; an object store of a
// cloud has the same operations (PUT, If-None-Match, LIST).
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace sabot {

// An object being written. It exists once Finish has returned; without Finish it never does.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual arrow::Status Append(std::string_view bytes) = 0;
  virtual arrow::Status Finish() = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual arrow::Result<std::string> Get(const std::string& name) = 0;
  // A large object, without a copy where the store can do so.
  virtual arrow::Result<std::shared_ptr<arrow::Buffer>> Map(const std::string& name) = 0;
  virtual bool Exists(const std::string& name) = 0;
  virtual arrow::Status Put(const std::string& name, std::string_view bytes) = 0;
  virtual arrow::Result<bool> PutIfAbsent(const std::string& name, std::string_view bytes) = 0;
  virtual arrow::Result<std::unique_ptr<ObjectWriter>> Create(const std::string& name) = 0;
  // Names directly below a folder, ascending; empty if there is no such folder.
  virtual arrow::Result<std::vector<std::string>> List(const std::string& folder) = 0;
  // An absent object is no error.
  virtual arrow::Status Remove(const std::string& name) = 0;
  // For messages.
  virtual std::string PathOf(const std::string& name) const = 0;
};

// Objects as files below `folder`, which is created when something is first put. `writer` names
// whoever writes, differently from every other process that may write at the same time: it goes
// into the names of unfinished files, which begin with '.', so that List leaves them out.
std::unique_ptr<ObjectStore> MakeFolderStore(FileSystem& files, std::string folder,
                                             std::string writer);

// Removes what writers that died left unfinished in a folder of the store; those of `writer` stay.
arrow::Status RemoveUnfinished(FileSystem& files, const std::string& folder,
                               const std::string& writer);

}  // namespace sabot
