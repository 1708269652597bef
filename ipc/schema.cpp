// SPDX-License-Identifier: Apache-2.0
#include "ipc/schema.h"

#include "protocol/base/check.h"
#include "protocol/base/limits.h"

#include <limits>
#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t no_bound = std::numeric_limits<std::int64_t>::max();

Schema described(Schema::Kind kind, std::string about) {
  Schema schema;
  schema.kind = kind;
  schema.about = std::move(about);
  return schema;
}

Schema formatted(Schema::Format format, std::string about) {
  Schema schema = described(Schema::Kind::string, std::move(about));
  schema.format = format;
  schema.most = no_bound;
  return schema;
}

Json bounded(Json made, const Schema& schema, const char* least, const char* most) {
  if (schema.least != 0 || schema.kind == Schema::Kind::integer) made[least] = schema.least;
  if (schema.most != no_bound) made[most] = schema.most;
  return made;
}

Json string_schema(const Schema& schema) {
  Json made = {{"type", "string"}};
  switch (schema.format) {
    case Schema::Format::hex16: made["pattern"] = "^[0-9a-fA-F]{32}$"; break;
    case Schema::Format::hex32: made["pattern"] = "^[0-9a-fA-F]{64}$"; break;
    case Schema::Format::decimal: made["pattern"] = "^(0|[1-9][0-9]{0,19})$"; break;
    case Schema::Format::time: made["format"] = "date-time"; break;
    case Schema::Format::plain:
      if (!schema.words.empty()) {
        made["enum"] = schema.words;
      } else {
        made = bounded(std::move(made), schema, "minLength", "maxLength");
      }
      break;
  }
  return made;
}

Json object_schema(const Schema& schema) {
  Json made = {{"type", "object"}};
  Json required_names = Json::array();
  Json properties = Json::object();
  for (const Field& field : schema.fields) {
    properties[field.name] = json_schema(field.schema);
    if (field.need == Need::required) required_names.push_back(field.name);
  }
  if (!properties.empty()) made["properties"] = std::move(properties);
  if (!required_names.empty()) made["required"] = std::move(required_names);
  if (!schema.open) made["additionalProperties"] = false;
  return made;
}

Json bare_schema(const Schema& schema) {
  switch (schema.kind) {
    case Schema::Kind::any: return Json::object();
    case Schema::Kind::boolean: return {{"type", "boolean"}};
    case Schema::Kind::integer: return bounded({{"type", "integer"}}, schema, "minimum", "maximum");
    case Schema::Kind::string: return string_schema(schema);
    case Schema::Kind::array: {
      Json made = {{"type", "array"}, {"items", json_schema(schema.inner[0])}};
      return bounded(std::move(made), schema, "minItems", "maxItems");
    }
    case Schema::Kind::object: return object_schema(schema);
    case Schema::Kind::either:
    case Schema::Kind::tagged: {
      Json choices = Json::array();
      for (const Schema& choice : schema.inner) choices.push_back(json_schema(choice));
      return {{"anyOf", std::move(choices)}};
    }
  }
  return Json::object();
}

}  // namespace

Schema any_value(std::string about) { return described(Schema::Kind::any, std::move(about)); }
Schema any_object(std::string about) {
  Schema schema = described(Schema::Kind::object, std::move(about));
  schema.open = true;
  return schema;
}
Schema boolean(std::string about) { return described(Schema::Kind::boolean, std::move(about)); }

Schema integer(std::string about, std::int64_t least, std::int64_t most) {
  Schema schema = described(Schema::Kind::integer, std::move(about));
  schema.least = least;
  schema.most = most;
  return schema;
}

Schema count(std::string about) { return integer(std::move(about), 0, no_bound); }

Schema text(std::string about, std::int64_t bytes_most, std::int64_t bytes_least) {
  Schema schema = described(Schema::Kind::string, std::move(about));
  schema.least = bytes_least;
  schema.most = bytes_most;
  return schema;
}

Schema password(std::string about) {
  Schema schema = text(std::move(about), std::int64_t{limits::password_size_max}, 1);
  schema.secret = true;
  return schema;
}

Schema one_of(std::string about, std::vector<std::string> words) {
  Schema schema = described(Schema::Kind::string, std::move(about));
  schema.most = no_bound;
  schema.words = std::move(words);
  return schema;
}

Schema id16(std::string about) { return formatted(Schema::Format::hex16, std::move(about)); }
Schema id32(std::string about) { return formatted(Schema::Format::hex32, std::move(about)); }
Schema decimal(std::string about) { return formatted(Schema::Format::decimal, std::move(about)); }
Schema time(std::string about) { return formatted(Schema::Format::time, std::move(about)); }

Schema array(std::string about, Schema item, std::int64_t items_most) {
  Schema schema = described(Schema::Kind::array, std::move(about));
  schema.inner.push_back(std::move(item));
  schema.most = items_most;
  return schema;
}

Schema object(std::string about, std::vector<Field> fields) {
  Schema schema = described(Schema::Kind::object, std::move(about));
  schema.fields = std::move(fields);
  return schema;
}

Schema either(std::string about, std::vector<Schema> choices) {
  Schema schema = described(Schema::Kind::either, std::move(about));
  schema.inner = std::move(choices);
  return schema;
}

Schema tagged(std::string about, const std::string& tag, std::vector<Schema> choices) {
  Schema schema = described(Schema::Kind::tagged, std::move(about));
  schema.words.push_back(tag);
  for (const Schema& choice : choices) {
    for (const Field& field : choice.fields) {
      if (field.name == tag) schema.words.push_back(field.schema.words[0]);
    }
  }
  SYNCLINE_CHECK(schema.words.size() == choices.size() + 1);
  schema.inner = std::move(choices);
  return schema;
}

Field required(std::string name, Schema schema) {
  return {std::move(name), std::move(schema), Need::required};
}

Field optional(std::string name, Schema schema, std::string otherwise) {
  schema.otherwise = std::move(otherwise);
  return {std::move(name), std::move(schema), Need::optional};
}

Field optional(std::string name, Schema schema) {
  return {std::move(name), std::move(schema), Need::optional};
}

Json json_schema(const Schema& schema) {
  Json made = bare_schema(schema);
  std::string about = schema.about;
  if (!schema.otherwise.empty()) about += "; if left out: " + schema.otherwise;
  if (!about.empty()) made["description"] = std::move(about);
  if (schema.secret) made["writeOnly"] = true;
  return made;
}

}  // namespace syncline::ipc
