// SPDX-License-Identifier: Apache-2.0
//
// Node: the agent without the world. It routes inputs to the parts that answer them.
//
// Use: handle() for every input, settle() once after the last input of a group; commit the
// writes of all these steps together; then perform their effects in order. Only settle()
// gives a deadline, and it replaces the earlier one. No policy lives here: vault_door,
// pairing, links, library and sync/ decide.
#pragma once

#include "protocol/node/dht_finding.h"
#include "protocol/node/finding.h"
#include "protocol/node/links.h"
#include "protocol/node/rebuild.h"
#include "protocol/node/status.h"
#include "protocol/node/vault_door.h"
#include "protocol/node/waits.h"

namespace syncline::node {

class Node {
 public:
  struct Setup {
    StagedStore& store;                    // must outlive the node
    Random& random;                        // too
    std::optional<Buffer> identity;        // what SaveIdentity gave to keep; wiped
    std::vector<step::AnchorHead> anchor;  // what WriteAnchor gave to keep
    bool salvaged = false;  // the store was recovered from damage: it may lack events
    NodeOptions options;
  };
  // Errors: Errc::corrupt, Errc::io; Errc::not_found if store and identity do not belong together.
  static Result<std::unique_ptr<Node>> open(Setup setup, Now now);

  step::Step handle(step::Input input, Now now);
  step::Step settle(Now now);

  // For the shell's own report; everything else is asked by commands.
  bool is_unlocked() const { return house_.vault != nullptr; }

 private:
  Node(StagedStore& store, Random& random, NodeOptions options, std::uint64_t first_cursor)
      : house_{store, random, options, {}, {}, {}, {}, Changes(first_cursor), {}, {}} {}

  Status start(Turn& turn, Setup& setup);
  Status check_anchor(Turn& turn, const Setup& setup);
  void doubt(Turn& turn, const LogId& log);

  void route(Turn& turn, step::Input& input);
  void route(Turn& turn, step::Request& request);
  void store_failed(Turn& turn);
  void doubt_again(Turn& turn);
  void take_back(Turn& turn, const std::string& reason);
  void read_again(Turn& turn);
  void read_on(Turn& turn);
  const StoreReader& reader() const;
  void answer(Turn& turn, RequestId request, step::SystemStatus& command);
  void answer(Turn& turn, RequestId request, step::SystemRebuild& command);
  void answer(Turn& turn, RequestId request, step::SyncStatus& command);
  void answer(Turn& turn, RequestId request, step::VaultInit& command);
  void answer(Turn& turn, RequestId request, step::VaultUnlock& command);
  void answer(Turn& turn, RequestId request, step::VaultLock& command);
  void answer(Turn& turn, RequestId request, step::VaultPasswd& command);
  void answer(Turn& turn, RequestId request, step::DeviceList& command);
  void answer(Turn& turn, RequestId request, step::SpaceList& command);
  void answer(Turn& turn, RequestId request, step::LogList& command);
  void answer(Turn& turn, RequestId request, step::PairInvite& command);
  void answer(Turn& turn, RequestId request, step::PairJoin& command);
  void answer(Turn& turn, RequestId request, step::PairStatus& command);
  void answer(Turn& turn, RequestId request, step::PairConfirm& command);
  void answer(Turn& turn, RequestId request, step::PairCancel& command);
  void answer(Turn& turn, RequestId request, step::EntityCreate& command);
  void answer(Turn& turn, RequestId request, step::EntityUpdate& command);
  void answer(Turn& turn, RequestId request, step::EntityDelete& command);
  void answer(Turn& turn, RequestId request, step::ConflictResolve& command);
  void answer(Turn& turn, RequestId request, step::TypeDeclare& command);
  void answer(Turn& turn, RequestId request, step::TypeList& command);
  void answer(Turn& turn, RequestId request, step::EntityGet& command);
  void answer(Turn& turn, RequestId request, step::EntityList& command);
  void answer(Turn& turn, RequestId request, step::EntityHistory& command);
  void answer(Turn& turn, RequestId request, step::EntityDiff& command);
  void answer(Turn& turn, RequestId request, step::EntityRestore& command);
  void answer(Turn& turn, RequestId request, step::EntityUndo& command);
  void answer(Turn& turn, RequestId request, step::TextCursor& command);
  void answer(Turn& turn, RequestId request, step::TextResolve& command);
  void answer(Turn& turn, RequestId request, step::TextType& command);
  void answer(Turn& turn, RequestId request, step::TextFlush& command);
  void answer(Turn& turn, RequestId request, step::TextBlame& command);
  void answer(Turn& turn, RequestId request, step::VersionName& command);
  void answer(Turn& turn, RequestId request, step::VersionList& command);
  void answer(Turn& turn, RequestId request, step::VersionRemove& command);
  void answer(Turn& turn, RequestId request, step::ConflictList& command);
  void answer(Turn& turn, RequestId request, step::SyncNow& command);
  void answer(Turn& turn, RequestId request, step::SyncPause& command);
  void answer(Turn& turn, RequestId request, step::SyncResume& command);
  void answer(Turn& turn, RequestId request, step::SyncConnect& command);
  void answer(Turn& turn, RequestId request, step::SubOpen& command);
  void answer(Turn& turn, RequestId request, step::SubClose& command);
  void answer(Turn& turn, RequestId request, step::SubAck& command);
  void answer(Turn& turn, RequestId request, step::EventsPoll& command);
  void answer(Turn& turn, RequestId request, step::PresenceSet& command);
  void answer(Turn& turn, RequestId request, step::PresenceClear& command);
  void answer(Turn& turn, RequestId request, step::PresenceList& command);
  void answer(Turn& turn, RequestId request, step::NetStatus& command);
  void answer(Turn& turn, RequestId request, step::NetMode& command);
  void answer(Turn& turn, RequestId request, step::NetRelay& command);
  // With the vault; with it and all that was typed so far in the documents; and to write.
  template <class Run>
  void with_open_vault(Turn& turn, RequestId request, Run run);
  template <class Run>
  void with_vault(Turn& turn, RequestId request, Run run);
  template <class Run>
  void write(Turn& turn, RequestId request, step::Wait wait, Run run);
  struct Change {
    CallerId caller;
    EntityId entity;
    step::Wait wait = step::Wait::local;
  };
  template <class Run>
  void write_entity(Turn& turn, RequestId request, const Change& change, Run run);

  step::NetAnswer net_status(Now now) const;
  void dial_now(Turn& turn);
  void flush_typing(Turn& turn);
  void write_typing(Turn& turn, const std::function<Status(Library::Desk&)>& run);
  void settle_vault(Turn& turn);
  void merge_slice_of(Turn& turn);
  void mend_view(Turn& turn);
  void take_news(Turn& turn);
  void report_changes(Turn& turn);
  void save_view(Turn& turn);
  std::optional<Instant> deadline(const Turn& turn) const;
  step::Step finish(Turn& turn, std::optional<Instant> wake_at);

  House house_;
  VaultDoor door_;
  Pairing pairing_;
  Links links_;
  Finding finding_;
  DhtFinding dht_finding_;
  Waits waits_;
  Rebuild rebuild_;
  sync::Pauses pauses_;
  bool merge_more_ = false;
  bool own_unsynced_ = false;  // own events were committed and may not have reached the disk
  std::optional<Instant> view_due_;
  bool view_mended_ = false;
  std::set<LogId> doubted_;  // since this node was opened
  // What would be written if the store took writes: reads see it, nobody commits it.
  std::unique_ptr<log::Draft> scratch_;
  std::vector<step::AnchorHead> anchor_;  // newest own heads, by log
};

}  // namespace syncline::node
