// SPDX-License-Identifier: Apache-2.0
//
// Table: rows of text in aligned columns, fitted to the width of the terminal.
//
// One column may give way: it is cut when the terminal is narrow. Everything else keeps
// its width, so ids can be copied. Cells hold printable text without colour.
#pragma once

#include "service/terminal.h"

#include <cstddef>
#include <string>
#include <vector>

namespace syncline::service {

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

class Table {
 public:
  // Which column is cut when there is too little room.
  explicit Table(std::size_t flexible) : flexible_(flexible) {}

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::string text(const Terminal& terminal) const;

 private:
  std::size_t flexible_;
  std::vector<std::vector<Cell>> rows_;
};

// One line of a screen of facts: a faint label, then what it is about.
std::string labelled(const Terminal& terminal, const char* label, const std::string& text,
                     Tone tone = Tone::plain);

}  // namespace syncline::service
