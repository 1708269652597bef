// SPDX-License-Identifier: Apache-2.0
#include "ipc/api_document.h"

#include "ipc/errors.h"

#include <utility>

namespace syncline::ipc {

namespace {

Json open_rpc_params(const Schema& params) {
  Json made = Json::array();
  for (const Field& field : params.fields) {
    made.push_back({{"name", field.name},
                    {"required", field.need == Need::required},
                    {"schema", json_schema(field.schema)}});
  }
  return made;
}

Json open_rpc_errors() {
  Json made = Json::array();
  for (const ErrorRow& row : error_rows()) {
    made.push_back({{"code", row.number},
                    {"message", row.message},
                    {"data", {{"kind", name_of(row.code)}, {"next", row.next}}}});
  }
  return made;
}

std::string as_code(std::string_view text) {
  std::string made = "`";
  made += text;
  return made + "`";
}

void write_schema(std::string& out, const Schema& schema, std::size_t indent);

void write_line(std::string& out, std::size_t indent, const std::string& line) {
  out.append(indent * 2, ' ');
  out += "* " + line + "\n";
}

void write_field(std::string& out, const Field& field, std::size_t indent) {
  const Schema& schema = field.schema;
  std::string line = as_code(field.name);
  if (field.need == Need::optional) line += " (optional)";
  line += ": " + (schema.about.empty() ? form_of(schema) : schema.about);
  if (!schema.about.empty()) line += " — " + form_of(schema);
  if (!schema.otherwise.empty()) line += "; if left out: " + schema.otherwise;
  write_line(out, indent, line);
  write_schema(out, schema, indent + 1);
}

// What is inside `schema`, below the line that tells its form.
void write_schema(std::string& out, const Schema& schema, std::size_t indent) {
  switch (schema.kind) {
    case Schema::Kind::object:
      for (const Field& field : schema.fields) write_field(out, field, indent);
      break;
    case Schema::Kind::array: write_schema(out, schema.inner[0], indent); break;
    case Schema::Kind::tagged:
      for (std::size_t i = 0; i < schema.inner.size(); ++i) {
        const Schema& choice = schema.inner[i];
        write_line(out, indent,
                   as_code("\"" + schema.words[0] + "\": \"" + schema.words[i + 1] + "\"") + " " +
                       choice.about);
        for (const Field& field : choice.fields) {
          if (field.name != schema.words[0]) write_field(out, field, indent + 1);
        }
      }
      break;
    default: break;
  }
}

void write_object(std::string& out, std::string_view title, const Schema& schema) {
  out += "\n";
  out += title;
  if (schema.open) {
    out += ": " + schema.about + ".\n";
  } else if (schema.fields.empty()) {
    out += ": none.\n";
  } else {
    out += ":\n\n";
    write_schema(out, schema, 0);
  }
}

std::string cell(std::string_view text) { return " " + std::string(text) + " |"; }

}  // namespace

Json open_rpc_document(MethodTable table, const std::string& version) {
  Json list = Json::array();
  for (const Method& method : table) {
    list.push_back({{"name", method.name},
                    {"summary", method.summary},
                    {"paramStructure", "by-name"},
                    {"params", open_rpc_params(method.params)},
                    {"result", {{"name", "result"}, {"schema", json_schema(method.result)}}}});
  }
  return {{"openrpc", "1.2.6"},
          {"info", {{"title", "Syncline"}, {"version", version}}},
          {"methods", std::move(list)},
          {"components", {{"errors", open_rpc_errors()}}}};
}

std::string api_part(MethodTable table) {
  std::string out =
      "## Errors of the agent\n\n| code | kind | message | next |\n|---|---|---|---|\n";
  for (const ErrorRow& row : error_rows()) {
    out += "|" + cell(std::to_string(row.number)) + cell(as_code(name_of(row.code))) +
           cell(row.message) + cell(row.next) + "\n";
  }
  out += "\n## Methods\n";
  for (const Method& method : table) {
    out += "\n### " + method.name + "\n\n" + method.summary + ".\n";
    write_object(out, "Parameters", method.params);
    write_object(out, "Result", method.result);
  }
  return out;
}

}  // namespace syncline::ipc
