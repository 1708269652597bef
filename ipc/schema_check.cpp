// SPDX-License-Identifier: Apache-2.0
//
// Checks a value against a Schema. Messages name the place and the form that fits there, and
// never repeat what was given: it may be a password that went into the wrong field.
#include "ipc/schema.h"
#include "protocol/base/bytes.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

namespace syncline::ipc {

namespace {

tl::unexpected<Error> wrong(const std::string& place, const Schema& schema) {
  return fail(Errc::invalid, place + " has to be " + form_of(schema));
}

bool is_decimal(std::string_view text) {
  if (text.empty() || text.size() > 20 || (text.size() > 1 && text[0] == '0')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

tl::unexpected<Error> too_large(const std::string& place, std::int64_t size, std::int64_t most,
                                const char* unit) {
  return fail(Errc::oversized, place + " has " + std::to_string(size) + " " + unit +
                                   ", and may have at most " + std::to_string(most));
}

// Whether a string is one for its form, and its length alone is at fault.
bool is_too_long(const Schema& schema, const std::string& text) {
  return schema.format == Schema::Format::plain && schema.words.empty() && !schema.secret &&
         static_cast<std::int64_t>(text.size()) > schema.most;
}

bool text_fits(const Schema& schema, const std::string& text) {
  switch (schema.format) {
    case Schema::Format::hex16: return text.size() == 32 && from_hex(text).has_value();
    case Schema::Format::hex32: return text.size() == 64 && from_hex(text).has_value();
    case Schema::Format::decimal: return is_decimal(text);
    case Schema::Format::time: return text.size() >= 20 && text.back() == 'Z';
    case Schema::Format::plain: break;
  }
  if (!schema.words.empty()) {
    return std::find(schema.words.begin(), schema.words.end(), text) != schema.words.end();
  }
  const auto size = static_cast<std::int64_t>(text.size());
  return size >= schema.least && size <= schema.most;
}

Status check_string(const Schema& schema, const Json& value, const std::string& place) {
  if (!value.is_string()) return wrong(place, schema);
  const auto& text = value.get_ref<const std::string&>();
  if (is_too_long(schema, text))
    return too_large(place, static_cast<std::int64_t>(text.size()), schema.most, "bytes");
  if (!text_fits(schema, text)) return wrong(place, schema);
  return {};
}

Status check_array(const Schema& schema, const Json& value, const std::string& place) {
  const auto size = static_cast<std::int64_t>(value.size());
  if (size > schema.most) return too_large(place, size, schema.most, "items");
  if (size < schema.least) return wrong(place, schema);
  for (std::size_t i = 0; i < value.size(); ++i) {
    Status item = check(schema.inner[0], value[i], place + "[" + std::to_string(i) + "]");
    if (!item) return item;
  }
  return {};
}

tl::unexpected<Error> unknown_name(const Schema& schema, const std::string& name,
                                   const std::string& place) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields) names.push_back(field.name);
  const std::string similar = nearest(name, names);
  // A name is not repeated if it is long: it may be anything.
  std::string context = place + " knows no \"" + (name.size() <= 64 ? name : "...") + "\"";
  if (!similar.empty()) {
    context += "; did you mean \"" + similar + "\"?";
  } else if (!names.empty() && names.size() <= 8) {
    context += "; it takes " + form_of(one_of({}, names)).substr(std::string("one of ").size());
  }
  return fail(Errc::invalid, std::move(context));
}

Status check_object(const Schema& schema, const Json& value, const std::string& place) {
  for (const auto& [name, inner] : value.items()) {
    if (schema.open) break;
    const std::string& wanted = name;
    const auto field = std::find_if(schema.fields.begin(), schema.fields.end(),
                                    [&wanted](const Field& f) { return f.name == wanted; });
    if (field == schema.fields.end()) return unknown_name(schema, name, place);
  }
  for (const Field& field : schema.fields) {
    const auto inner = value.find(field.name);
    const std::string where = place + "." + field.name;
    if (inner != value.end()) {
      if (Status checked = check(field.schema, *inner, where); !checked) return checked;
    } else if (field.need == Need::required) {
      return fail(Errc::invalid, where + " is missing: " + form_of(field.schema));
    }
  }
  return {};
}

// Whether the value is of the type that a choice is about, whatever else is wrong with it.
bool is_of_type(const Schema& schema, const Json& value) {
  switch (schema.kind) {
    case Schema::Kind::integer: return value.is_number_integer();
    case Schema::Kind::string: return value.is_string();
    case Schema::Kind::array: return value.is_array();
    case Schema::Kind::object: return value.is_object();
    default: return false;
  }
}

// If one choice alone is of the value's type, what is wrong is said of that one.
Status check_either(const Schema& schema, const Json& value, const std::string& place) {
  const Schema* meant = nullptr;
  std::size_t of_type = 0;
  for (const Schema& choice : schema.inner) {
    if (check(choice, value, place)) return {};
    if (!is_of_type(choice, value)) continue;
    meant = &choice;
    ++of_type;
  }
  const bool has_inside = value.is_array() || value.is_object() || value.is_string();
  if (of_type != 1 || !has_inside) return wrong(place, schema);
  const Status why = check(*meant, value, place);
  // A string that is none of the words, or not of the form, is told all forms.
  return value.is_string() && why.error().code == Errc::invalid ? Status(wrong(place, schema))
                                                                : why;
}

Status check_tagged(const Schema& schema, const Json& value, const std::string& place) {
  if (!value.is_object()) return wrong(place, schema);
  const auto tag = value.find(schema.words[0]);
  if (tag != value.end() && tag->is_string()) {
    for (std::size_t i = 0; i < schema.inner.size(); ++i) {
      if (schema.words[i + 1] == tag->get_ref<const std::string&>()) {
        return check(schema.inner[i], value, place);
      }
    }
  }
  const std::vector<std::string> tags(schema.words.begin() + 1, schema.words.end());
  const std::string where = place + "." + schema.words[0];
  const std::string form = form_of(one_of({}, tags));
  if (tag == value.end()) return fail(Errc::invalid, where + " is missing: " + form);
  const std::string similar =
      tag->is_string() ? nearest(tag->get_ref<const std::string&>(), tags) : std::string();
  return fail(Errc::invalid, where + " has to be " + form +
                                 (similar.empty() ? "" : "; did you mean \"" + similar + "\"?"));
}

std::string sized(std::string what, const Schema& schema, const std::string& unit) {
  const bool bounded = schema.most != std::numeric_limits<std::int64_t>::max();
  if (schema.least > 0 && bounded) {
    return what + " of " + std::to_string(schema.least) + " to " + std::to_string(schema.most) +
           unit;
  }
  if (bounded) return what + " of at most " + std::to_string(schema.most) + unit;
  if (schema.least > 0) return what + " of at least " + std::to_string(schema.least) + unit;
  return what;
}

std::string string_form(const Schema& schema) {
  switch (schema.format) {
    case Schema::Format::hex16: return "a string of 32 hexadecimal digits";
    case Schema::Format::hex32: return "a string of 64 hexadecimal digits";
    case Schema::Format::decimal: return "a string of decimal digits";
    case Schema::Format::time: return "a time like \"2030-01-31T12:00:00.000Z\"";
    case Schema::Format::plain: break;
  }
  if (schema.words.empty()) return sized("a string", schema, " bytes");
  std::string form = "one of ";
  for (std::size_t i = 0; i < schema.words.size(); ++i) {
    form += (i == 0 ? "\"" : ", \"") + schema.words[i] + "\"";
  }
  return form;
}

// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string form_of(const Schema& schema) {
  if (!schema.form.empty()) return schema.form;
  switch (schema.kind) {
    case Schema::Kind::any: return "any JSON value";
    case Schema::Kind::boolean: return "true or false";
    case Schema::Kind::integer:
      if (schema.most == std::numeric_limits<std::int64_t>::max()) {
        return "an integer of at least " + std::to_string(schema.least);
      }
      return "an integer from " + std::to_string(schema.least) + " to " +
             std::to_string(schema.most);
    case Schema::Kind::string: return string_form(schema);
    case Schema::Kind::array:
      return sized("an array", schema, " items") + ", each " + form_of(schema.inner[0]);
    case Schema::Kind::object: return "an object";
    case Schema::Kind::tagged: return "an object with \"" + schema.words[0] + "\"";
    case Schema::Kind::either: {
      std::string form;
      for (const Schema& choice : schema.inner) {
        form += (form.empty() ? "" : ", or ") + form_of(choice);
      }
      return form;
    }
  }
  return "any JSON value";
}

Status check(const Schema& schema, const Json& value, const std::string& place) {
  switch (schema.kind) {
    case Schema::Kind::any: return {};
    case Schema::Kind::boolean:
      if (!value.is_boolean()) return wrong(place, schema);
      return {};
    case Schema::Kind::integer: {
      if (!value.is_number_integer()) return wrong(place, schema);
      const auto number = value.get<std::int64_t>();
      if (number < schema.least || number > schema.most) return wrong(place, schema);
      return {};
    }
    case Schema::Kind::string: return check_string(schema, value, place);
    case Schema::Kind::array:
      if (!value.is_array()) return wrong(place, schema);
      return check_array(schema, value, place);
    case Schema::Kind::object:
      if (!value.is_object()) return wrong(place, schema);
      return check_object(schema, value, place);
    case Schema::Kind::either: return check_either(schema, value, place);
    case Schema::Kind::tagged: return check_tagged(schema, value, place);
  }
  return {};
}

std::string nearest(std::string_view name, const std::vector<std::string>& names) {
  if (name.size() > 64) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : names) {
    const std::size_t d = distance(name, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

}  // namespace syncline::ipc
