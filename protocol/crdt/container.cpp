// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/container.h"

#include <algorithm>

namespace syncline::crdt {

void CounterContainer::add(const EventId& event, const Decimal& amount) {
  const auto author =
      std::lower_bound(authors.begin(), authors.end(), event.log,
                       [](const Author& row, LogIndex log) { return row.log < log; });
  const auto row = author != authors.end() && author->log == event.log
                       ? author
                       : authors.insert(author, Author{event.log, {}});
  row->increments.push_back({event.seq, amount});
  sum.add(amount);
}

Container::Container(Kind kind) {
  switch (kind) {
    case Kind::map: break;
    case Kind::list: node.emplace<ListContainer>(); break;
    case Kind::text: node.emplace<TextContainer>(); break;
    case Kind::counter: node.emplace<CounterContainer>(); break;
    case Kind::set: node.emplace<SetContainer>(); break;
    case Kind::tree: node.emplace<TreeContainer>(); break;
  }
}

namespace {

struct Clear {
  const Edit& edit;

  void operator()(MapContainer& map) const {
    for (auto slot = map.slots.begin(); slot != map.slots.end();) {
      slot->second.remove(edit, Because::removed_above);
      slot = slot->second.pristine() ? map.slots.erase(slot) : std::next(slot);
    }
  }
  // Items keep their inside: whoever used one without knowing of this finds it whole.
  void operator()(ListContainer& list) const {
    list.clear(edit, Because::removed_above);
    // Items that were gone already may still remember how they went.
    list.for_each_run([this](const ListContainer::Run& run) {
      for (const auto& item : run.content.items)
        if (!item->removals.empty()) item->remove(edit, Because::removed_above);
    });
  }
  void operator()(TextContainer& text) const { text.clear(edit); }
  void operator()(TreeContainer& tree) const { tree.clear(edit); }
  void operator()(CounterContainer& counter) const {
    for (auto& author : counter.authors) {
      const std::uint64_t known = edit.view.get(author.log);
      auto& increments = author.increments;
      const auto end = std::find_if(increments.begin(), increments.end(),
                                    [known](const auto& step) { return step.seq > known; });
      for (auto step = increments.begin(); step != end; ++step) counter.sum.subtract(step->amount);
      increments.erase(increments.begin(), end);
    }
    std::erase_if(counter.authors, [](const auto& author) { return author.increments.empty(); });
  }
  void operator()(SetContainer& set) const {
    for (auto element = set.tags.begin(); element != set.tags.end();) {
      std::vector<EventId> left;
      for (const EventId& tag : element->second.rows())
        if (!edit.view.covers(tag)) left.push_back(tag);
      element->second = VersionVector(std::move(left));
      element = element->second.empty() ? set.tags.erase(element) : std::next(element);
    }
  }
};

struct IsPristine {
  bool operator()(const MapContainer& map) const { return map.slots.empty(); }
  bool operator()(const ListContainer& list) const { return list.pristine(); }
  bool operator()(const TextContainer& text) const { return text.pristine(); }
  bool operator()(const CounterContainer& counter) const { return counter.authors.empty(); }
  bool operator()(const SetContainer& set) const { return set.tags.empty(); }
  bool operator()(const TreeContainer& tree) const { return tree.pristine(); }
};

}  // namespace

void Container::clear(const Edit& edit) { std::visit(Clear{edit}, node); }

bool Container::pristine() const { return std::visit(IsPristine{}, node); }

}  // namespace syncline::crdt
