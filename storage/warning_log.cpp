// SPDX-License-Identifier: Apache-2.0
#include "storage/warning_log.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace syncline::storage {

WarningLog::WarningLog(const std::filesystem::path& store)
    : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL),
      file_(::open((store / file_name).c_str(),
                   O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600)) {
  struct stat about {};
  if (file_.is_open() && ::fstat(file_.get(), &about) == 0)
    size_ = static_cast<std::size_t>(about.st_size);
}

void WarningLog::Logv(const char* format, va_list arguments) {
  char line[1024];
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  const std::size_t stamp = std::strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%SZ ", &utc);
  const int text = std::vsnprintf(line + stamp, sizeof line - stamp - 1, format, arguments);
  if (text < 0) return;
  std::size_t size = std::min(stamp + static_cast<std::size_t>(text), sizeof line - 2);
  line[size++] = '\n';

  const std::lock_guard<std::mutex> hold(guard_);
  if (!file_.is_open()) return;
  if (size_ + size > size_max && ::ftruncate(file_.get(), 0) == 0) size_ = 0;
  if (size_ + size > size_max) return;
  const ssize_t written = ::write(file_.get(), line, size);
  if (written > 0) size_ += static_cast<std::size_t>(written);
}

}  // namespace syncline::storage
