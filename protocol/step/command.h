// SPDX-License-Identifier: Apache-2.0
//
// Command and Answer: what a local program may ask of the agent, typed.
//
// One struct per question, one alternative per answer. ipc/ turns JSON into a Command
// and an Answer into JSON; node/ answers. A Command that holds a password is wiped by
// whoever consumed it. Texts were checked to be UTF-8 by ipc/; everything else is
// checked by node/.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/time.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/patch.h"
#include "protocol/crdt/positions.h"
#include "protocol/crdt/tree_place.h"
#include "protocol/crdt/value.h"
#include "protocol/step/network_mode.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncline::step {

// A password or other text that is wiped when it dies.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { other.clear(); }
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { clear(); }

  Bytes view() const { return as_bytes(text_); }
  bool empty() const { return text_.empty(); }
  void clear();

 private:
  std::string text_;
};

// ---- system.*, vault.*, device.*, space.* -------------------------------------------------

struct SystemStatus {};  // everything `syncline status` shows, also while locked or without a vault
// Makes the view anew from the log, and compares it with what it was.
struct SystemRebuild {};
struct VaultInit {
  SecretText password;
  std::string device_name;
};
struct VaultUnlock {
  SecretText password;
};
struct VaultLock {};
struct VaultPasswd {
  SecretText old_password;
  SecretText new_password;
};
struct DeviceList {};
struct SpaceList {};

// ---- pair.* ------------------------------------------------------------------------------

struct PairInvite {};  // needs an unlocked vault; replaces an earlier invitation
struct PairJoin {
  SecretText code_or_uri;              // "123-456-789" or "syncline:..."
  std::vector<std::string> addresses;  // host:port; needed with a code
  std::string device_name;
};
struct PairStatus {};
struct PairConfirm {
  bool accept = false;  // the inviter's decision about the device that PairStatus shows
};
struct PairCancel {};

// ---- entity.*, conflict.* ----------------------------------------------------------------

// What changed and what to change it from: applied as the difference between the two texts,
// merged into whatever the text is now.
struct TextMerge {
  crdt::Path path;  // of the text
  std::string from;
  std::string to;
};
// What the place should be: applied as the difference to what is there.
struct Put {
  crdt::Path slot;
  crdt::Shape value;
};
// Where a node of a tree should be.
struct NodeSpot {
  // Empty: the top. Nothing: that of the sibling, else the one it has; of a new node the top.
  std::optional<std::string> parent;
  decltype(crdt::TreeSpot::among) among;
};
struct NodeInsert {
  crdt::Path tree;
  std::string node;  // empty: an id is made up
  NodeSpot spot;
  crdt::Shape value;  // a map
};
struct NodeMove {
  crdt::Path tree;
  std::string node;
  NodeSpot spot;
};
// What a text should be marked with, and with nothing else. Later ones go over earlier ones of
// their key.
struct PutMarks {
  crdt::Path text;
  std::vector<crdt::TextMark> marks;
  crdt::Positions positions = crdt::Positions::scalars;  // how the marks count
};
using EditOp = std::variant<crdt::Op, TextMerge, Put, NodeInsert, NodeMove, PutMarks>;

// A change of the whole document, instead of ops.
struct WholePut {
  crdt::Shape value;
};
struct MergePatch {
  crdt::Shape patch;
};
struct JsonPatch {
  std::vector<crdt::PatchStep> steps;
};
using Rewrite = std::variant<WholePut, MergePatch, JsonPatch>;

// How long the caller wants to wait before the answer.
enum class Wait : std::uint8_t {
  local_buffered,  // survives this process
  local,           // on this device's disk
  one_device,      // also durable on one other device
  all_devices,     // also durable on every other device of the vault
};

struct EntityCreate {
  std::optional<SpaceId> space;  // nothing: the home space
  std::string type;              // the app's word for it, at most 64 bytes
  std::vector<EditOp> ops;
  std::string idempotency_key;  // empty: none; at most 64 bytes
  Wait wait = Wait::local;
  CallerId caller = {};
};
struct EntityGet {
  EntityId entity;
  bool with_kinds = false;  // fill EntityAnswer::kinds and notes
  crdt::Path path = {};     // of the part that is wanted; empty: all of it
  crdt::Positions positions = crdt::Positions::scalars;  // of lengths in notes
  std::string at = {};                                   // a version; empty: as it is now
  CallerId caller = {};
};
struct EntityList {
  std::optional<SpaceId> space;
  std::string type;    // empty: any
  std::string cursor;  // empty: from the start
  std::uint32_t limit = 100;
};
struct EntityUpdate {
  EntityId entity;
  std::vector<EditOp> ops;
  // Of each of them the number of what the caller asked for, which errors name; nothing: none.
  std::vector<std::uint32_t> origins = {};
  std::optional<Rewrite> rewrite = {};                   // instead of ops
  std::vector<PutMarks> marks = {};                      // after the rewrite
  crdt::Positions positions = crdt::Positions::scalars;  // of text ops, and how they count
  std::string if_version;                                // empty: whatever the version is
  std::string idempotency_key;
  Wait wait = Wait::local;
  CallerId caller = {};
};
struct EntityDelete {
  EntityId entity;
  std::string if_version;
  Wait wait = Wait::local;
};
struct EntityHistory {
  EntityId entity;
  std::uint32_t limit = 100;  // newest first
  std::string cursor = {};    // empty: from the newest
};
struct EntityDiff {
  EntityId entity;
  std::string from;  // a version
  std::string to;    // empty: as it is now
  crdt::Positions positions = crdt::Positions::scalars;
};
struct EntityRestore {
  EntityId entity;
  std::string version;  // how it should read again
  std::string if_version;
  Wait wait = Wait::local;
  CallerId caller = {};
};
// Takes back this device's newest change of the entity that it has not taken back yet, or does
// again what was taken back last.
enum class UndoDirection : std::uint8_t { back, again };
struct EntityUndo {
  EntityId entity;
  UndoDirection direction = UndoDirection::back;
  std::string if_version;
  Wait wait = Wait::local;
  CallerId caller = {};
};
struct ConflictList {
  std::optional<EntityId> entity;     // nothing: of every entity
  std::optional<SpaceId> space = {};  // nothing: of every space
  std::uint32_t limit = 100;
};
struct ConflictResolve {
  EntityId entity;
  crdt::Path slot;  // of the conflicting place: its last step is a key or an index
  std::optional<std::uint32_t>
      choose;  // position in the values that ConflictList gave; nothing: the removal
  std::optional<crdt::Shape> value = {};        // write this instead of choosing
  std::optional<crdt::ConflictKind> kind = {};  // nothing: the first that is there
  std::string if_version = {};                  // empty: whatever the version is
  CallerId caller = {};
};

// ---- text.* ------------------------------------------------------------------------------

// Which neighbour a cursor stays with when something is written right there.
enum class CursorSide : std::uint8_t { left, right };

struct TextCursor {
  EntityId entity;
  crdt::Path path;  // of the text
  std::uint64_t position = 0;
  CursorSide side = CursorSide::left;
  crdt::Positions positions = crdt::Positions::scalars;
};
struct TextResolve {
  EntityId entity;
  crdt::Path path;
  std::vector<std::string> cursors;
  crdt::Positions positions = crdt::Positions::scalars;
};
// A keystroke, or a few: gathered with others until it is worth an event.
struct TextType {
  EntityId entity;
  crdt::Path path;
  std::uint64_t position = 0;  // of the text as the caller was shown it, with what it did since
  std::uint64_t removed = 0;
  std::string inserted;
  crdt::Positions positions = crdt::Positions::scalars;
  CallerId caller = {};
};
struct TextFlush {
  EntityId entity;
  Wait wait = Wait::local;
};
struct TextBlame {
  EntityId entity;
  crdt::Path path;
  std::string at = {};     // a version; empty: as it is now
  std::uint64_t from = 0;  // the part that holds this position comes first
  std::uint32_t limit = 1000;
  crdt::Positions positions = crdt::Positions::scalars;
};

// ---- version.* ---------------------------------------------------------------------------

// Wherever a version is asked for, a name that it was given stands for it.
struct VersionName {
  EntityId entity;
  std::string name;
  std::string at = {};  // a version; empty: as it is now
  Wait wait = Wait::local;
};
struct VersionList {
  EntityId entity;
};
struct VersionRemove {  // of a name; the version stays
  EntityId entity;
  std::string name;
  Wait wait = Wait::local;
};

// ---- type.* ------------------------------------------------------------------------------

// How conflicts in entities of a type are to be read, on every device. What was declared before
// and is not named here stays.
struct TypeDeclare {
  std::optional<SpaceId> space;  // nothing: the home space
  std::string type;
  std::map<std::string, std::optional<crdt::Rule>> rules;  // by pattern; nothing: no rule any more
  Wait wait = Wait::local;
};
struct TypeList {};

// ---- sync.*, sub.*, events.* --------------------------------------------------------------

struct SyncStatus {};
struct SyncNow {};  // dials what is not connected; answered when level with every connected device,
                    // or at its deadline
enum class SyncDirection : std::uint8_t { both, receive, send };
struct SyncPause {
  SyncDirection direction = SyncDirection::both;
};
struct SyncResume {
  SyncDirection direction = SyncDirection::both;
};
struct SyncConnect {
  std::string address;  // host:port to dial now and to remember if a device of the vault answers
};
struct SubOpen {
  std::optional<SpaceId> space;
  std::optional<EntityId> entity;
  std::string type;
  std::optional<std::uint64_t> since;  // a cursor seen before; nothing: from now on
  bool ephemeral = false;              // presence and previews of `entity`, too
};
struct SubClose {
  std::uint64_t sub = 0;
};
struct SubAck {
  std::uint64_t sub = 0;
  std::uint64_t cursor = 0;
};
struct EventsPoll {
  std::uint64_t sub = 0;
  std::uint32_t limit = 100;
  std::chrono::milliseconds wait{0};  // at most 30 s
};
// ---- presence.* ----------------------------------------------------------------------------

// What the caller shows of itself at an entity: one value, until it is replaced or cleared, its
// time is up or the caller is gone. Never stored.
struct PresenceSet {
  EntityId entity;
  std::string value;  // JSON, at most limits::presence_value_size_max bytes
  std::optional<std::chrono::milliseconds> lifetime;  // nothing: as long as the caller is there
  CallerId caller;
};
struct PresenceClear {
  std::optional<EntityId> entity;  // nothing: everywhere
  CallerId caller;
};
struct PresenceList {
  EntityId entity;
};

struct LogList {};  // every log with its head, for `syncline log`

// ---- net.* -------------------------------------------------------------------------------

struct NetStatus {};
struct NetMode {
  NetworkMode mode = NetworkMode::anywhere;
};

// Others of this vault may call this device at the relay from now on, or not any more.
struct NetRelay {
  enum class Action : std::uint8_t { add, remove };
  Action action = Action::add;
  std::string address;  // "host:port"
};

using Command =
    std::variant<SystemStatus, SystemRebuild, VaultInit, VaultUnlock, VaultLock, VaultPasswd,
                 DeviceList, SpaceList, PairInvite, PairJoin, PairStatus, PairConfirm, PairCancel,
                 EntityCreate, EntityGet, EntityList, EntityUpdate, EntityDelete, EntityHistory,
                 EntityDiff, EntityRestore, EntityUndo, TextCursor, TextResolve, TextType,
                 TextFlush, TextBlame, VersionName, VersionList, VersionRemove, ConflictList,
                 ConflictResolve, TypeDeclare, TypeList, SyncStatus, SyncNow, SyncPause, SyncResume,
                 SyncConnect, SubOpen, SubClose, SubAck, EventsPoll, PresenceSet, PresenceClear,
                 PresenceList, LogList, NetStatus, NetMode, NetRelay>;

}  // namespace syncline::step
