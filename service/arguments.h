// SPDX-License-Identifier: Apache-2.0
//
// Arguments and Row: a subcommand as one row of a table, and what it was called with.
//
// The table gives parsing, --help and the man page. Rows do their work through a Context;
// no row prints an error or ends the process by itself.
#pragma once

#include "ipc/json.h"
#include "service/failure.h"
#include "service/places.h"
#include "service/session.h"
#include "service/terminal.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::service {

class Arguments {
 public:
  void set(const std::string& name, std::vector<std::string> values) {
    values_[name] = std::move(values);
  }

  bool has(const std::string& name) const { return values_.contains(name); }
  // Empty if it was not given.
  std::string text(const std::string& name) const;
  std::vector<std::string> texts(const std::string& name) const;
  // Requires: the option was declared as a number.
  std::uint64_t number(const std::string& name, std::uint64_t otherwise) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

// What every subcommand works with.
struct Context {
  Places places;
  Terminal terminal;
  std::string program;  // the path of this executable, to find `synclined` beside it
  bool json = false;

  // Connects; `or_start` starts an agent if there is none.
  Got<Session> connect() const;
  Got<Session> connect_or_start() const;
  // With --json the answer as one line, otherwise the text.
  void show(const ipc::Json& answer, std::string_view text) const;
};

enum class Takes { nothing, text, texts, number };

struct Option {
  std::string name;  // "--type", or "entity" for an argument without dashes
  Takes takes = Takes::nothing;
  std::string about;
  std::string value;  // how help names the value: "FILE"
  bool required = false;
  std::vector<std::string> words = {};  // the only ones it takes; empty: any
};

struct Row {
  std::string name;
  std::string about;
  std::vector<Option> options;
  Got<ExitCode> (*run)(const Context&, const Arguments&) = nullptr;
};

// --wait of whatever writes.
Option wait_option();

// --name, or the name of this computer.
std::string device_name(const Arguments& arguments);

// Every subcommand in the order of the help.
std::span<const Row> subcommands();

// The rows by what they are about.
std::vector<Row> vault_rows();
std::vector<Row> pairing_rows();
std::vector<Row> reading_rows();
std::vector<Row> history_rows();
std::vector<Row> version_rows();
std::vector<Row> writing_rows();
std::vector<Row> conflict_rows();
std::vector<Row> edit_rows();
std::vector<Row> sync_rows();
std::vector<Row> net_rows();
std::vector<Row> status_rows();
std::vector<Row> upkeep_rows();

}  // namespace syncline::service
