// SPDX-License-Identifier: Apache-2.0
//
// printable: text from elsewhere, made safe for a terminal or a log.
//
// Names and titles come from other devices and apps; an escape sequence in one must not
// be able to move the cursor, fake a line or set the window's title.
#pragma once

#include <string>
#include <string_view>

namespace syncline::agent {

// Control characters, bidirectional overrides and what is not UTF-8 become visible
// escapes ("\x1b", "\u{202e}").
std::string printable(std::string_view text);

}  // namespace syncline::agent
