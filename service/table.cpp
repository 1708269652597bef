// SPDX-License-Identifier: Apache-2.0
#include "service/table.h"

#include <algorithm>

namespace syncline::service {

std::string Table::text(const Terminal& terminal) const {
  constexpr std::size_t gap = 2;
  constexpr std::size_t flexible_min = 8;
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    if (row.size() > widths.size()) widths.resize(row.size(), 0);
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i].text));
  }
  std::size_t whole = 0;
  for (const std::size_t width : widths) whole += width + (width > 0 ? gap : 0);
  // Only a terminal has an edge; in a file or a pipe nothing is cut.
  if (terminal.is_terminal() && flexible_ < widths.size() && whole > terminal.columns() + gap) {
    std::size_t& width = widths[flexible_];
    const std::size_t excess = whole - gap - terminal.columns();
    width = std::max(std::min(width, flexible_min), width > excess ? width - excess : 0);
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      if (!line.empty()) line += "  ";
      const bool last = i + 1 == row.size();
      const std::string cell = last && display_width(row[i].text) <= widths[i]
                                   ? row[i].text
                                   : fitted(row[i].text, widths[i]);
      line += terminal.toned(row[i].tone, cell);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string labelled(const Terminal& terminal, const char* label, const std::string& text,
                     Tone tone) {
  constexpr std::size_t label_width = 11;
  return terminal.toned(Tone::faint, fitted(label, label_width)) + terminal.toned(tone, text) +
         "\n";
}

}  // namespace syncline::service
