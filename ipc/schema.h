// SPDX-License-Identifier: Apache-2.0
//
// Schema: what a parameter or a result looks like, said once.
//
// The same description checks params, appears in rpc.discover as JSON Schema, and is printed
// in API.md. It covers what the methods need and no more. Meaning beyond form (does the
// entity exist?) is not its business.
#pragma once

#include "ipc/json.h"
#include "protocol/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::ipc {

enum class Need : std::uint8_t { required, optional };

struct Field;

struct Schema {
  enum class Kind : std::uint8_t {
    any,
    boolean,
    integer,
    string,
    array,
    object,
    either,  // the first choice that fits
    tagged,  // the choice that a field names: `words` is that field, then its value in each choice
  };
  enum class Format : std::uint8_t {
    plain,
    hex16,    // 32 hexadecimal digits: an entity, a device, a log
    hex32,    // 64 hexadecimal digits: a space
    decimal,  // an unsigned number in decimal digits: a subscription, a cursor of changes
    time,     // RFC 3339, UTC
  };

  Kind kind = Kind::any;
  std::string about;  // for a reader; no full stop
  Format format = Format::plain;
  std::int64_t least = 0;  // of an integer its value, of a string its bytes, of an array its items
  std::int64_t most = 0;
  std::vector<std::string> words;  // the strings that are allowed; empty: any
  std::vector<Field> fields;       // of an object
  std::vector<Schema> inner;       // of an array its one item; of `either` the choices
  std::string form;                // in place of the words form_of() would find
  std::string otherwise;           // what leaving it out means
  bool open = false;               // of an object: any fields
  bool secret = false;             // never shown back
};

struct Field {
  std::string name;
  Schema schema;
  Need need = Need::required;
};

// Builders. `about` completes "NAME is ...".
Schema any_value(std::string about);
Schema any_object(std::string about);
Schema boolean(std::string about);
Schema integer(std::string about, std::int64_t least, std::int64_t most);
// A count or size that has no bound worth telling.
Schema count(std::string about);
Schema text(std::string about, std::int64_t bytes_most, std::int64_t bytes_least = 0);
Schema password(std::string about);
Schema one_of(std::string about, std::vector<std::string> words);
Schema id16(std::string about);
Schema id32(std::string about);
Schema decimal(std::string about);
Schema time(std::string about);
Schema array(std::string about, Schema item, std::int64_t items_most);
Schema object(std::string about, std::vector<Field> fields);
Schema either(std::string about, std::vector<Schema> choices);
// Every choice is an object whose field `tag` is a one_of with a single word.
Schema tagged(std::string about, const std::string& tag, std::vector<Schema> choices);

Field required(std::string name, Schema schema);
Field optional(std::string name, Schema schema, std::string otherwise);
// Of results: left out when there is nothing to tell.
Field optional(std::string name, Schema schema);

// Errc::invalid, or Errc::oversized beyond a length; the context names the place below `place` and
// the form that is expected there.
Status check(const Schema& schema, const Json& value, const std::string& place);

// "a string of 32 hexadecimal digits"
std::string form_of(const Schema& schema);

Json json_schema(const Schema& schema);

// The name most like `name`, or empty if none is.
std::string nearest(std::string_view name, const std::vector<std::string>& names);

}  // namespace syncline::ipc
