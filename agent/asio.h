// SPDX-License-Identifier: Apache-2.0
//
// The parts of Boost.Asio the agent uses, included in one order: Boost 1.74 needs
// <utility> before its own headers. Only .cpp files and headers whose classes hold a
// socket include this; it is slow to compile.
#pragma once

#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace syncline::agent {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

}  // namespace syncline::agent
