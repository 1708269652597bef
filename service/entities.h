// SPDX-License-Identifier: Apache-2.0
//
// Entities: what the subcommands about content share: naming an entity, naming a place in
// it, and reading values from the command line.
//
// The rules of paths and documents are those of ipc/API.md; this only makes them shorter
// to type.
#pragma once

#include "ipc/json.h"
#include "service/failure.h"
#include "service/session.h"

#include <string>
#include <vector>

namespace syncline::service {

// The whole id of the entity that `text` names: 32 hexadecimal digits, or the first ones of
// exactly one entity (four or more).
Got<std::string> find_entity(Session& session, const std::string& text);

// "title" becomes "/title", "a/b" becomes "/a/b"; what begins with "/" is left as it is.
std::string path_of(const std::string& text);

struct Assignment {
  std::string path;
  ipc::Json value;
};
enum class Reading { json_or_text, text_only };
// "path=value". The value is JSON if it reads as JSON, else a string; with text_only it is
// always a text that merges ({"$text": ...}). ExitCode::usage for what is not UTF-8, and for a
// number too large to be one.
Got<Assignment> read_assignment(const std::string& text, Reading reading);

// The document that the assignments describe, nested by their paths. Keys only: a path into a
// list that is not there yet means nothing.
Got<ipc::Json> document_of(const std::vector<Assignment>& assignments);

// Standard input for "-", otherwise a file. Errc::oversized above what a call may hold.
Got<std::string> read_source(const std::string& name);
Got<ipc::Json> read_json(const std::string& name);

}  // namespace syncline::service
