// SPDX-License-Identifier: Apache-2.0
//
// WarningLog: what RocksDB wants to tell, in one small file inside the store.
//
// RocksDB's own log ends the process when it is written to on a full disk (its library
// here is built with assertions), so there is this one: it loses lines, never the agent.
// Warnings and errors only: paths and numbers, at most a key of a store that lies beside it.
#pragma once

#include "storage/file_descriptor.h"

#include <filesystem>
#include <memory>
#include <mutex>

#include <rocksdb/env.h>

namespace syncline::storage {

class WarningLog final : public rocksdb::Logger {
 public:
  static constexpr const char* file_name = "WARNINGS";
  // Above this the file starts anew.
  static constexpr std::size_t size_max = 64 * 1024;

  explicit WarningLog(const std::filesystem::path& store);

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  // A listing of every option at every start: they are in rocks_options.cpp.
  void LogHeader(const char*, va_list) override {}

 private:
  std::mutex guard_;
  FileDescriptor file_;
  std::size_t size_ = 0;
};

}  // namespace syncline::storage
