// SPDX-License-Identifier: Apache-2.0
//
// Terminal: what there is to know about where the output goes, and how to ask a person.
//
// Colours and progress only on a terminal, and never with NO_COLOR. Text from elsewhere is
// passed through agent/printable.h before it comes here.
#pragma once

#include "protocol/base/result.h"
#include "protocol/step/command.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace syncline::service {

enum class Tone { plain, strong, good, warn, bad, faint };

class Terminal {
 public:
  static Terminal of_this_process();
  // For tests: nothing is asked of the system.
  Terminal(bool is_terminal, bool has_colour, std::size_t columns)
      : is_terminal_(is_terminal), has_colour_(has_colour), columns_(columns) {}

  bool is_terminal() const { return is_terminal_; }
  // Of the output; 80 where nobody knows.
  std::size_t columns() const { return columns_; }
  std::string toned(Tone tone, std::string_view text) const;

  void print(std::string_view text) const;  // to standard output
  void hint(std::string_view text) const;   // to standard error
  // One line on standard error that the next one replaces; nothing where that is no terminal.
  void progress(std::string_view text) const;
  void end_progress() const;

 private:
  bool is_terminal_ = false;
  bool has_colour_ = false;
  std::size_t columns_ = 80;
};

// Columns `text` takes: combining marks none, East Asian wide characters and emoji two.
std::size_t display_width(std::string_view text);
// Cut to `columns` with an ellipsis, or filled with blanks.
std::string fitted(std::string_view text, std::size_t columns);

// Read from the terminal without showing it. Errc::unsupported if there is no terminal,
// Errc::cancelled at the end of input.
Result<std::string> ask_hidden(std::string_view question);
// One line, shown. Nothing at the end of input.
std::optional<std::string> ask_line(std::string_view question);

}  // namespace syncline::service
