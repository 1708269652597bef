// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/limits.h"

#include <doctest/doctest.h>

namespace syncline::limits {
namespace {

TEST_CASE("limits that rest on each other fit together") {
  CHECK(frame_plaintext_size_max + 16 == noise_message_size_max);
  CHECK(event_ciphertext_size_max > event_plaintext_size_max);
  CHECK(event_ciphertext_size_max < batch_size_max);
  CHECK(batch_message_size_max > batch_size_max);
  // What is granted at first lets one full batch through.
  CHECK(credit_initial >= batch_size_max);
  CHECK(credit_window_max >= credit_initial);
  CHECK(record_size_max <= control_message_size_max);
  CHECK(value_size_max < event_plaintext_size_max);
  CHECK(map_key_size_max < event_plaintext_size_max);
  CHECK(ping_interval * 2 < link_idle_timeout);
  CHECK(pre_auth_links_per_address_max < pre_auth_links_max);
  CHECK(argon_memory_kib_min <= argon_memory_kib_default);
  CHECK(argon_memory_kib_default <= argon_memory_kib_max);
  CHECK(argon_passes_min <= argon_passes_default);
  CHECK(argon_passes_default <= argon_passes_max);
}

TEST_CASE("what strangers may make us hold before they prove anything stays below 64 MiB") {
  CHECK(pre_auth_buffer_max * pre_auth_links_max < std::size_t{64} * 1024 * 1024);
}

}  // namespace
}  // namespace syncline::limits
