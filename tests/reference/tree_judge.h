// SPDX-License-Identifier: Apache-2.0
//
// TreeJudge: what a movable tree must be, from all that was done to it.
//
// Moves are done one after the other from an empty tree, every time somebody asks; whether a
// node is there is worked out from its uses and from the removals of it and of what is above.
#pragma once

#include "protocol/base/ids.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace syncline::reference {

struct OpRef {
  std::size_t event = 0;
  std::size_t op = 0;
};

class TreeJudge {
 public:
  // What comes of moves that did not know of each other: the highest wins.
  using Rank = std::tuple<std::uint64_t, LogId, std::size_t>;
  // Did the first know of the second when it was made?
  using Saw = std::function<bool(const OpRef&, const OpRef&)>;
  using RankOf = std::function<Rank(const OpRef&)>;

  TreeJudge(Saw saw, RankOf rank) : saw_(std::move(saw)), rank_(std::move(rank)) {}

  struct Move {
    OpRef by;
    std::string node, parent, position;
  };

  bool knows(const OpRef& at, const std::string& node) const;
  void move(const Move& move);
  void use(const OpRef& by, const std::string& node);
  // The empty node is everything.
  void remove(const OpRef& by, const std::string& node);
  // It is made anew: what it was goes, and nobody is to be told.
  void renew(const OpRef& by, const std::string& node);

  // Works out everything below; to be called again when something was added.
  void decide();
  const std::vector<std::string>& shown() const { return shown_; }  // parents first, in order
  const std::string& parent_of(const std::string& node) const { return at_.at(node)->parent; }
  // The use that stands for it; nothing if nobody's removal is open.
  std::optional<OpRef> contested(const std::string& node) const;
  struct Wish {
    OpRef by;
    std::string parent;
    std::optional<std::size_t> index;  // nothing: the parent is not shown
  };
  // Where it is, then where others wanted it, without repetition.
  std::vector<Wish> wishes(const std::string& node) const;

 private:
  struct Use {
    OpRef by;
    std::string node;
    bool told = true;
  };
  bool is_under(std::string node, const std::string& above) const;
  // The removals that take the node away as far as they saw it: its own, and those of its parent
  // if some of these saw that it is there.
  std::vector<OpRef> removers(const std::string& node) const;
  bool is_used(const std::string& node) const;
  bool is_shown(const std::string& node) const;
  std::vector<std::string> children(const std::string& parent) const;
  void walk(const std::string& parent);
  std::tuple<std::string, LogId, std::string> key(const Move& move) const {
    return {move.position, std::get<1>(rank_(move.by)), move.node};
  }
  Wish wish(const Move& move) const;

  Saw saw_;
  RankOf rank_;
  std::vector<Move> moves_;
  std::vector<Use> uses_, removals_;
  std::map<std::string, const Move*> at_;  // the move that places each node
  std::vector<std::string> shown_;
};

}  // namespace syncline::reference
