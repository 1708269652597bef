// SPDX-License-Identifier: Apache-2.0
//
// Answer: what the agent replies to a Command. Plain values, ready to be shown.
//
// Versions and list cursors are opaque texts to callers. Wall times are what the author's
// clock said.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/time.h"
#include "protocol/crdt/document.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/value.h"
#include "protocol/history/comparison.h"
#include "protocol/step/network_mode.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncline::step {

struct Done {};

enum class VaultState : std::uint8_t { none, locked, unlocked, joining };
enum class LinkState : std::uint8_t { connecting, syncing, live };

struct LinkStatus {
  std::string address;
  bool dialled = false;  // by us
  LinkState state = LinkState::connecting;
  Duration since{};  // how long it has been up
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  bool punched = false;  // both ends connected at once, through routers that let nobody in
};

// How another device stands towards this one. "Proven" figures come from its receipts or
// from what it acknowledged on an authenticated link.
struct DeviceStatus {
  DeviceId id;
  std::string name;  // empty while locked: names are sealed
  bool is_self = false;
  std::vector<LinkStatus> links;
  std::vector<std::string> addresses;  // remembered, best first
  std::optional<WallTime> last_seen;
  bool level = false;                  // both sides are known to hold the same events
  std::uint64_t missing_there = 0;     // events held here that it has not proven to hold
  std::uint64_t missing_here = 0;      // events it announced that are not here yet
  std::optional<WallTime> receipt_at;  // newest signed receipt
};

struct StatusAnswer {
  VaultState vault = VaultState::none;
  std::optional<SpaceId> vault_id;
  std::optional<DeviceId> device;
  std::string device_name;
  std::vector<DeviceStatus> devices;  // self first
  std::uint64_t spaces = 0;
  std::uint64_t entities = 0;  // 0 while locked
  std::uint64_t events = 0;
  std::uint64_t only_here = 0;  // events no other device has proven to hold
  std::uint64_t to_merge = 0;   // events stored but not merged into documents yet
  std::uint64_t conflicts = 0;
  bool receive_paused = false;
  bool send_paused = false;
  bool degraded = false;
  bool rolled_back = false;            // this device opened a new incarnation since its last start
  std::vector<std::string> attention;  // sentences for the person, each with a next step
};

// What making the view anew showed.
struct RebuildAnswer {
  std::uint64_t entities = 0;       // there are now
  std::vector<EntityId> unequal{};  // those that read otherwise than before: the first 100
  std::uint64_t unequal_count = 0;
  std::uint64_t changed = 0;  // by events that arrived meanwhile: not compared
  bool damaged = false;       // the old view could not be read: what was not read is not compared
};

struct DevicesAnswer {
  std::vector<DeviceStatus> devices;
};

struct SpaceRow {
  SpaceId id;
  std::string name;
  std::string kind;  // "home"
  std::uint64_t logs = 0;
  std::uint64_t events = 0;
};
struct SpacesAnswer {
  std::vector<SpaceRow> spaces;
};

struct InviteAnswer {
  std::string code;  // "123-456-789"
  std::string uri;   // what the QR code holds
  std::vector<std::string> addresses;
  std::chrono::seconds valid_for{};
};
enum class PairPhase : std::uint8_t { idle, waiting, connecting, confirming, done, failed };
struct PairAnswer {
  PairPhase phase = PairPhase::idle;
  bool inviter = false;
  std::string check_number;  // six digits, the same on both sides; from `confirming` on
  std::string device_name;   // the other device's, from `confirming` on
  std::chrono::seconds valid_for{};
  std::optional<std::string> failure;  // a sentence with a next step
};

struct WrittenAnswer {
  EntityId entity;
  std::string version;
  std::uint32_t ops_applied = 0;
  std::vector<std::string> nodes_made = {};  // of each NodeInsert, in order
};
struct ConflictValue {
  std::optional<crdt::Value> value;  // nothing: the entity itself
  std::optional<crdt::Kind> kind;    // nothing: a leaf
  DeviceId device;
  std::string device_name;
  WallTime at;
};
// What is known of one place of a document.
// A range of a text with a mark, in the units asked for.
struct MarkNote {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string key;
  crdt::Scalar value;
  std::vector<crdt::Scalar> others = {};  // set by those who did not know of each other
  std::uint8_t grows = 0;                 // as of crdt::TextMark
};
struct PlaceNote {
  crdt::Path path;
  std::optional<crdt::Kind> kind;  // nothing: a leaf
  DeviceId device;                 // who wrote it last, or anything inside of it
  std::string device_name;
  WallTime at;
  std::optional<std::uint64_t> length;  // of a text, in the units asked for
  std::vector<ConflictValue> others;    // what else is kept there
  std::string rule;                     // that made the value of all of them; empty: none
  std::vector<MarkNote> marks = {};     // of a text
};
struct EntityAnswer {
  EntityId entity;
  SpaceId space;
  std::string type;
  std::string version;
  bool deleted = false;
  std::uint32_t conflicts = 0;
  WallTime created;
  WallTime changed;
  crdt::Path path;  // of the part that follows; empty: all of it
  crdt::Value value;
  // If asked for: every text, counter and set in `value`, which look like scalars and lists there.
  std::map<crdt::Path, crdt::Kind> kinds;
  std::map<crdt::Path, std::vector<MarkNote>> marks = {};  // of these texts
  std::vector<PlaceNote> notes;                            // in reading order
  bool more_notes = false;  // there are further places: ask for a part of the document
};
struct EntityRow {
  EntityId entity;
  std::string type;
  std::string title;  // first short text found, for a person to recognise it
  std::string version;
  WallTime changed;
  std::uint32_t conflicts = 0;
};
struct EntitiesAnswer {
  std::vector<EntityRow> entities;
  std::string cursor;  // empty: that was all
};
enum class VersionKind : std::uint8_t { create, edit, remove };
struct VersionRow {
  std::string version;
  DeviceId device;
  std::string device_name;
  WallTime at;
  std::uint32_t ops = 0;
  VersionKind kind = VersionKind::edit;
  std::vector<crdt::Path> changed = {};  // the first places, as its author knew them
  // Characters of texts.
  std::uint64_t inserted = 0;
  std::uint64_t removed = 0;
};
struct HistoryAnswer {
  std::vector<VersionRow> versions;
  std::string cursor = {};  // empty: that was all
};
struct DiffAnswer {
  std::string to;  // the version that the changes lead to
  std::vector<history::Change> changes;
};
struct TypedAnswer {
  EntityId entity;
  bool waiting = false;      // for more, before it is an event
  std::uint64_t length = 0;  // of the text with it, in the units asked for
};
struct CursorAnswer {
  std::string cursor;   // opaque
  std::string version;  // of the entity, at which it was made
};
enum class CursorState : std::uint8_t {
  unknown,  // what it holds on to has not arrived, or was never in this text
  held,
  gone,  // what it holds on to was removed: it stands where that was
};
struct CursorPlace {
  CursorState state = CursorState::unknown;
  std::uint64_t position = 0;
};
struct CursorPlacesAnswer {
  std::vector<CursorPlace> places;  // of each cursor that was asked for
  std::uint64_t length = 0;         // of the text
  std::string version;
};
// A part of a text that was written at once.
struct BlameRow {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  DeviceId device;
  std::string device_name;
  WallTime at;
  std::string version;
};
struct BlameAnswer {
  std::vector<BlameRow> rows;              // in reading order
  std::string version;                     // of the entity
  std::uint64_t length = 0;                // of the text
  std::optional<std::uint64_t> next = {};  // where to go on
};
struct NamedVersion {
  std::string version;
  DeviceId device;  // who named it, and when
  std::string device_name;
  WallTime at;
};
struct NamedVersionRow {
  std::string name;
  // The one that counts first; the others were given the same name elsewhere at the same time.
  std::vector<NamedVersion> versions;
};
struct NamedVersionsAnswer {
  std::vector<NamedVersionRow> rows;
};
// A removal that lost against an edit.
struct RemovalRow {
  DeviceId device;
  std::string device_name;
  std::optional<WallTime> at;  // nothing: not known any more
};
struct ConflictRow {
  EntityId entity;
  SpaceId space;
  std::string type;
  std::string version;  // of the entity, for if_version
  crdt::Path path;      // of the place: its last step is a key or an index
  crdt::ConflictKind kind = crdt::ConflictKind::concurrent_values;
  std::vector<ConflictValue> values;  // the shown one first
  std::vector<RemovalRow> removals;   // of edited_and_deleted
};
struct ConflictsAnswer {
  std::vector<ConflictRow> conflicts;
};

struct TypeRow {
  SpaceId space;
  std::string type;
  EntityId declaration;
  WallTime changed;
  std::map<std::string, std::string> rules;  // pattern -> "max", "min", "union" or "text"
};
struct TypesAnswer {
  std::vector<TypeRow> types;
};

struct SubAnswer {
  std::uint64_t sub = 0;
  std::uint64_t cursor = 0;
};
struct ChangeRow {
  std::uint64_t cursor = 0;
  EntityId entity;
  SpaceId space;
  std::string type;
  std::string change;  // "created", "changed", "deleted"
  std::string version;
  bool local = false;  // made on this device
};
// What a device shows of itself at an entity just now. Nothing of it is stored anywhere.
enum class PresenceKind : std::uint8_t {
  presence,  // a program's value
  preview,   // typing that is no event yet
};
struct PresenceRow {
  PresenceKind kind = PresenceKind::presence;
  EntityId entity;
  DeviceId device;
  std::string device_name;
  std::uint32_t slot = 0;  // of the device: its programs show themselves side by side
  bool gone = false;       // only in EventsAnswer: what follows is empty
  WallTime since;          // by the device's clock
  std::string value;       // of presence: JSON, unchecked
  std::string version;     // of a preview: the version it changes, as its author sees it
  std::vector<crdt::Op> ops;
};
struct PresenceAnswer {
  std::uint32_t slot = 0;
};
struct PresencesAnswer {
  std::vector<PresenceRow> rows;
};
struct EventsAnswer {
  std::vector<ChangeRow> changes;
  std::uint64_t cursor = 0;              // pass to sub.ack or as `since`
  bool gap = false;                      // changes were dropped: list again
  std::vector<PresenceRow> ephemeral{};  // newest state of each slot that changed; given once
};
struct LogRow {
  LogId id;
  SpaceId space;
  DeviceId device;  // all zero while locked: logs are pseudonymous
  std::uint32_t incarnation = 0;
  std::uint64_t seq = 0;
  Digest head;
  bool own = false;
  bool frozen = false;  // an equivocation proof exists
};
struct LogsAnswer {
  std::vector<LogRow> logs;
};

// Where another device may be, and what came of looking there.
enum class AddressSource : std::uint8_t {
  remembered,  // it worked once, or the device itself told it
  nearby,      // announced on a local network now
  told,        // by another device
};
struct AddressStatus {
  std::string address;
  AddressSource source = AddressSource::remembered;
  bool allowed = true;            // by the network mode
  std::optional<Duration> tried;  // how long ago, last
  std::string result;             // of that: empty while it is being tried
};
// Connecting at once with a device that is linked by a relay.
struct PunchStatus {
  bool is_running = false;
  std::optional<Duration> tried;  // how long ago, last
  std::size_t rounds = 0;         // that failed between the addresses that both have now
  std::string result;             // of the last; empty: it is going on, or it worked
  std::optional<Duration> next;   // in so long; nothing: until something changes
};
struct ReachStatus {
  DeviceId device;
  std::string name;  // empty while locked
  std::vector<LinkStatus> links;
  std::vector<AddressStatus> addresses;  // in the order in which they are tried
  std::optional<Duration> next_try;      // in so long; nothing while linked or nowhere to look
  std::optional<Duration> dht_asked{};   // how long ago the DHT was last asked for it
  std::optional<Duration> dht_found{};   // and had a record that was believed
  std::optional<PunchStatus> punch{};
};
enum class RelayState : std::uint8_t {
  waiting,   // for the next try, or for the network mode to allow it
  dialling,  // and saying who may call
  ready,     // other devices can call this one there
};
struct RelayStatus {
  std::string address;
  RelayState state = RelayState::waiting;
  std::string reason;                // why the last try ended; empty if it did not fail
  std::optional<Duration> next_try;  // while waiting
};
struct DhtStatus {
  bool available = false;  // this agent runs with one
  bool works = false;      // nodes answered when it was asked last
  std::size_t nodes = 0;
  std::string sentence{};
  std::optional<Duration> published{};  // how long ago, last
  std::size_t copies = 0;               // of that record
};
// What is between this device and the internet, as relays see it.
enum class NatKind : std::uint8_t {
  unknown,
  none,         // it is seen at its own address
  preserving,   // at another one, with the same ports
  independent,  // with other ports, the same towards everybody
  changing,     // with other ports; one relay cannot tell whether always the same
  dependent,    // with a new port towards everybody
};
struct NetAnswer {
  NetworkMode mode = NetworkMode::anywhere;
  std::vector<std::string> listening;
  bool lan_works = false;
  std::string lan_sentence;
  bool announced = false;
  std::vector<RelayStatus> relays;
  std::vector<ReachStatus> devices;
  DhtStatus dht{};
  std::optional<std::string> router_address{};  // from which the router passes connections on
  std::string router_sentence{};
  NatKind nat = NatKind::unknown;
  std::vector<std::string> outer{};  // where holes can be punched to, as it is seen from outside
};

using Answer =
    std::variant<Done, StatusAnswer, RebuildAnswer, DevicesAnswer, SpacesAnswer, InviteAnswer,
                 PairAnswer, WrittenAnswer, EntityAnswer, EntitiesAnswer, HistoryAnswer,
                 ConflictsAnswer, TypesAnswer, SubAnswer, EventsAnswer, PresenceAnswer,
                 PresencesAnswer, LogsAnswer, DiffAnswer, TypedAnswer, CursorAnswer,
                 CursorPlacesAnswer, BlameAnswer, NamedVersionsAnswer, NetAnswer>;

}  // namespace syncline::step
