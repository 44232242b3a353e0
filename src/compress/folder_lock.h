// One run at a time works in a folder.
#pragma once

#include <string>

namespace pare {

// Held from its construction on, by a lock of the operating system on the file FOLDER/.lock: it ends with the process,
// however that ends, and the file alone means nothing. Where files cannot be locked, there is no lock.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);  // Error(invalid) names the process that has the folder
  ~FolderLock();                                   // removes the file
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace pare
