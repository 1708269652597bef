// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/crdt/history.h"

#include "protocol/base/check.h"
#include "protocol/crdt/text_container.h"
#include "protocol/history/segment.h"

#include <algorithm>
#include <sstream>

namespace syncline::crdt::test {

void Dice::fill(std::span<std::uint8_t> out) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) {
      state_ += 0x9e3779b97f4a7c15;
      word = (state_ ^ state_ >> 30) * 0xbf58476d1ce4e5b9;
      word = (word ^ word >> 27) * 0x94d049bb133111eb;
      word ^= word >> 31;
    }
    out[i] = static_cast<std::uint8_t>(word >> (i % 8 * 8));
  }
}

const std::vector<LogId>& log_ids() {
  static const std::vector<LogId> ids = [] {
    std::vector<LogId> made(log_count);
    for (std::size_t i = 0; i < log_count; ++i)
      made[i].bytes[0] = static_cast<std::uint8_t>((i + 2) % log_count * 16 + 1);
    return made;
  }();
  return ids;
}

Replica::Replica(std::size_t numbering) {
  std::vector<LogIndex> order = {0, 1, 2};
  for (std::size_t i = 0; i < numbering % 6; ++i) std::next_permutation(order.begin(), order.end());
  index_of_ = order;
  logs_.resize(log_count);
  for (std::size_t i = 0; i < log_count; ++i) logs_[index_of_[i]] = log_ids()[i];
}

Applied Replica::apply(const TestEvent& event) {
  VersionVector past;
  for (std::size_t i = 0; i < log_count; ++i) past.set(index_of_[i], event.past[i]);
  const WallTime wall{static_cast<std::int64_t>(1000 * event.seq + event.log)};
  if (event.seq > seen_[event.log]) {
    if (document.wants_history(past)) SYNCLINE_CHECK(recall_history());
    seen_[event.log] = event.seq;
    applied_.push_back(event);
  }
  return document.apply({index_of_[event.log], event.seq, past, wall, logs_}, event.ops);
}

bool Replica::recall_history() {
  history::SegmentWriter writer;
  std::vector<Buffer> segments;
  for (const TestEvent& event : applied_) {
    VersionVector past;
    for (std::size_t i = 0; i < log_count; ++i) past.set(index_of_[i], event.past[i]);
    writer.add({{index_of_[event.log], event.seq},
                past.sum() + 1,
                WallTime{static_cast<std::int64_t>(1000 * event.seq + event.log)},
                past,
                history::EventKind::edit,
                {},
                event.ops});
    if (writer.count() == 5) segments.push_back(writer.take());
  }
  segments.push_back(writer.take());
  Document replayed;
  for (const Buffer& segment : segments) {
    auto reader = history::SegmentReader::open(segment);
    if (!reader) return false;
    while (true) {
      const auto event = reader->next();
      if (!event) return false;
      if (*event == nullptr) break;
      replayed.apply({(*event)->id.log, (*event)->id.seq, (*event)->past, (*event)->wall, logs_},
                     (*event)->ops);
    }
  }
  const Status adopted = document.adopt_history(std::move(replayed));
  return adopted.has_value();
}

bool Replica::reload() {
  wire::Writer out;
  document.encode(out);
  wire::Reader in(out.view());
  auto again = Document::decode(in);
  if (!again) return false;
  document = std::move(*again);
  return true;
}

std::size_t Replica::log_of(LogIndex index) const {
  for (std::size_t i = 0; i < log_count; ++i)
    if (index_of_[i] == index) return i;
  return log_count;
}

const char* name_of(Flavour flavour) {
  static const char* const names[] = {"map", "list", "text",   "counter",
                                      "set", "tree", "nested", "items"};
  return names[static_cast<std::size_t>(flavour)];
}

History random_history(Dice& dice, Flavour flavour, std::size_t events) {
  std::vector<Replica> devices;
  for (std::size_t i = 0; i < log_count; ++i) devices.emplace_back(i);
  History history;
  while (history.size() < events) {
    const std::size_t self = dice.pick(log_count);
    Replica& device = devices[self];
    // Reads what some other device has, all of it or up to a point.
    if (dice.one_in(2)) {
      const std::size_t other = dice.pick(log_count);
      const auto known = devices[other].seen();
      const std::size_t stop = dice.one_in(3) ? dice.pick(history.size() + 1) : history.size();
      for (std::size_t i = 0; i < stop; ++i)
        if (history[i].seq <= known[history[i].log] && history[i].seq > device.seen(history[i].log))
          device.apply(history[i]);
    }
    TestEvent event;
    event.log = self;
    event.seq = device.seen(self) + 1;
    event.past = device.seen();
    const std::size_t parts = dice.one_in(3) ? 1 + dice.pick(3) : 1;
    Replica draft(self);
    for (const TestEvent& before : history)
      if (before.seq <= device.seen(before.log)) draft.apply(before);
    for (std::size_t i = 0; i < parts; ++i) {
      // Later ops of an event are made with the earlier ones in sight.
      for (Op& op : random_ops(dice, flavour, draft.document)) event.ops.push_back(std::move(op));
      if (parts == 1) break;
      draft = Replica(self);
      for (const TestEvent& before : history)
        if (before.seq <= device.seen(before.log)) draft.apply(before);
      draft.apply(event);
    }
    device.apply(event);
    history.push_back(std::move(event));
  }
  return history;
}

namespace {

bool ready(const TestEvent& event, const std::vector<std::uint64_t>& seen) {
  if (seen[event.log] + 1 != event.seq) return false;
  for (std::size_t i = 0; i < log_count; ++i)
    if (event.past[i] > seen[i]) return false;
  return true;
}

void extend(const History& history, std::vector<std::size_t>& order,
            std::vector<std::uint64_t>& seen,
            const std::function<void(const std::vector<std::size_t>&)>& visit) {
  if (order.size() == history.size()) return visit(order);
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (!ready(history[i], seen)) continue;
    order.push_back(i);
    ++seen[history[i].log];
    extend(history, order, seen, visit);
    --seen[history[i].log];
    order.pop_back();
  }
}

}  // namespace

std::vector<std::size_t> random_order(Dice& dice, const History& history) {
  std::vector<std::uint64_t> seen(log_count);
  std::vector<std::size_t> order;
  while (order.size() < history.size()) {
    std::vector<std::size_t> choices;
    for (std::size_t i = 0; i < history.size(); ++i)
      if (ready(history[i], seen)) choices.push_back(i);
    order.push_back(choices[dice.pick(choices.size())]);
    ++seen[history[order.back()].log];
  }
  return order;
}

void every_order(const History& history,
                 const std::function<void(const std::vector<std::size_t>&)>& visit) {
  std::vector<std::size_t> order;
  std::vector<std::uint64_t> seen(log_count);
  extend(history, order, seen, visit);
}

std::vector<reference::Event> for_oracle(const History& history) {
  std::vector<reference::Event> out;
  for (const TestEvent& event : history) {
    reference::Event made;
    made.log = log_ids()[event.log];
    made.seq = event.seq;
    for (std::size_t i = 0; i < log_count; ++i)
      if (event.past[i] > 0) made.past[log_ids()[i]] = event.past[i];
    made.ops = event.ops;
    out.push_back(std::move(made));
  }
  return out;
}

namespace {

std::vector<reference::CharacterMarks> marks_of(const Document& document, const Path& path) {
  const TextContainer* text = document.find_text(path);
  std::vector<reference::CharacterMarks> out(text ? text->length() : 0);
  if (!text) return out;
  for (const TextMarks::Span& span : text->marks().spans())
    for (std::uint64_t i = span.from; i < span.to; ++i)
      for (const TextMarks::Row* row : span.rows)
        out.at(static_cast<std::size_t>(i))[row->key].push_back(row->value);
  return out;
}

std::string describe_marks(const std::vector<reference::CharacterMarks>& text) {
  std::string out;
  for (const reference::CharacterMarks& character : text) {
    out += '[';
    for (const auto& [key, values] : character) {
      out += key;
      for (const Scalar& value : values) out += '=' + describe(Value{value});
      out += ' ';
    }
    out += ']';
  }
  return out;
}

}  // namespace

std::string difference(const Replica& replica, const reference::Verdict& verdict) {
  const Value value = replica.document.read();
  if (!(value == verdict.value))
    return "reads " + describe(value) + "\n  not " + describe(verdict.value);
  for (const reference::TextMarksVerdict& text : verdict.marks)
    if (marks_of(replica.document, text.path) != text.characters)
      return "has other marks: " + describe_marks(marks_of(replica.document, text.path)) +
             "\n  not " + describe_marks(text.characters);
  const auto conflicts = replica.document.conflicts();
  if (conflicts.size() != verdict.conflicts.size())
    return std::to_string(conflicts.size()) + " conflicts, not " +
           std::to_string(verdict.conflicts.size());
  for (std::size_t i = 0; i < conflicts.size(); ++i) {
    const Conflict& mine = conflicts[i];
    const reference::OracleConflict& theirs = verdict.conflicts[i];
    if (mine.path != theirs.path || mine.kind != theirs.kind ||
        mine.values.size() != theirs.values.size())
      return "conflict " + std::to_string(i) + " is another one";
    for (std::size_t v = 0; v < mine.values.size(); ++v) {
      const LogId author = replica.logs()[mine.values[v].log];
      if (!(mine.values[v].value == theirs.values[v]) ||
          std::pair(author, mine.values[v].seq) != theirs.authors[v])
        return "conflict " + std::to_string(i) + " has another value or author";
    }
  }
  return {};
}

namespace {

struct Describe {
  std::ostream& out;
  void operator()(const Scalar& scalar) const {
    if (const auto* text = std::get_if<std::string>(&scalar)) {
      out << '"' << *text << '"';
    } else if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
      out << *integer;
    } else if (const auto* number = std::get_if<double>(&scalar)) {
      out << *number;
    } else if (const auto* truth = std::get_if<bool>(&scalar)) {
      out << (*truth ? "true" : "false");
    } else {
      out << "null";
    }
  }
  void operator()(const ValueList& list) const {
    out << '[';
    for (const Value& value : list) {
      std::visit(*this, value.node);
      out << ' ';
    }
    out << ']';
  }
  void operator()(const ValueMap& map) const {
    out << '{';
    for (const auto& [key, value] : map) {
      out << key << ": ";
      std::visit(*this, value.node);
      out << ' ';
    }
    out << '}';
  }
};

void describe_item(std::ostream& out, const ItemValue& value) {
  if (const Kind* kind = std::get_if<Kind>(&value)) {
    out << "new " << crdt::name_of(*kind);
  } else {
    Describe{out}(std::get<Scalar>(value));
  }
}

struct DescribeAction {
  std::ostream& out;
  void operator()(const MapSet& a) const {
    out << "set " << a.key << " = ";
    describe_item(out, a.value);
  }
  void operator()(const MapRemove& a) const { out << "remove " << a.key; }
  void operator()(const MapKeep& a) const {
    out << "keep " << a.key << " as " << crdt::name_of(a.kind);
  }
  void operator()(const ListInsert& a) const {
    out << "insert at " << a.index << ":";
    for (const ItemValue& item : a.items) {
      out << ' ';
      describe_item(out, item);
    }
  }
  void operator()(const ListRemove& a) const { out << "remove " << a.index << " +" << a.count; }
  void operator()(const ListSet& a) const {
    out << "set item " << a.index << " = ";
    describe_item(out, a.value);
  }
  void operator()(const ListKeep& a) const {
    out << "keep item " << a.index << " as " << crdt::name_of(a.kind);
  }
  void operator()(const ListMove& a) const { out << "move item " << a.index << " to " << a.to; }
  void operator()(const TreeInsert& a) const {
    out << "insert node " << a.node << " below " << a.parent << " at "
        << to_hex(as_bytes(a.position));
  }
  void operator()(const TreeMove& a) const {
    out << "move node " << a.node << " below " << a.parent << " at "
        << to_hex(as_bytes(a.position));
  }
  void operator()(const TreeRemove& a) const { out << "remove node " << a.node; }
  void operator()(const TextInsert& a) const {
    out << "type at " << a.position << " \"" << a.text << '"';
  }
  void operator()(const TextRemove& a) const { out << "delete " << a.position << " +" << a.count; }
  void operator()(const TextEdit& a) const {
    out << "edit";
    for (const TextSplice& splice : a.splices)
      out << ' ' << splice.position << "-" << splice.removed << "+" << splice.inserted;
    out << " \"" << a.text << '"';
  }
  void operator()(const TextMark& a) const {
    out << "mark " << a.position << " +" << a.count << " grows " << int{a.grows} << ' ' << a.key
        << " = ";
    Describe{out}(a.value);
  }
  void operator()(const CounterAdd& a) const { out << "add " << a.amount << " e-" << int{a.scale}; }
  void operator()(const SetAdd& a) const {
    out << "add element ";
    Describe{out}(a.value);
  }
  void operator()(const SetRemove& a) const {
    out << "remove element ";
    Describe{out}(a.value);
  }
};

}  // namespace

std::string describe(const Value& value) {
  std::ostringstream out;
  std::visit(Describe{out}, value.node);
  return out.str();
}

std::string describe(const History& history) {
  std::ostringstream out;
  for (const TestEvent& event : history) {
    out << "log " << event.log << " seq " << event.seq << " past";
    for (const std::uint64_t seq : event.past) out << ' ' << seq;
    for (const Op& op : event.ops) {
      out << "\n    /";
      for (const Step& step : op.path) {
        if (const auto* key = std::get_if<std::string>(&step)) {
          out << *key << '/';
        } else if (const auto* node = std::get_if<NodeStep>(&step)) {
          out << '<' << node->id << ">/";
        } else {
          out << std::get<std::uint64_t>(step) << '/';
        }
      }
      out << ' ';
      std::visit(DescribeAction{out}, op.action);
    }
    out << '\n';
  }
  return out.str();
}

}  // namespace syncline::crdt::test
