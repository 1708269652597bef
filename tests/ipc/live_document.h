// SPDX-License-Identifier: Apache-2.0
//
// LiveDocument: a real document under a single author, to see what commands do to it.
//
// Text merges are left out: they are the core's work.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/step/command.h"

#include <map>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::ipc::testing {

class LiveDocument {
 public:
  // Every op has to make sense where it is applied.
  void apply(const std::vector<step::EditOp>& edits) {
    std::vector<crdt::Op> ops;
    for (const step::EditOp& edit : edits) ops.push_back(std::get<crdt::Op>(edit));
    const Status checked = crdt::check_ops(ops);
    REQUIRE_MESSAGE(checked.has_value(), (checked ? "" : checked.error().context));
    const crdt::VersionVector past = document_.frontier();
    const crdt::Applied applied = document_.apply(
        {.log = 0, .seq = ++seq_, .past = past, .wall = WallTime{}, .logs = logs_}, ops);
    CHECK(applied.void_ops == 0);
  }

  crdt::Value read() const { return document_.read(); }

  std::map<crdt::Path, crdt::Kind> kinds() const {
    std::map<crdt::Path, crdt::Kind> found;
    crdt::Path path;
    collect(document_.read(), path, found);
    return found;
  }

 private:
  void collect(const crdt::Value& value, crdt::Path& path,
               std::map<crdt::Path, crdt::Kind>& found) const {
    const auto kind = document_.kind_at(path);
    if (kind && *kind != crdt::Kind::map && *kind != crdt::Kind::list) found[path] = *kind;
    if (kind == crdt::Kind::list) {
      const auto& items = std::get<crdt::ValueList>(value.node);
      for (std::uint64_t i = 0; i < items.size(); ++i) {
        path.emplace_back(i);
        collect(items[i], path, found);
        path.pop_back();
      }
    } else if (kind == crdt::Kind::map) {
      for (const auto& [key, inner] : std::get<crdt::ValueMap>(value.node)) {
        path.emplace_back(key);
        collect(inner, path, found);
        path.pop_back();
      }
    }
  }

  crdt::Document document_;
  crdt::LogTable logs_ = {LogId{}};
  std::uint64_t seq_ = 0;
};

}  // namespace syncline::ipc::testing
