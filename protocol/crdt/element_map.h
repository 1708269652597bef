// SPDX-License-Identifier: Apache-2.0
//
// ElementMap: something that is known of single elements of a sequence.
//
// Kept in pages of neighbours, since an author's elements are mostly looked up near each other and
// a tree of all of them would be most of the memory. Not the owner of what it points to.
#pragma once

#include "protocol/crdt/element_id.h"

#include <array>
#include <map>
#include <memory>

namespace syncline::crdt {

template <class Value>
class ElementMap {
 public:
  bool empty() const { return pages_.empty(); }

  // Nothing is known of most.
  Value* find(const ElementId& element) const {
    const auto page = pages_.find(page_of(element));
    return page == pages_.end() ? nullptr : (*page->second)[slot_of(element)];
  }
  void set(const ElementId& element, Value* value) {
    auto& page = pages_[page_of(element)];
    if (!page) page = std::make_unique<Page>();
    (*page)[slot_of(element)] = value;
  }

 private:
  static constexpr std::uint64_t page_size = 64;
  using Page = std::array<Value*, page_size>;

  // An author's pages go by its first element of each.
  static ElementId page_of(const ElementId& element) {
    return {element.author, element.n - element.n % page_size};
  }
  static std::size_t slot_of(const ElementId& element) {
    return static_cast<std::size_t>(element.n % page_size);
  }

  std::map<ElementId, std::unique_ptr<Page>> pages_;
};

}  // namespace syncline::crdt
