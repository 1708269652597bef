// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_status.h"

#include "protocol/base/check.h"

#include <string>

namespace syncline::storage {

namespace {

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Errc reason_of_io_error(const rocksdb::Status& status, const std::string& text) {
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit)
    return Errc::disk_full;
  // Quotas have no subcode of their own; the text is strerror's, and the agent sets no locale.
  if (mentions(text, "Disk quota exceeded")) return Errc::disk_full;
  // RocksDB reports a held LOCK file as a plain input/output error, in one of these two wordings.
  if (mentions(text, "lock hold by current process") || mentions(text, "While lock file"))
    return Errc::busy;
  // A file that the store counts on is not there.
  if (status.IsPathNotFound()) return Errc::corrupt;
  return Errc::io;
}

Errc reason_of(const rocksdb::Status& status, const std::string& text) {
  switch (status.code()) {
    case rocksdb::Status::kNotFound: return Errc::not_found;
    case rocksdb::Status::kCorruption: return Errc::corrupt;
    case rocksdb::Status::kNotSupported: return Errc::unsupported;
    // The options are ours, so what does not fit them was written by another version.
    case rocksdb::Status::kInvalidArgument: return Errc::unsupported;
    case rocksdb::Status::kIOError: return reason_of_io_error(status, text);
    case rocksdb::Status::kTimedOut: return Errc::timeout;
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTryAgain: return Errc::busy;
    case rocksdb::Status::kShutdownInProgress: return Errc::degraded;
    case rocksdb::Status::kAborted:
      return status.subcode() == rocksdb::Status::kMemoryLimit ? Errc::limit : Errc::degraded;
    default: return Errc::io;
  }
}

std::string_view meaning_of(Errc code) {
  switch (code) {
    case Errc::disk_full: return "the disk is full; free some space on it";
    case Errc::corrupt: return "stored data is damaged";
    case Errc::busy: return "another agent already uses this vault";
    case Errc::unsupported: return "the store was written by a newer Syncline; update this one";
    case Errc::degraded: return "the store stopped taking writes and has to be reopened";
    default: return "the disk reported an error";
  }
}

}  // namespace

Error from_status(const rocksdb::Status& status, std::string_view doing) {
  SYNCLINE_CHECK(!status.ok());
  const std::string text = status.ToString();
  const Errc code = reason_of(status, text);
  std::string context(doing);
  context += ": ";
  context += meaning_of(code);
  context += " (";
  context += text;
  context += ")";
  return {code, std::move(context)};
}

Status checked(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return {};
  return tl::unexpected<Error>(from_status(status, doing));
}

}  // namespace syncline::storage
