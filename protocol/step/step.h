// SPDX-License-Identifier: Apache-2.0
//
// Step: the contract between the core and the shell around it.
//
// The shell feeds Inputs and gets Steps. It commits `writes` atomically and only then
// performs `effects`, in order: persist, then speak. `wake_at` replaces any earlier
// deadline. Slow pure work (key stretching) is an effect answered by a later input.
#pragma once

#include "protocol/base/store.h"
#include "protocol/crypto/password.h"
#include "protocol/crypto/sign.h"
#include "protocol/step/answer.h"
#include "protocol/step/command.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncline::step {

// ---- Inputs: what the world tells the node ------------------------------------------------

struct LinkUp {
  Link link;
  std::string address;   // of the other end, "host:port"
  bool dialled = false;  // by us, in answer to Dial
  std::string local{};   // own end of what was dialled; empty: not known
  // Where this device takes connections at that end's kind of address; 0: nowhere.
  std::uint16_t door = 0;
};
struct LinkDown {
  Link link;
};
struct DialFailed {
  Link link;
  std::string reason;
};
struct Received {
  Link link;
  Bytes bytes;  // any piece of the stream; valid during the call only
};
// The socket took what Send gave it; `queued` bytes still wait in the shell.
struct Drained {
  Link link;
  std::size_t queued = 0;
};
struct Request {
  RequestId id;
  Command command;
};
struct RequestGone {  // the caller hung up: forget what it waits for
  RequestId id;
};
struct CallerGone {  // a connection of a local program ended
  CallerId caller;
};
struct Stretched {
  std::uint64_t ticket = 0;
  Result<crypto::MasterKey> key;
};
struct ListenAddresses {  // where other devices can reach this one, for invitations
  std::vector<std::string> addresses;
};
// Somebody announces this on a local network: a stranger's word, all of it.
struct LanSighted {
  std::string instance;
  std::string address;  // "host:port"
  std::vector<std::string> txt;
};
struct LanGone {  // that instance is on no network any more
  std::string instance;
};
struct LanState {  // whether announcements can be made and heard, in a sentence for people
  bool works = false;
  std::string sentence;
};
// A mutable item of a DHT (BEP 44), without salt. From there it is a stranger's word.
struct DhtItem {
  crypto::VerifyKey key;
  std::int64_t seq = 0;
  Buffer value;
  crypto::Signature signature;
};
// Whether the router of this network passes connections on.
struct RouterState {
  std::optional<std::string> address;  // "host:port", as it is dialled from outside
  std::string sentence{};              // for people
};
// Whether there is a DHT to ask; until the first one there is none.
struct DhtState {
  bool available = false;
  bool works = false;  // nodes answered when it was asked last
  std::size_t nodes = 0;
  std::string sentence{};  // for people
};
// In answer to DhtPut.
struct DhtStored {
  crypto::VerifyKey key;
  std::int64_t seq = 0;
  std::size_t copies = 0;  // so many nodes keep it
};
// In answer to DhtGet: newer and newer items, and in the end one that is the last, perhaps without.
struct DhtFound {
  crypto::VerifyKey key;
  std::optional<DhtItem> item;
  bool is_last = false;
};
struct StoreFailed {};    // a commit failed: everything since the last one did not happen
struct StoreReopened {};  // the store takes writes again
struct GroupDropped {};   // a Step was refused: everything since the last commit did not happen
struct Tick {};           // the deadline passed

using Input =
    std::variant<LinkUp, LinkDown, DialFailed, Received, Drained, Request, RequestGone, CallerGone,
                 Stretched, ListenAddresses, LanSighted, LanGone, LanState, RouterState, DhtState,
                 DhtStored, DhtFound, StoreFailed, StoreReopened, GroupDropped, Tick>;

// ---- Effects: what the node asks of the world ----------------------------------------------

// From which port of this computer.
enum class DialFrom : std::uint8_t {
  any_port,
  door_or_any,  // where connections are taken, so that a router keeps one outer port for both
  door,         // or not at all
};
struct Dial {
  Link link;  // named by the node with the top bit set; answered by LinkUp or DialFailed
  std::string address;
  DialFrom from = DialFrom::any_port;
  // How far the first packet goes: through the own router and not to the other's. 0: as usual.
  std::uint8_t first_ttl = 0;
};
struct Send {
  Link link;
  Buffer bytes;
};
struct Hangup {
  Link link;
  std::string reason;  // for the log; nothing is told to the other side
};
// The other end proved that it belongs to the vault (or to an invitation): no longer a stranger.
struct Authenticated {
  Link link;
};
struct Reply {
  RequestId id;
  Result<Answer> answer;
};
struct StretchPassword {
  std::uint64_t ticket = 0;
  SecretText password;
  crypto::Salt salt;
  crypto::ArgonParams params;
};
// After the commit: write the anchor file with these own heads.
struct AnchorHead {
  LogId log;
  std::uint64_t seq = 0;
  Digest head;
};
struct WriteAnchor {
  std::vector<AnchorHead> heads;
};
// The device's transport identity changed (init, join): store it outside the store, 0600.
struct SaveIdentity {
  Buffer bytes;  // wiped by whoever wrote it
};
// What to do on the local networks from now on, instead of what was asked before.
struct LanPresence {
  struct Announcement {
    std::string instance;          // also of the host in the record
    std::vector<std::string> txt;  // "key=value"
  };
  bool search = false;
  std::optional<Announcement> announcement;
};
struct DhtPut {
  DhtItem item;
};
struct DhtGet {
  crypto::VerifyKey key;
};
// Which connections may be made and taken from now on; until the first one all of them.
struct NetworkReach {
  NetworkMode mode = NetworkMode::anywhere;
};
enum class NoteLevel : std::uint8_t { debug, normal, warning, error };
struct Note {
  NoteLevel level = NoteLevel::normal;
  std::string part;  // "sync", "pair", "vault", ...
  std::string text;  // one sentence, no secret, no content
};

using Effect = std::variant<Dial, Send, Hangup, Authenticated, Reply, StretchPassword, WriteAnchor,
                            SaveIdentity, LanPresence, DhtPut, DhtGet, NetworkReach, Note>;

struct Step {
  std::vector<Write> writes;
  Durability durability = Durability::buffered;  // of the whole group: the strictest asked for wins
  std::vector<Effect> effects;
  std::optional<Instant> wake_at;
  // Of settle() only: what this group answered is not true after all. The shell drops the group,
  // tells its callers this, and gives GroupDropped before any other input.
  std::optional<Error> refused;
};

// One alternative, one lambda: `std::visit(Overloaded{...}, input)`.
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace syncline::step
