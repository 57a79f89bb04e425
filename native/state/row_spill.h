// RowSpill: batches of rows on disk, read as if they were in memory.
//
//   3 batches  --Move-->  one file of Arrow IPC messages, mapped  -->  the same 3, in the file
//
// The system brings pages of the file into memory when they are read, and takes them back when it
// needs the room; what was read goes from the process's memory with the next Move. A file has no
// name once it is mapped: it goes with the last batch that lies in it, or with the process.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "batch/batch.h"

namespace sabot {

class RowSpill {
 public:
  // Files are made in `folder`, which comes into being when it is needed.
  RowSpill(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  // The batches as they are on disk, in the same order.
  arrow::Result<std::vector<RecordBatchPtr>> Move(std::span<const RecordBatchPtr> batches);

 private:
  struct Message {
    int64_t offset = 0;
    int64_t size = 0;
  };
  arrow::Result<std::vector<Message>> Write(const std::string& path,
                                            std::span<const RecordBatchPtr> batches);

  FileSystem& files_;
  const std::string folder_;
  int64_t next_file_ = 0;
  std::vector<std::weak_ptr<arrow::Buffer>> mapped_;
};

}  // namespace sabot
