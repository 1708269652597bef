// SPDX-License-Identifier: Apache-2.0
//
// Rehearsal: a document on which changes are tried before any of them is written.
//
// A document cannot take back an event, so what a caller asks for is done to a copy first. The
// ops that worked come out as one list; the first that does not ends it, and nothing happened.
#pragma once

#include "protocol/crdt/rules.h"

#include <optional>
#include <vector>

namespace syncline::crdt {

class Rehearsal {
 public:
  // Everything referred to must outlive it. `past` is everything applied to the document.
  struct Scene {
    const Document& document;
    const VersionVector& past;
    const LogTable& logs;
    WallTime now;
    const RuleSet* rules = nullptr;
  };
  explicit Rehearsal(const Scene& scene) : scene_(scene) {}

  // The document as it would be now.
  const Document& document() const { return copy_ ? *copy_ : scene_.document; }
  const RuleSet* rules() const { return scene_.rules; }
  std::optional<Shape> shape(const Path& path) const {
    return shape_under(scene_.rules, document(), path);
  }
  // Errors: Errc::invalid if an op makes no sense there; as check_ops, Document::decode.
  Status run(std::vector<Op> ops);
  const std::vector<Op>& ops() const { return ops_; }
  std::vector<Op> take() { return std::move(ops_); }

 private:
  Status copy();

  Scene scene_;
  std::optional<Document> copy_;
  std::vector<Op> ops_;
  std::uint64_t tried_ = 0;
};

}  // namespace syncline::crdt
