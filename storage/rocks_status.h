// SPDX-License-Identifier: Apache-2.0
//
// from_status: the one place where a RocksDB status becomes an Error of ours.
//
// Every call into RocksDB passes its status through here; nothing above storage/ ever
// sees a rocksdb::Status. `doing` says what was tried, for the person who reads it.
#pragma once

#include "protocol/base/result.h"

#include <string_view>

#include <rocksdb/status.h>

namespace syncline::storage {

// Requires: `status` is not ok.
Error from_status(const rocksdb::Status& status, std::string_view doing);

// The same as a Status, for a status that may be ok.
Status checked(const rocksdb::Status& status, std::string_view doing);

}  // namespace syncline::storage
