// SPDX-License-Identifier: Apache-2.0
//
// Limits: every bound of the protocol, in one place, with its reason.
//
// A list or length that a stranger, another device or an app can make grow has its
// bound here. SPEC.md section 10 is this table in prose.
#pragma once

#include "protocol/base/time.h"

#include <cstddef>
#include <cstdint>

namespace syncline::limits {

// One Noise message (Noise specification, section 3), and what fits in it beside the tag.
inline constexpr std::size_t noise_message_size_max = 65535;
inline constexpr std::size_t frame_plaintext_size_max = noise_message_size_max - 16;

// A batch is verified before anything of it is stored: this much may wait unverified.
inline constexpr std::size_t batch_events_max = 1024;
inline constexpr std::size_t batch_size_max = 256 * 1024;
// Messages outside batches: rosters, rows, pulls.
inline constexpr std::size_t control_message_size_max = 64 * 1024;
// A batch message: one full batch with its columns and signatures.
inline constexpr std::size_t batch_message_size_max = batch_size_max + 64 * 1024;

// What is never stored: presence and previews.
inline constexpr std::size_t ephemeral_message_size_max = 16 * 1024;
inline constexpr std::size_t presence_value_size_max = 4 * 1024;
inline constexpr std::size_t preview_size_max = 8 * 1024;
inline constexpr auto ephemeral_lifetime_max = 30s;

// Plaintext of one event before padding; larger values belong in blobs.
inline constexpr std::size_t event_plaintext_size_max = 64 * 1024;
inline constexpr std::size_t event_ciphertext_size_max = event_plaintext_size_max + 8 * 1024 + 16;
// Logs an event may name as newly seen; a device that saw more splits its knowledge over two
// events.
inline constexpr std::size_t event_deps_max = 256;

inline constexpr std::size_t record_size_max = 8 * 1024;
inline constexpr std::size_t records_per_space_max = 4096;
inline constexpr std::size_t logs_per_space_max = 65536;
inline constexpr std::size_t spaces_max = 65536;

inline constexpr std::size_t device_name_size_max = 64;
inline constexpr std::size_t devices_max = 1024;
inline constexpr std::size_t recipients_max = 64;

// What a connection may cost before it has proven anything.
inline constexpr std::size_t pre_auth_buffer_max = 4 * 1024;
inline constexpr std::size_t pre_auth_links_max = 64;
inline constexpr std::size_t pre_auth_links_per_address_max = 8;
inline constexpr auto handshake_timeout = 10s;

// Credit per channel: what may be under way before the receiver has stored it.
inline constexpr std::size_t credit_initial = 256 * 1024;
inline constexpr std::size_t credit_window_max = 4 * 1024 * 1024;

inline constexpr auto ping_interval = 25s;
inline constexpr auto link_idle_timeout = 60s;

// Password hashing: a vault made elsewhere may ask for this much and no more.
inline constexpr std::uint32_t argon_memory_kib_min = 64 * 1024;
inline constexpr std::uint32_t argon_memory_kib_max = 1024 * 1024;
inline constexpr std::uint32_t argon_memory_kib_default = 256 * 1024;
inline constexpr std::uint32_t argon_passes_min = 2;
inline constexpr std::uint32_t argon_passes_max = 10;
inline constexpr std::uint32_t argon_passes_default = 3;
inline constexpr std::size_t password_size_max = 1024;

// Pairing: one guess, five minutes (DESIGN section 8).
inline constexpr auto invite_lifetime = 300s;
inline constexpr std::size_t invites_per_ten_minutes_max = 5;

// Documents: deep enough for any real one, shallow enough for any stack.
inline constexpr std::size_t container_depth_max = 32;
inline constexpr std::size_t map_key_size_max = 1024;
inline constexpr std::size_t value_size_max = 16 * 1024;
inline constexpr std::size_t ops_per_event_max = 4096;
// Nodes of a tree: a name that a program chose, and a place among siblings. Authors keep places
// much shorter.
inline constexpr std::size_t tree_node_id_size_max = 64;
inline constexpr std::size_t tree_position_size_max = 128;
inline constexpr std::size_t tree_position_size_wanted = 48;

static_assert(event_ciphertext_size_max < batch_size_max, "one event always fits in a batch");

}  // namespace syncline::limits
