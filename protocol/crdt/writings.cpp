// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/writings.h"

#include "protocol/crdt/apply.h"

#include <algorithm>

namespace syncline::crdt {

bool WrittenPlaces::has_element(const Path& set, const Scalar& element) const {
  const auto found = elements.find(set);
  return found != elements.end() &&
         std::find(found->second.begin(), found->second.end(), element) != found->second.end();
}

bool WrittenPlaces::has_any(const Path& path) const {
  const auto begins = [&path](const Path& other) {
    return other.size() >= path.size() && std::equal(path.begin(), path.end(), other.begin());
  };
  // What begins with it follows it.
  const auto value = values.lower_bound(path), move = moved.lower_bound(path);
  const auto set = elements.lower_bound(path);
  return (value != values.end() && begins(*value)) || (move != moved.end() && begins(*move)) ||
         (set != elements.end() && begins(set->first));
}

void Writings::put(const Slot& slot, const ItemValue& value) {
  if (!watched_) return;
  // A container is made anew, a leaf that stands is only chosen.
  const bool stands = std::any_of(slot.entries.begin(), slot.entries.end(),
                                  [&](const Entry& entry) { return entry.value == value; });
  if (!stands || std::holds_alternative<Kind>(value)) values_.insert(&slot);
}

void Writings::take(const Slot& slot) {
  if (watched_ && slot.shown()) values_.insert(&slot);
}

void Writings::move(const Slot& item) {
  if (watched_) moved_.insert(&item);
}

void Writings::move(const TreeNode& node) {
  if (watched_) nodes_.insert(&node);
}

void Writings::change(const SetContainer& set, const Scalar& element) {
  if (watched_) elements_[&set].push_back(element);
}

const std::vector<Scalar>* Writings::elements_of(const SetContainer& set) const {
  const auto found = elements_.find(&set);
  return found == elements_.end() ? nullptr : &found->second;
}

namespace {

class PlaceFinder {
 public:
  explicit PlaceFinder(const Writings& writings) : writings_(writings) {}

  void visit(const Container& container) {
    if (container.kind() == Kind::map) {
      // Also what is not there any more.
      for (const auto& [key, slot] : container.map().slots) step(slot, key);
    } else if (container.kind() == Kind::list) {
      std::uint64_t index = 0;
      for_each_shown(container.list(), [&](const Item& item) { step(item.slot, index++); });
    } else if (container.kind() == Kind::set) {
      if (const auto* elements = writings_.elements_of(std::get<SetContainer>(container.node)))
        found_.elements[path_] = *elements;
    } else if (container.kind() == Kind::tree) {
      for (const auto& [id, node] : container.tree().state().nodes) step(node);
    }
  }
  WrittenPlaces take() { return std::move(found_); }

 private:
  void step(const Slot& slot, Step to) {
    path_.push_back(std::move(to));
    if (writings_.holds(slot)) found_.values.insert(path_);
    if (writings_.holds_move(slot)) found_.moved.insert(path_);
    const Kind* kind = slot.shown() ? std::get_if<Kind>(&slot.entries.front().value) : nullptr;
    const Container* child = kind ? slot.child(*kind) : nullptr;
    if (child != nullptr) visit(*child);
    path_.pop_back();
  }
  void step(const TreeNode& node) {
    path_.push_back(NodeStep{*node.id});
    if (writings_.holds_move(node)) found_.moved.insert(path_);
    if (node.content) visit(*node.content);
    path_.pop_back();
  }

  const Writings& writings_;
  Path path_;
  WrittenPlaces found_;
};

}  // namespace

WrittenPlaces Document::places_of(const Writings& writings) const {
  if (writings.empty()) return {};
  PlaceFinder finder(writings);
  finder.visit(state_->root);
  return finder.take();
}

}  // namespace syncline::crdt
