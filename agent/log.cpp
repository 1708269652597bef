// SPDX-License-Identifier: Apache-2.0
#include "agent/log.h"

#include "agent/printable.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <unistd.h>

namespace syncline::agent {
namespace {

std::string_view name_of(step::NoteLevel level) {
  switch (level) {
    case step::NoteLevel::debug: return "debug";
    case step::NoteLevel::normal: return "note";
    case step::NoteLevel::warning: return "warning";
    case step::NoteLevel::error: return "error";
  }
  return "note";
}

// Priorities of sd-daemon(3).
std::string_view priority_of(step::NoteLevel level) {
  switch (level) {
    case step::NoteLevel::debug: return "<7>";
    case step::NoteLevel::normal: return "<6>";
    case step::NoteLevel::warning: return "<4>";
    case step::NoteLevel::error: return "<3>";
  }
  return "<6>";
}

std::string date_of(WallTime wall) {
  const std::time_t seconds = static_cast<std::time_t>(wall.unix_ms / 1000);
  std::tm parts{};
  char out[40] = {};
  if (::gmtime_r(&seconds, &parts) == nullptr) return "-";
  const std::size_t length = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(out + length, sizeof out - length, ".%03dZ", static_cast<int>(wall.unix_ms % 1000));
  return out;
}

}  // namespace

Log::Log(const Options& options, Output output) : options_(options), output_(std::move(output)) {}

Log::Options Log::options_for_stderr(step::NoteLevel least) {
  Options options;
  options.least = least;
  if (std::getenv("JOURNAL_STREAM") != nullptr && ::isatty(STDERR_FILENO) == 0)
    options.style = Style::journal;
  return options;
}

Log::Output Log::to_stderr() {
  return [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); };
}

void Log::put(const step::Note& note, Now now) {
  std::string line;
  if (options_.style == Style::journal)
    line += priority_of(note.level);
  else
    line += date_of(now.wall) + " " + std::string(name_of(note.level)) + " ";
  line += printable(note.part) + ": " + printable(note.text) + "\n";
  output_(line);
}

void Log::write(const step::Note& note, Now now) {
  if (note.level < options_.least) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  Quota& quota = quotas_[note.part];
  if (quota.lines == 0 || now.instant - quota.since > options_.period) {
    if (quota.left_out > 0)
      put({step::NoteLevel::warning, note.part,
           std::to_string(quota.left_out) + " more lines were left out"},
          now);
    quota = Quota{.since = now.instant};
  }
  // An error is always told: there are few, and each one says what a person has to do.
  if (++quota.lines > options_.lines_per_period_max && note.level != step::NoteLevel::error) {
    ++quota.left_out;
    return;
  }
  put(note, now);
}

}  // namespace syncline::agent
