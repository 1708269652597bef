// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/staged_store.h"

#include <iterator>

namespace syncline {

void StagedStore::add(std::vector<Write> writes) {
  for (Write& write : writes) {
    size_bytes_ += write.key.size() + (write.value ? write.value->size() : 0);
    staged_[static_cast<std::size_t>(write.family)].insert_or_assign(std::move(write.key),
                                                                     std::move(write.value));
  }
}

bool StagedStore::empty() const {
  for (const Staged& staged : staged_)
    if (!staged.empty()) return false;
  return true;
}

void StagedStore::discard() {
  for (Staged& staged : staged_) staged.clear();
  size_bytes_ = 0;
}

Status StagedStore::commit(Durability durability) {
  std::vector<Write> writes;
  for (std::size_t i = 0; i < family_count; ++i) {
    while (!staged_[i].empty()) {
      auto node = staged_[i].extract(staged_[i].begin());
      writes.push_back({static_cast<Family>(i), std::move(node.key()), std::move(node.mapped())});
    }
  }
  size_bytes_ = 0;
  if (writes.empty()) return {};
  return store_.commit(writes, durability);
}

Result<std::optional<Buffer>> StagedStore::get(Family family, Bytes key) const {
  const Staged& staged = of(family);
  if (const auto found = staged.find(key); found != staged.end()) return found->second;
  return store_.get(family, key);
}

// A merge of two ordered sequences; where both have a key, the staged one wins.
Status StagedStore::scan(Family family, Bytes from, Bytes to, const Visitor& visit) const {
  const Staged& staged = of(family);
  auto next = staged.lower_bound(from);
  const auto before_end = [&] {
    return next != staged.end() && (to.empty() || less(next->first, to));
  };
  bool wanted = true;
  const auto visit_staged = [&] {
    if (next->second) wanted = visit(next->first, *next->second);
    ++next;
  };
  const Status scanned = store_.scan(family, from, to, [&](Bytes key, Bytes value) {
    while (wanted && before_end() && less(next->first, key)) visit_staged();
    if (!wanted) return false;
    if (before_end() && equal(next->first, key)) {
      visit_staged();
      return wanted;
    }
    wanted = visit(key, value);
    return wanted;
  });
  if (!scanned) return scanned;
  while (wanted && before_end()) visit_staged();
  return {};
}

Result<std::optional<StoreReader::Entry>> StagedStore::find_last(Family family, Bytes floor,
                                                                 Bytes at) const {
  const Staged& staged = of(family);
  Buffer upper = to_buffer(at);
  for (;;) {
    auto stored = store_.find_last(family, floor, upper);
    if (!stored) return stored;
    auto above = staged.upper_bound(upper);
    // The greatest staged key <= upper, removals included: a removal hides the stored key.
    const bool has_staged = above != staged.begin() && !less(std::prev(above)->first, floor);
    const bool has_stored = stored->has_value();
    if (!has_staged) return stored;
    const auto& [key, value] = *std::prev(above);
    if (has_stored && less(key, (*stored)->key)) return stored;
    if (value) return std::optional<Entry>(Entry{key, *value});
    if (key.empty()) return std::optional<Entry>();
    // Removed: look again strictly below this key.
    upper = key;
    if (upper.back() == 0) {
      upper.pop_back();
    } else {
      --upper.back();
      upper.insert(upper.end(), 64, 0xff);  // keys are shorter than this, Spec section 9
    }
    if (less(upper, floor)) return std::optional<Entry>();
  }
}

}  // namespace syncline
