// SPDX-License-Identifier: Apache-2.0
//
// Rules: how an app wants conflicts in entities of its type to be read.
//
// A rule belongs to every place that its pattern matches. A conflict there is shown as the value
// that the rule makes of all that are kept, the same on every device; nothing is written, and
// the values stay until somebody writes the place. Values that a rule does not fit stay a
// conflict. Where the rules of a type come from is not known here.
#pragma once

#include "protocol/crdt/document.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncline::crdt {

enum class Rule : std::uint8_t {
  max,      // the greatest number, or the last text in the order of its characters
  min,      // the least
  unite,    // the items of all lists, sets and leaves, each once
  as_text,  // the lines of all texts, common ones once
};
std::string_view name_of(Rule rule);
std::optional<Rule> rule_named(std::string_view name);

// A path of keys; "*" stands for any one step, "~2*" for the key "*".
class Pattern {
 public:
  // Errors: Errc::invalid, Errc::oversized.
  static Result<Pattern> read(std::string_view text);
  bool matches(const Path& path) const;
  // Whether it says more about a path that both match: at the first step that differs, a name.
  bool is_closer_than(const Pattern& other) const;

 private:
  std::vector<std::optional<std::string>> steps_;  // nothing: any
};

class RuleSet {
 public:
  static constexpr std::size_t rules_max = 256;

  // Later ones with the same text replace earlier ones. Errors: as Pattern::read; Errc::limit.
  Status add(const std::string& pattern, Rule rule);
  // That of the closest pattern.
  std::optional<Rule> find(const Path& path) const;
  bool empty() const { return rules_.empty(); }
  std::vector<std::pair<std::string, Rule>> list() const;

 private:
  struct Row {
    Pattern pattern;
    Rule rule = Rule::max;
  };
  std::map<std::string, Row> rules_;
};

// Nothing if the rule does not fit the values. Any order of the same values that starts with
// the same one gives the same for max and min; the others follow the order.
std::optional<Value> settle(Rule rule, const std::vector<ConflictValue>& values);

// What the rules make of the conflicts of a document.
struct Settlement {
  struct Ruled {
    Conflict conflict;
    Rule rule = Rule::max;
    Value value;
    std::optional<Kind> kind;  // what it would be if somebody wrote it; nothing: as plain values
  };
  std::vector<Conflict> open;
  std::vector<Ruled> ruled;
};
Settlement settle(const RuleSet& rules, std::vector<Conflict> conflicts);

// Shows `value`, read from the root, or `shape` as the rules want it.
void show(const Settlement& settlement, Value& value);
void show(const Settlement& settlement, const Path& root, Shape& shape);
// Document::shape() as the rules want it; nullptr: without any.
std::optional<Shape> shape_under(const RuleSet* rules, const Document& document, const Path& path);

}  // namespace syncline::crdt
