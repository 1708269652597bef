// SPDX-License-Identifier: Apache-2.0
//
// Log: what the agent tells about its work, one line a note, on standard error.
//
// Bounded: a part of the program that talks too much is cut off until the next period
// and the number of lines left out is told. Thread-safe. Never given a secret or the
// content of an entity.
#pragma once

#include "protocol/base/time.h"
#include "protocol/step/step.h"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace syncline::agent {

class Log {
 public:
  enum class Style { dated, journal };  // journal: "<4>" in front and no date, for systemd
  struct Options {
    step::NoteLevel least = step::NoteLevel::normal;
    Style style = Style::dated;
    unsigned lines_per_period_max = 60;
    Duration period = 10s;
  };
  using Output = std::function<void(std::string_view line)>;  // with its line break

  Log(const Options& options, Output output);

  // What standard error is connected to decides the style.
  static Options options_for_stderr(step::NoteLevel least);
  static Output to_stderr();

  void write(const step::Note& note, Now now);

 private:
  struct Quota {
    Instant since;
    unsigned lines = 0;
    unsigned left_out = 0;
  };
  void put(const step::Note& note, Now now);

  const Options options_;
  const Output output_;
  std::mutex mutex_;
  std::map<std::string, Quota> quotas_;  // by part: a handful of fixed words
};

}  // namespace syncline::agent
