// SPDX-License-Identifier: Apache-2.0
#include "ipc/server_connection.h"

#include "ipc/errors.h"
#include "ipc/json_rpc.h"

#include <algorithm>
#include <span>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <poll.h>

namespace syncline::ipc {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

namespace {

// A buffer that grew for one long line is not kept.
constexpr std::size_t kept_input_size = 256 * 1024;

// Lines may hold passwords.
void wipe_chars(std::span<char> chars) {
  std::fill(chars.begin(), chars.end(), '\0');
  // Tells the compiler that somebody looks at the zeros.
  __asm__ __volatile__("" : : "r"(chars.data()) : "memory");
}

}  // namespace

ServerConnection::ServerConnection(Socket socket, Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      socket_(std::move(socket)),
      conversation_(*surroundings_.backend, surroundings_.table,
                    {.send = [this](std::string line) { send(std::move(line)); },
                     .settled = [this] { pump(); }}) {}

void ServerConnection::start() {
  ErrorCode error;
  socket_.non_blocking(true, error);
  if (error) return close();
  watch_for_hangup();
  wait_to_read();
}

void ServerConnection::close() {
  if (closed_) return;
  closed_ = true;
  ErrorCode ignored;
  socket_.close(ignored);
  wipe_chars(input_);
  conversation_.leave();
  surroundings_.closed(shared_from_this());
  // Who called this may be a member function further out: live until all have returned.
  asio::post(socket_.get_executor(), [self = shared_from_this()] {});
}

// ---- reading -------------------------------------------------------------------------------

void ServerConnection::wait_to_read() {
  reading_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](ErrorCode error) {
    self->reading_ = false;
    if (self->closed_) return;
    if (error) return self->close();
    self->read();
  });
}

void ServerConnection::read() {
  std::vector<char>& buffer = *surroundings_.buffer;
  ErrorCode error;
  const std::size_t size = socket_.read_some(asio::buffer(buffer), error);
  if (error == asio::error::would_block || error == asio::error::interrupted) {
    return wait_to_read();
  }
  if (error) return on_end_of_input();
  input_.append(buffer.data(), size);
  wipe_chars({buffer.data(), size});
  pump();
}

bool ServerConnection::may_take() {
  const bool full = conversation_.outstanding() >= surroundings_.limits.calls_max;
  // Nobody waits for these any more.
  if (full && hung_up_) conversation_.forget_all();
  return !closed_ && (!full || hung_up_) && output_size_ <= surroundings_.limits.unread_soft_max;
}

void ServerConnection::pump() {
  // Taking a line may answer at once and come back here.
  if (pumping_ || closed_) return;
  pumping_ = true;
  take_lines();
  pumping_ = false;
  if (closed_) return;
  if (end_of_input_) {
    // Half a line at the end is no line.
    if (may_take() && conversation_.outstanding() == 0 && output_.empty()) close();
  } else if (!reading_ && may_take()) {
    wait_to_read();
  }
}

void ServerConnection::take_lines() {
  std::size_t taken = 0;
  while (may_take()) {
    const std::size_t end = input_.find('\n', std::max(taken, searched_));
    if (end == std::string::npos) {
      searched_ = input_.size();
      break;
    }
    if (!std::exchange(skipping_, false)) {
      conversation_.take(std::string_view(input_).substr(taken, end - taken));
    }
    taken = end + 1;
  }
  const std::size_t left = input_.size() - taken;
  std::copy(input_.begin() + static_cast<std::ptrdiff_t>(taken), input_.end(), input_.begin());
  wipe_chars(std::span<char>(input_).subspan(left));
  input_.resize(left);
  searched_ = searched_ > taken ? searched_ - taken : 0;
  if (searched_ == left && (skipping_ || left > surroundings_.limits.line_size_max)) {
    if (!std::exchange(skipping_, true)) refuse_line();
    wipe_chars(input_);
    input_.clear();
    searched_ = 0;
  }
  if (input_.empty() && input_.capacity() > kept_input_size) std::string().swap(input_);
}

void ServerConnection::refuse_line() {
  const Error why{
      Errc::oversized,
      "a line is longer than " + std::to_string(surroundings_.limits.line_size_max) + " bytes"};
  send(dump(error_answer(nullptr, parse_error(why))));
}

void ServerConnection::on_end_of_input() {
  end_of_input_ = true;
  hung_up_ = hung_up_ || is_hung_up();
  if (hung_up_) return close();
  pump();
}

void ServerConnection::watch_for_hangup() {
  socket_.async_wait(Socket::wait_error, [self = shared_from_this()](ErrorCode error) {
    if (self->closed_ || error || !self->is_hung_up()) return;
    self->hung_up_ = true;
    // What was sent before hanging up is still taken.
    if (self->end_of_input_) return self->close();
    self->pump();
  });
}

bool ServerConnection::is_hung_up() {
  pollfd state{.fd = socket_.native_handle(), .events = 0, .revents = 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

// ---- writing -------------------------------------------------------------------------------

void ServerConnection::send(std::string line) {
  if (closed_ || deaf_) return;
  if (output_size_ > surroundings_.limits.unread_hard_max) return close();
  line.push_back('\n');
  output_size_ += line.size();
  output_.push_back(std::move(line));
  if (!writing_) write();
}

void ServerConnection::write() {
  while (!output_.empty()) {
    const std::string& first = output_.front();
    ErrorCode error;
    written_ +=
        socket_.write_some(asio::buffer(first.data() + written_, first.size() - written_), error);
    if (error == asio::error::would_block) return wait_to_write();
    if (error && error != asio::error::interrupted) {
      deaf_ = true;
      output_.clear();
      output_size_ = 0;
      break;
    }
    if (written_ < first.size()) continue;
    output_size_ -= first.size();
    written_ = 0;
    output_.pop_front();
  }
}

void ServerConnection::wait_to_write() {
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](ErrorCode error) {
    self->writing_ = false;
    if (self->closed_) return;
    if (error) return self->close();
    self->write();
    self->pump();
  });
}

}  // namespace syncline::ipc
