// SPDX-License-Identifier: Apache-2.0
//
// The history of a document's texts: whether it is here, taking it over, letting it go.
#include "protocol/crdt/apply.h"

namespace syncline::crdt {
namespace {

// Visits every text of a container; `visit` returns false to stop.
template <class Visit>
struct EachText {
  Visit& visit;

  bool operator()(MapContainer& map) const {
    for (auto& [key, slot] : map.slots)
      if (!in_slot(slot)) return false;
    return true;
  }
  bool operator()(ListContainer& list) const {
    bool going = true;
    list.for_each_run([&](const ListContainer::Run& run) {
      for (const auto& item : run.content.items) going = going && in_slot(item->slot);
    });
    return going;
  }
  bool operator()(TreeContainer& tree) const {
    for (auto& [id, node] : tree.state().nodes)
      if (node.content && !std::visit(*this, node.content->node)) return false;
    return true;
  }
  bool operator()(TextContainer& text) const { return visit(text); }
  template <class Other>
  bool operator()(Other&) const {
    return true;
  }

 private:
  bool in_slot(Slot& slot) const {
    for (const Child& child : slot.children)
      if (!std::visit(*this, child.container->node)) return false;
    return true;
  }
};

template <class Visit>
bool each_text(Container& root, Visit visit) {
  return std::visit(EachText<Visit>{visit}, root.node);
}

}  // namespace

bool Document::has_history() const { return !state_->lacks_history; }

void Document::look_for_history() {
  state_->lacks_history =
      !each_text(state_->root, [](TextContainer& text) { return text.has_history(); });
}

bool Document::wants_history(const VersionVector& past) const {
  return !past.covers(state_->frontier) && !has_history();
}

// Both trees are walked in one order, which is the same for the same events.
Status Document::adopt_history(Document&& replayed) {
  if (replayed.frontier() != frontier())
    return fail(Errc::corrupt, "a history that does not lead to its document");
  std::vector<TextContainer*> givers;
  each_text(replayed.state_->root, [&givers](TextContainer& text) {
    givers.push_back(&text);
    return true;
  });
  std::size_t next = 0;
  const bool taken = each_text(state_->root, [&](TextContainer& text) {
    return next < givers.size() && text.adopt_history(*givers[next++]);
  });
  if (!taken || next != givers.size())
    return fail(Errc::corrupt, "a history that does not lead to its document");
  state_->lacks_history = false;
  return {};
}

void Document::drop_history() {
  each_text(state_->root, [](TextContainer& text) {
    text.drop_history();
    return true;
  });
  look_for_history();
}

}  // namespace syncline::crdt
