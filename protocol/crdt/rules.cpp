// SPDX-License-Identifier: Apache-2.0
//
// pattern = *( "/" ( "*" | [ "~2" ] *( unescaped | "~0" | "~1" ) ) )        ~0 is "~", ~1 is "/"
#include "protocol/crdt/rules.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/decimal.h"
#include "protocol/crdt/symbol_diff.h"

#include <algorithm>
#include <compare>

namespace syncline::crdt {
namespace {

constexpr std::size_t pattern_size_max = limits::map_key_size_max;

// ---- max, min ------------------------------------------------------------------------------

std::partial_ordering compare_with_double(std::int64_t integer, double number) {
  if (number >= 0x1p63) return std::partial_ordering::less;
  if (number < -0x1p63) return std::partial_ordering::greater;
  const auto whole = static_cast<std::int64_t>(number);
  if (integer != whole) return integer <=> whole;
  return 0.0 <=> number - static_cast<double>(whole);
}

const Scalar* scalar_of(const ConflictValue& value) {
  return std::get_if<Scalar>(&value.value.node);
}

// Decimals with places read as texts.
std::optional<DecimalSum> counted(const ConflictValue& value) {
  if (value.container == Kind::counter) return DecimalSum::of(*scalar_of(value));
  const bool is_text = std::holds_alternative<std::string>(*scalar_of(value));
  return is_text ? std::nullopt : DecimalSum::of(*scalar_of(value));
}

// Unordered: they are not of one sort. Requires: both are leaves or counters.
std::partial_ordering compare(const ConflictValue& left, const ConflictValue& right) {
  const Scalar &a = *scalar_of(left), &b = *scalar_of(right);
  const auto *i = std::get_if<std::int64_t>(&a), *j = std::get_if<std::int64_t>(&b);
  const auto *x = std::get_if<double>(&a), *y = std::get_if<double>(&b);
  if (i && j) return *i <=> *j;
  if (x && y) return *x <=> *y;
  if (i && y) return compare_with_double(*i, *y);
  if (x && j) return 0 <=> compare_with_double(*j, *x);
  if (left.container == Kind::counter || right.container == Kind::counter) {
    const auto sum = counted(left), other = counted(right);
    if (!sum || !other) return std::partial_ordering::unordered;
    const DecimalSum difference = sum->minus(*other);
    if (difference.is_zero()) return std::partial_ordering::equivalent;
    return difference.text().front() == '-' ? std::partial_ordering::less
                                            : std::partial_ordering::greater;
  }
  if (a.index() != b.index()) return std::partial_ordering::unordered;
  return scalar_less(a, b)   ? std::partial_ordering::less
         : scalar_less(b, a) ? std::partial_ordering::greater
                             : std::partial_ordering::equivalent;
}

std::optional<Value> extreme(Rule rule, const std::vector<ConflictValue>& values) {
  const ConflictValue* best = nullptr;
  for (const ConflictValue& value : values) {
    if (value.container && value.container != Kind::counter) return std::nullopt;
    if (best == nullptr) {
      best = &value;
      continue;
    }
    const auto order = compare(value, *best);
    if (order == std::partial_ordering::unordered) return std::nullopt;
    const bool greater = std::is_gt(order) ||
                         // The same number written in two ways: either order of them gives one.
                         (std::is_eq(order) && scalar_less(*scalar_of(*best), *scalar_of(value)));
    const bool less = std::is_lt(order) ||
                      (std::is_eq(order) && scalar_less(*scalar_of(value), *scalar_of(*best)));
    if (rule == Rule::max ? greater : less) best = &value;
  }
  return best->value;
}

// ---- union ---------------------------------------------------------------------------------

std::optional<Value> united(const std::vector<ConflictValue>& values) {
  ValueList all;
  bool is_set = true;
  const auto add = [&all](const Value& item) {
    if (std::find(all.begin(), all.end(), item) == all.end()) all.push_back(item);
  };
  for (const ConflictValue& value : values) {
    if (value.container == Kind::list) is_set = false;
    if (value.container && value.container != Kind::list && value.container != Kind::set)
      return std::nullopt;
    if (const auto* items = std::get_if<ValueList>(&value.value.node)) {
      for (const Value& item : *items) add(item);
    } else {
      add(value.value);
    }
  }
  const bool lists_at_all = std::any_of(
      values.begin(), values.end(), [](const ConflictValue& v) { return v.container.has_value(); });
  if (!lists_at_all) return std::nullopt;
  if (is_set)
    std::sort(all.begin(), all.end(), [](const Value& a, const Value& b) {
      return scalar_less(std::get<Scalar>(a.node), std::get<Scalar>(b.node));
    });
  return Value{std::move(all)};
}

// ---- text ----------------------------------------------------------------------------------

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> both(const std::vector<std::string>& one,
                              const std::vector<std::string>& other) {
  std::map<std::string, std::uint32_t> numbers;
  const auto number = [&numbers](const std::vector<std::string>& lines) {
    Symbols out;
    for (const std::string& line : lines)
      out.push_back(
          numbers.try_emplace(line, static_cast<std::uint32_t>(numbers.size())).first->second);
    return out;
  };
  const Symbols from = number(one), to = number(other);
  std::vector<std::string> out;
  std::size_t at = 0;
  for (const Hunk& hunk : diff_symbols(from, to, numbers.size())) {
    for (; at < hunk.from_end; ++at) out.push_back(one[at]);
    for (std::size_t i = hunk.to_begin; i < hunk.to_end; ++i) out.push_back(other[i]);
  }
  for (; at < one.size(); ++at) out.push_back(one[at]);
  return out;
}

std::optional<Value> joined_text(const std::vector<ConflictValue>& values) {
  std::vector<std::string> lines;
  bool ends_line = false;
  for (const ConflictValue& value : values) {
    if (value.container && value.container != Kind::text) return std::nullopt;
    const auto* text = std::get_if<std::string>(scalar_of(value));
    if (text == nullptr) return std::nullopt;
    lines = both(lines, lines_of(*text));
    ends_line = ends_line || (!text->empty() && text->back() == '\n');
  }
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += lines[i] + (i + 1 < lines.size() || ends_line ? "\n" : "");
  return Value{Scalar{std::move(out)}};
}

// ---- showing -------------------------------------------------------------------------------

std::optional<Kind> kind_of(Rule rule, const Conflict& conflict) {
  const auto any = [&conflict](Kind kind) {
    return std::any_of(conflict.values.begin(), conflict.values.end(),
                       [kind](const ConflictValue& value) { return value.container == kind; });
  };
  if (rule == Rule::as_text && any(Kind::text)) return Kind::text;
  if (rule == Rule::unite && !any(Kind::list)) return Kind::set;
  return std::nullopt;
}

// The value of one node of a tree that was read.
Value* value_of_node(Value& tree, const std::string& id) {
  auto* nodes = std::get_if<ValueList>(&tree.node);
  if (nodes == nullptr) return nullptr;
  for (Value& node : *nodes)
    if (id_of_node(node) == id) return &std::get<ValueMap>(node.node).at("value");
  return nullptr;
}
Shape* value_of_node(Shape& tree, const std::string& id) {
  auto* nodes = std::get_if<ShapeList>(&tree.node);
  if (nodes == nullptr) return nullptr;
  for (Shape& node : *nodes) {
    const auto found = node_of(node);
    if (found && found->id == id) return &std::get<ShapeMap>(node.node).at("value");
  }
  return nullptr;
}

// The place at `path` below `at`, or nullptr where a rule has put something else.
Value* place_in(Value& at, const Path& path) {
  Value* here = &at;
  for (const Step& step : path) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      auto* map = std::get_if<ValueMap>(&here->node);
      if (map == nullptr || !map->contains(*key)) return nullptr;
      here = &map->at(*key);
    } else if (const auto* node = std::get_if<NodeStep>(&step)) {
      here = value_of_node(*here, node->id);
      if (here == nullptr) return nullptr;
    } else {
      auto* list = std::get_if<ValueList>(&here->node);
      const std::uint64_t index = std::get<std::uint64_t>(step);
      if (list == nullptr || index >= list->size()) return nullptr;
      here = &(*list)[index];
    }
  }
  return here;
}

Shape* place_in(Shape& at, const Path& path, std::size_t skipped) {
  Shape* here = &at;
  for (std::size_t i = skipped; i < path.size(); ++i) {
    if (const auto* key = std::get_if<std::string>(&path[i])) {
      auto* map = std::get_if<ShapeMap>(&here->node);
      if (map == nullptr || !map->contains(*key)) return nullptr;
      here = &map->at(*key);
    } else if (const auto* node = std::get_if<NodeStep>(&path[i])) {
      here = value_of_node(*here, node->id);
      if (here == nullptr) return nullptr;
    } else {
      auto* list = std::get_if<ShapeList>(&here->node);
      const std::uint64_t index = std::get<std::uint64_t>(path[i]);
      if (list == nullptr || index >= list->size()) return nullptr;
      here = &(*list)[index];
    }
  }
  return here;
}

}  // namespace

std::string_view name_of(Rule rule) {
  switch (rule) {
    case Rule::max: return "max";
    case Rule::min: return "min";
    case Rule::unite: return "union";
    case Rule::as_text: return "text";
  }
  return "max";
}

std::optional<Rule> rule_named(std::string_view name) {
  for (const Rule rule : {Rule::max, Rule::min, Rule::unite, Rule::as_text})
    if (name == name_of(rule)) return rule;
  return std::nullopt;
}

Result<Pattern> Pattern::read(std::string_view text) {
  if (text.size() > pattern_size_max)
    return fail(Errc::oversized,
                "a pattern may have at most " + std::to_string(pattern_size_max) + " bytes");
  Pattern pattern;
  if (text.empty())
    return fail(Errc::invalid, "a pattern names a place inside, like \"/items/*/price\"");
  while (!text.empty()) {
    if (text.front() != '/')
      return fail(Errc::invalid, R"(a pattern begins with "/", like "/items/*/price")");
    text.remove_prefix(1);
    std::string_view token = text.substr(0, text.find('/'));
    text.remove_prefix(token.size());
    if (pattern.steps_.size() > limits::container_depth_max)
      return fail(Errc::oversized, "a pattern has too many steps");
    if (token == "*") {
      pattern.steps_.emplace_back();
      continue;
    }
    if (token.substr(0, 2) == "~2") token.remove_prefix(2);
    std::string key;
    for (std::size_t i = 0; i < token.size(); ++i) {
      const bool escaped = token[i] == '~';
      if (escaped && (++i == token.size() || (token[i] != '0' && token[i] != '1')))
        return fail(Errc::invalid, R"(a pattern has a "~" that is not "~0", "~1" or "~2")");
      key.push_back(!escaped ? token[i] : token[i] == '0' ? '~' : '/');
    }
    pattern.steps_.emplace_back(std::move(key));
  }
  return pattern;
}

bool Pattern::matches(const Path& path) const {
  return std::equal(steps_.begin(), steps_.end(), path.begin(), path.end(),
                    [](const std::optional<std::string>& wanted, const Step& step) {
                      if (!wanted) return true;
                      if (const auto* key = std::get_if<std::string>(&step)) return *wanted == *key;
                      if (const auto* node = std::get_if<NodeStep>(&step))
                        return *wanted == node->id;
                      return *wanted == std::to_string(std::get<std::uint64_t>(step));
                    });
}

bool Pattern::is_closer_than(const Pattern& other) const {
  const std::size_t steps = std::min(steps_.size(), other.steps_.size());
  for (std::size_t i = 0; i < steps; ++i)
    if (steps_[i].has_value() != other.steps_[i].has_value()) return steps_[i].has_value();
  return false;
}

Status RuleSet::add(const std::string& text, Rule rule) {
  auto pattern = Pattern::read(text);
  if (!pattern) return pass(pattern);
  if (!rules_.contains(text) && rules_.size() == rules_max)
    return fail(Errc::limit, "a type may have at most " + std::to_string(rules_max) + " rules");
  rules_.insert_or_assign(text, Row{std::move(*pattern), rule});
  return {};
}

std::optional<Rule> RuleSet::find(const Path& path) const {
  const Row* best = nullptr;
  for (const auto& [text, row] : rules_)
    if (row.pattern.matches(path) && (best == nullptr || row.pattern.is_closer_than(best->pattern)))
      best = &row;
  return best ? std::optional(best->rule) : std::nullopt;
}

std::vector<std::pair<std::string, Rule>> RuleSet::list() const {
  std::vector<std::pair<std::string, Rule>> out;
  for (const auto& [text, row] : rules_) out.emplace_back(text, row.rule);
  return out;
}

std::optional<Value> settle(Rule rule, const std::vector<ConflictValue>& values) {
  if (values.size() < 2) return std::nullopt;
  switch (rule) {
    case Rule::max:
    case Rule::min: return extreme(rule, values);
    case Rule::unite: return united(values);
    case Rule::as_text: return joined_text(values);
  }
  return std::nullopt;
}

Settlement settle(const RuleSet& rules, std::vector<Conflict> conflicts) {
  Settlement made;
  for (Conflict& conflict : conflicts) {
    // No rule says where something belongs.
    const bool of_values = conflict.kind != ConflictKind::move_lost;
    const auto rule = of_values ? rules.find(conflict.path) : std::nullopt;
    auto value = rule ? settle(*rule, conflict.values) : std::nullopt;
    if (value) {
      const auto kind = kind_of(*rule, conflict);
      made.ruled.push_back({std::move(conflict), *rule, std::move(*value), kind});
    } else {
      made.open.push_back(std::move(conflict));
    }
  }
  return made;
}

void show(const Settlement& settlement, Value& value) {
  // From the back: what is deeper comes before what may replace it.
  for (auto ruled = settlement.ruled.rbegin(); ruled != settlement.ruled.rend(); ++ruled)
    if (Value* place = place_in(value, ruled->conflict.path)) *place = ruled->value;
}

void show(const Settlement& settlement, const Path& root, Shape& shape) {
  for (auto ruled = settlement.ruled.rbegin(); ruled != settlement.ruled.rend(); ++ruled) {
    const Path& path = ruled->conflict.path;
    if (path.size() < root.size() || !std::equal(root.begin(), root.end(), path.begin())) continue;
    Shape* place = place_in(shape, path, root.size());
    if (place == nullptr) continue;
    *place = shape_of(ruled->value, ruled->kind);
    place->standing = Standing::ruled;
  }
}

std::optional<Shape> shape_under(const RuleSet* rules, const Document& document, const Path& path) {
  auto shape = document.shape(path);
  if (!shape || rules == nullptr || rules->empty()) return shape;
  show(settle(*rules, document.conflicts()), path, *shape);
  return shape;
}

}  // namespace syncline::crdt
