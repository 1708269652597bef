// SPDX-License-Identifier: Apache-2.0
//
// syncline: the command line. Turns the table of subcommands into a parser, runs one of
// them and prints what went wrong. The only file that knows CLI11.
#include "agent/printable.h"
#include "service/arguments.h"
#include "service/for_people.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include <CLI/CLI.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace syncline::service {
namespace {

constexpr const char* footer =
    "\nMore about one of them: syncline help SUBCOMMAND.\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no agent is running, 4 the vault is locked,\n"
    "5 not found, 6 wrong password or code, 7 changed meanwhile or there already, 8 the store\n"
    "takes no writes, 9 try again later, 130 interrupted.\n"
    "The vault is in $SYNCLINE_HOME or ~/.local/share/syncline; the agent is `synclined`.";

// Where the parser puts what it found for one subcommand.
struct Parsed {
  const Row* row = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> switches;
};

struct Common {
  bool json = false;
  std::string home;
  std::string runtime;
};

void add_common(CLI::App& app, Common& common) {
  app.add_flag("--json", common.json, "answer with JSON, one object a line");
  app.add_option("--home", common.home, "the directory of the vault")->option_text("DIR");
  app.add_option("--runtime", common.runtime, "the directory of the agent's socket")
      ->option_text("DIR");
}

void add_option(Parsed& parsed, const Option& option) {
  if (option.takes == Takes::nothing) {
    parsed.app->add_flag(option.name, parsed.switches[option.name], option.about);
    return;
  }
  CLI::Option* const made =
      parsed.app->add_option(option.name, parsed.values[option.name], option.about);
  made->option_text(option.value);
  // Only words without dashes may take all that follow; an option takes the next one.
  const bool dashed = option.name.starts_with("-");
  const bool several = option.takes == Takes::texts;
  made->expected(several && !dashed ? -1 : 1);
  made->allow_extra_args(several && !dashed);
  if (several && dashed) made->take_all();
  if (option.takes == Takes::number)
    made->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000}));
  if (option.required) made->required();
}

Arguments arguments_of(const Parsed& parsed) {
  Arguments arguments;
  for (const auto& [name, values] : parsed.values)
    if (parsed.app->count(name) > 0) arguments.set(name, values);
  for (const auto& [name, on] : parsed.switches)
    if (on) arguments.set(name, {});
  return arguments;
}

int print_failure(const Failure& failure, const Context& context) {
  if (context.json) {
    ipc::Json error = {{"kind", failure.kind}, {"message", failure.message}};
    if (!failure.next.empty()) error["next"] = failure.next;
    context.terminal.print(ipc::dump({{"error", std::move(error)}}) + "\n");
  } else {
    context.terminal.hint("syncline: " + failure.message + "\n" +
                          (failure.next.empty() ? "" : "  " + failure.next + "\n"));
  }
  return number_of(failure.code);
}

std::string own_path(const char* called_as) {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string(called_as) : path.string();
}

// What was given for an option that takes certain words only.
std::optional<Failure> wrong_word(const Parsed& parsed, const Arguments& arguments) {
  for (const Option& option : parsed.row->options) {
    const std::string word = arguments.text(option.name);
    const bool fits =
        option.words.empty() || !arguments.has(option.name) ||
        std::find(option.words.begin(), option.words.end(), word) != option.words.end();
    if (fits) continue;
    std::string all;
    for (const std::string& each : option.words) all += (all.empty() ? "" : ", ") + each;
    return Failure{ExitCode::usage, "usage",
                   option.name + " does not take `" + agent::printable(word) + "`",
                   "it is one of: " + all};
  }
  return std::nullopt;
}

int run(const Parsed& parsed, const Common& common, const char* called_as) {
  Context context{.places = {},
                  .terminal = Terminal::of_this_process(),
                  .program = own_path(called_as),
                  .json = common.json};
  const auto places = find_places({.home = common.home, .runtime = common.runtime});
  if (!places)
    return print_failure({ExitCode::usage, "usage", places.error().context, ""}, context);
  context.places = *places;
  const Arguments arguments = arguments_of(parsed);
  if (const auto wrong = wrong_word(parsed, arguments)) return print_failure(*wrong, context);
  try {
    const Got<ExitCode> result = parsed.row->run(context, arguments);
    return result ? number_of(*result)
                  : print_failure(for_people(result.error(), *parsed.row), context);
  } catch (const std::exception& unexpected) {
    // The library for JSON throws where a value is of another type than its code expects.
    return print_failure({ExitCode::usage, "usage", agent::printable(unexpected.what()), ""},
                         context);
  }
}

using Words = std::vector<std::string>;

// Of a subcommand's option or word, as its row has it.
const Option* option_named(const Row& row, const std::string& name) {
  const auto found =
      std::ranges::find_if(row.options, [&](const Option& option) { return option.name == name; });
  return found == row.options.end() ? nullptr : &*found;
}

// What the parser found wrong, in our words.
std::string wrong_usage(const CLI::ParseError& error, const Parsed& parsed) {
  const std::string kind = error.get_name();
  const std::string said = error.what();
  const std::string name = said.substr(0, said.find_first_of(": "));
  const Option* option = option_named(*parsed.row, name);
  const std::string self = "`syncline " + parsed.row->name + "`";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    // It lists them from the last to the first.
    std::istringstream listed(said.substr(std::min(said.size(), said.find(": ") + 2)));
    std::string dashed;
    std::string plain;
    for (std::string word; listed >> word;) {
      const std::string shown = "`" + agent::printable(word) + "`";
      if (word.starts_with("-")) dashed = shown;
      plain = plain.empty() ? shown : shown + ", " + plain;
    }
    if (!dashed.empty()) return self + " has no option " + dashed;
    return self + " takes fewer words: " + plain + " is too much";
  }
  if (kind == "RequiredError" && option != nullptr)
    return self + " needs " + option->value + ": " + option->about;
  if (kind == "ArgumentMismatch" && name.starts_with("--"))
    return "`" + name + "` needs " + (option ? option->value + ": " + option->about : "a value");
  if (kind == "ValidationError" && option != nullptr && option->takes == Takes::number)
    return "`" + name + "` takes a whole number from 0 to 1000000000";
  return agent::printable(said);
}

// The first word that is neither an option nor the value of one.
Words::iterator first_word(Words& words) {
  for (auto at = words.begin(); at != words.end(); ++at) {
    if (*at == "--home" || *at == "--runtime") {
      if (++at == words.end()) return at;
    } else if (!at->starts_with("-")) {
      return at;
    }
  }
  return words.end();
}

// The first word, unless it is a subcommand.
std::string unknown_subcommand(Words words) {
  const auto word = first_word(words);
  if (word == words.end()) return {};
  const std::span<const Row> rows = subcommands();
  const bool known =
      std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return row.name == *word; });
  return known ? "" : agent::printable(*word);
}

// `help` and `help SUBCOMMAND` are other ways to write --help.
Words without_help(Words words) {
  const auto word = first_word(words);
  if (word == words.end() || *word != "help") return words;
  words.erase(word);
  if (unknown_subcommand(words).empty()) words.emplace_back("--help");
  return words;
}

int parse_and_run(int argc, char** argv) {
  const Words words = without_help(Words(argv + 1, argv + argc));
  CLI::App app("Syncline keeps your data on all your devices, encrypted, without a server.",
               "syncline");
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();
  Common common;
  add_common(app, common);
  app.set_version_flag("--version", "syncline " SYNCLINE_VERSION);
  std::vector<std::unique_ptr<Parsed>> all;
  for (const Row& row : subcommands()) {
    auto parsed = std::make_unique<Parsed>();
    parsed->row = &row;
    parsed->app = app.add_subcommand(row.name, row.about);
    for (const Option& option : row.options) add_option(*parsed, option);
    all.push_back(std::move(parsed));
  }
  try {
    // The parser takes them from the end.
    app.parse(Words(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == 0;
    const Context without_agent{
        .places = {}, .terminal = Terminal::of_this_process(), .program = {}, .json = common.json};
    if (const std::string word = unknown_subcommand(words); !asked_for_help && !word.empty())
      return print_failure({ExitCode::usage, "usage", "there is no subcommand `" + word + "`",
                            "see what there is with `syncline --help`"},
                           without_agent);
    Words all_words = words;
    const auto word = first_word(all_words);
    const auto meant = word == all_words.end()
                           ? all.end()
                           : std::ranges::find_if(all, [&](const std::unique_ptr<Parsed>& each) {
                               return each->row->name == *word;
                             });
    if (!asked_for_help && meant != all.end()) {
      Failure failure{ExitCode::usage, "usage", wrong_usage(error, **meant),
                      "see `syncline help " + *word + "`"};
      return print_failure(failure, without_agent);
    }
    if (!asked_for_help) {
      const bool lacks_value = std::string(error.get_name()) == "ArgumentMismatch";
      return print_failure(
          {ExitCode::usage, "usage",
           lacks_value ? "`--home` and `--runtime` need a directory" : "a subcommand is missing",
           "see what there is with `syncline --help`"},
          without_agent);
    }
    app.exit(error);
    return 0;
  }
  for (const auto& parsed : all)
    if (parsed->app->parsed()) return run(*parsed, common, argv[0]);
  return number_of(ExitCode::usage);
}

}  // namespace
}  // namespace syncline::service

int main(int argc, char** argv) {
  // It holds passwords for a moment.
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return syncline::service::parse_and_run(argc, argv);
}
