// SPDX-License-Identifier: Apache-2.0
//
// tree    = a:varint a*author marks n:varint n*node m:varint m*move     marks: of the root
// author  = log:varint id:16                                  ascending by log
// marks   = k:varint k*(author seq op)        ascending by author; one more than the last op that
// was
//           seen and is still the newest use of a node by its author
// node    = id:text flags:u8 u:varint u*use [marks] [r:varint r*removal] [map]       ascending by
// id
//           flag 1: marks, 2: removals, 4: a map
// use     = author seq op lamport wall:zigzag first_move
// removal = log seq op wall:zigzag                            ascending
// move    = author seq op lamport wall:zigzag flags:u8 node parent:varint position:bytes
//           in the order in which they are done; flag 1: no later move had seen it; node and parent
//           by their number among the nodes, a parent plus 1 and 0 for the root
// Varints where not said. lamport and wall count back from the newest event, as in snapshot.cpp.
#include "protocol/crdt/snapshot.h"
#include "protocol/crdt/tree_position.h"

#include <map>
#include <tuple>

namespace syncline::crdt {
namespace {

constexpr std::uint8_t with_marks = 1, lost_edits = 2, with_content = 4;

class TreeWriter {
 public:
  TreeWriter(const SnapshotWriter& to, const TreeContainer::State& tree) : to_(to), tree_(tree) {}

  void write() {
    for (std::uint32_t i = 0; i < tree_.authors.size(); ++i) order_.push_back(i);
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      return to_.names.of(tree_.authors[a].log) < to_.names.of(tree_.authors[b].log);
    });
    places_.resize(order_.size());
    for (std::uint32_t i = 0; i < order_.size(); ++i) places_[order_[i]] = i;
    to_.out.varint(order_.size());
    for (const std::uint32_t i : order_)
      to_.out.varint(to_.names.of(tree_.authors[i].log)).id(tree_.authors[i].id);
    collect_uses();
    marks(needed(tree_.root.removed));
    to_.out.varint(tree_.nodes.size());
    for (const auto& [id, node] : tree_.nodes) {
      numbers_.emplace(&node, numbers_.size());
      this->node(node);
    }
    to_.out.varint(tree_.done.size());
    for (const auto& move : tree_.done) this->move(*move);
  }

 private:
  // Whatever else a mark saw makes no difference: it depends on the order of arrival.
  void collect_uses() {
    if (tree_.covers == 0) return;
    uses_.resize(tree_.authors.size());
    for (const auto& [id, node] : tree_.nodes)
      for (const TreeUse& use : node.uses) uses_[use.author].emplace_back(use.seq, use.op);
    for (const auto& move : tree_.done) uses_[move->author].emplace_back(move->seq, move->op);
    for (auto& uses : uses_) std::sort(uses.begin(), uses.end());
  }

  TreeMarks needed(const TreeMarks& marks) const {
    TreeMarks needed;
    for (const TreeMark& mark : marks) {
      const auto& uses = uses_[mark.author];
      const auto above = std::lower_bound(uses.begin(), uses.end(), std::pair(mark.seq, mark.op));
      if (above == uses.begin()) continue;
      const auto& [seq, op] = *(above - 1);
      needed.push_back({places_[mark.author], op + 1, seq});
    }
    std::sort(needed.begin(), needed.end(),
              [](const TreeMark& a, const TreeMark& b) { return a.author < b.author; });
    return needed;
  }

  void marks(const TreeMarks& needed) {
    to_.out.varint(needed.size());
    for (const TreeMark& mark : needed)
      to_.out.varint(mark.author).varint(mark.seq).varint(mark.op);
  }

  void node(const TreeNode& node) {
    const bool content = node.content && !node.content->pristine();
    const TreeMarks gone = needed(node.removed);
    to_.out.text(*node.id).u8(static_cast<std::uint8_t>((gone.empty() ? 0 : with_marks) |
                                                        (node.removals.empty() ? 0 : lost_edits) |
                                                        (content ? with_content : 0)));
    std::vector<const TreeUse*> uses;
    for (const TreeUse& use : node.uses) uses.push_back(&use);
    std::sort(uses.begin(), uses.end(), [this](const TreeUse* a, const TreeUse* b) {
      return places_[a->author] < places_[b->author];
    });
    to_.out.varint(uses.size());
    for (const TreeUse* use : uses) {
      event(*use);
      to_.out.varint(use->first_move);
    }
    if (!gone.empty()) marks(gone);
    if (!node.removals.empty()) removals(node.removals);
    if (content) to_.container(*node.content);
  }

  void removals(const std::vector<TreeRemoval>& removals) {
    std::vector<TreeRemoval> sorted = removals;
    for (TreeRemoval& removal : sorted) removal.event.log = to_.names.of(removal.event.log);
    std::sort(sorted.begin(), sorted.end(),
              [](const TreeRemoval& a, const TreeRemoval& b) { return a.event < b.event; });
    to_.out.varint(sorted.size());
    for (const TreeRemoval& removal : sorted) {
      to_.out.varint(removal.event.log).varint(removal.event.seq).varint(removal.op);
      to_.wall(removal.wall);
    }
  }

  void move(const TreeShift& move) {
    event(move);
    to_.out.u8(move.newest ? 1 : 0).varint(numbers_.at(move.node));
    to_.out.varint(move.parent->is_root() ? 0 : numbers_.at(move.parent) + 1);
    to_.out.text(move.position);
  }

  template <class Made>
  void event(const Made& made) {
    to_.out.varint(places_[made.author]).varint(made.seq).varint(made.op);
    to_.out.varint(to_.base.lamport - made.lamport);
    to_.wall(made.wall);
  }

  const SnapshotWriter& to_;
  const TreeContainer::State& tree_;
  std::vector<std::uint32_t> order_, places_;
  std::map<const TreeNode*, std::size_t> numbers_;
  std::vector<std::vector<std::pair<std::uint64_t, std::uint32_t>>> uses_;  // by author, ascending
};

class TreeReader {
 public:
  TreeReader(SnapshotReader& from, TreeContainer::State& tree) : from_(from), tree_(tree) {}

  void read() {
    const std::uint64_t authors = from_.in.varint(limits::logs_per_space_max);
    for (std::uint64_t i = 0; i < authors && from_.in.ok(); ++i) author();
    marks(tree_.root.removed);
    const std::uint64_t nodes = from_.in.varint();
    for (std::uint64_t i = 0; i < nodes && from_.in.ok(); ++i) node();
    const std::uint64_t moves = from_.in.varint();
    for (std::uint64_t i = 0; i < moves && from_.in.ok(); ++i) move();
    for (const TreeNode* node : numbered_)
      if (node->newest.empty()) from_.corrupt();
  }

 private:
  void author() {
    TreeAuthor author;
    author.log = static_cast<LogIndex>(from_.in.varint(UINT32_MAX));
    author.id = from_.in.id<LogId>();
    if (!tree_.authors.empty() && tree_.authors.back().log >= author.log) return from_.corrupt();
    tree_.authors.push_back(author);
  }

  std::uint32_t author_index() {
    const std::uint64_t index = from_.in.varint(UINT32_MAX);
    if (index >= tree_.authors.size()) from_.corrupt();
    return static_cast<std::uint32_t>(index);
  }
  std::uint64_t seq_of(std::uint32_t author) {
    const std::uint64_t seq = from_.in.varint();
    if (!from_.in.ok()) return 0;
    if (seq == 0 || !from_.frontier.covers(tree_.authors[author].log, seq)) from_.corrupt();
    return seq;
  }

  template <class Made>
  void event(Made& made) {
    made.author = author_index();
    made.seq = seq_of(made.author);
    made.op = static_cast<std::uint32_t>(from_.in.varint(limits::ops_per_event_max));
    made.lamport = from_.base.lamport - from_.in.varint(from_.base.lamport);
    made.wall = from_.wall();
  }

  void marks(TreeMarks& marks) {
    const std::uint64_t count = from_.in.varint();
    for (std::uint64_t i = 0; i < count && from_.in.ok(); ++i) {
      TreeMark mark;
      mark.author = author_index();
      mark.seq = seq_of(mark.author);
      mark.op = static_cast<std::uint32_t>(from_.in.varint(limits::ops_per_event_max + 1));
      if (!marks.empty() && marks.back().author >= mark.author) from_.corrupt();
      marks.push_back(mark);
    }
  }

  void node() {
    std::string id = from_.in.text(limits::tree_node_id_size_max);
    if (id.empty() || (!tree_.nodes.empty() && id <= tree_.nodes.rbegin()->first))
      return from_.corrupt();
    const auto made = tree_.nodes.try_emplace(tree_.nodes.end(), std::move(id));
    TreeNode& node = made->second;
    node.id = &made->first;
    numbered_.push_back(&node);
    const std::uint8_t flags = from_.in.u8();
    if (flags >= 2 * with_content) return from_.corrupt();
    const std::uint64_t uses = from_.in.varint(tree_.authors.size());
    for (std::uint64_t i = 0; i < uses && from_.in.ok(); ++i) {
      TreeUse use;
      event(use);
      use.first_move = from_.in.varint(use.seq);
      if (!node.uses.empty() && node.uses.back().author >= use.author) from_.corrupt();
      node.uses.push_back(use);
    }
    if (flags & with_marks) marks(node.removed);
    if (flags & lost_edits) removals(node.removals);
    if (node.uses.empty() || ((flags & with_marks) && node.removed.empty())) from_.corrupt();
    if (!(flags & with_content) || !from_.in.ok()) return;
    node.content = std::make_unique<Container>(Kind::map);
    if (++from_.depth > limits::container_depth_max + 1) return from_.corrupt();
    from_.container(*node.content);
    --from_.depth;
    if (node.content->pristine()) from_.corrupt();
  }

  void removals(std::vector<TreeRemoval>& removals) {
    const std::uint64_t count = from_.in.varint();
    for (std::uint64_t i = 0; i < count && from_.in.ok(); ++i) {
      TreeRemoval removal;
      removal.event = from_.event();
      removal.op = static_cast<std::uint32_t>(from_.in.varint(limits::ops_per_event_max));
      removal.wall = from_.wall();
      if (!removals.empty() && !(removals.back().event < removal.event)) from_.corrupt();
      removals.push_back(removal);
    }
    if (removals.empty()) from_.corrupt();
  }

  TreeNode* numbered(std::uint64_t number) {
    if (number < numbered_.size()) return numbered_[static_cast<std::size_t>(number)];
    from_.corrupt();
    return nullptr;
  }

  void move() {
    auto move = std::make_unique<TreeShift>();
    event(*move);
    const std::uint8_t flags = from_.in.u8();
    move->newest = flags == 1;
    move->node = numbered(from_.in.varint());
    const std::uint64_t parent = from_.in.varint();
    move->parent = parent == 0 ? &tree_.root : numbered(parent - 1);
    move->position = to_text(from_.in.bytes(limits::tree_position_size_max));
    if (flags > 1 || !is_tree_position(move->position)) from_.corrupt();
    if (!from_.in.ok()) return;
    move->log = tree_.authors[move->author].id;
    const auto rank = [](const TreeShift& each) {
      return std::tie(each.lamport, each.log, each.op);
    };
    if (!tree_.waiting.empty() && !(rank(*tree_.waiting.back()) < rank(*move)))
      return from_.corrupt();
    if (move->newest) move->node->newest.insert(move->node->newest.begin(), move.get());
    tree_.waiting.push_back(std::move(move));
  }

  SnapshotReader& from_;
  TreeContainer::State& tree_;
  std::vector<TreeNode*> numbered_;
};

}  // namespace

void SnapshotWriter::tree(const TreeContainer& tree) const {
  tree.root();  // does what waits
  TreeWriter(*this, tree.state()).write();
}

void SnapshotReader::tree(TreeContainer& tree) {
  TreeReader(*this, tree.state()).read();
  if (in.ok()) tree.restored();
}

}  // namespace syncline::crdt
