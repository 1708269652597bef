// SPDX-License-Identifier: Apache-2.0
#include "service/relay/connection.h"

#include "service/relay/relay.h"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace syncline::relay {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr std::size_t buffer_size_min = 3 * 1024;
constexpr std::size_t buffer_size_max = 24 * 1024;
constexpr std::size_t output_size_max = 4 * 1024;  // what a control connection may leave unread
constexpr int unsent_size_max = 128 * 1024;        // in the kernel
constexpr std::size_t http_header_size_max = 8 * 1024;
constexpr auto ending_timeout = 2s;

asio::ip::address plain_address(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

// Of a proxy that wrote who it speaks for: the last word is its own, those before are hearsay.
std::optional<session::CompactAddress> forwarded_for(const http::fields& header) {
  std::string_view last;
  const auto [begin, end] = header.equal_range("X-Forwarded-For");
  for (auto field = begin; field != end; ++field)
    last = {field->value().data(), field->value().size()};
  last = last.substr(last.rfind(',') + 1);
  while (!last.empty() && last.front() == ' ') last.remove_prefix(1);
  while (!last.empty() && last.back() == ' ') last.remove_suffix(1);
  ErrorCode error;
  const auto address = asio::ip::make_address(std::string(last), error);
  if (!error) return compact({address, 0});  // the port stays unknown
  return session::compact_address(last);
}

}  // namespace

session::CompactAddress compact(const tcp::endpoint& at) {
  const auto address = plain_address(at.address());
  if (address.is_v4()) return {to_buffer(address.to_v4().to_bytes()), at.port()};
  return {to_buffer(address.to_v6().to_bytes()), at.port()};
}

Connection::Connection(Relay& relay, tcp::socket socket, session::CompactAddress observed)
    : relay_(relay),
      stream_(std::move(socket)),
      observed_(std::move(observed)),
      buffer_size_(buffer_size_min),
      pause_(relay.io()) {
  wait_at_most(std::chrono::seconds(relay.options().handshake));
}

tcp::socket& Connection::socket() {
  if (auto* web = std::get_if<Web>(&stream_)) return web->next_layer();
  return std::get<tcp::socket>(stream_);
}

void Connection::open(const Door& door) {
  ErrorCode ignored;
  socket().set_option(tcp::no_delay(true), ignored);
  // A slow reader is to stop its sender soon, not after megabytes in the kernel.
  (void)::setsockopt(socket().native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_size_max,
                     sizeof unsent_size_max);
  const bool is_told_later = door.is_web && relay_.options().trusts_proxy;
  RelayFailure why{};
  if (!is_told_later && !relay_.enter(*this, why))
    return door.is_web ? turn_away("503 Service Unavailable")
                       : drop(encode_relay_message(RelayFailed{why}));
  if (door.is_web) return read_request();
  greet();
}

// Any path, any host: who is in front of this relay decides what leads here.
void Connection::read_request() {
  struct Opening {
    boost::beast::flat_buffer buffer{http_header_size_max};
    http::request_parser<http::empty_body> parser;
  };
  auto opening = std::make_shared<Opening>();
  auto& plain = std::get<tcp::socket>(stream_);
  const auto take = [self = shared_from_this(), opening](ErrorCode error, std::size_t) {
    if (self->state_ != State::opening) return;
    if (error) return self->close();
    const auto& request = opening->parser.get();
    if (!websocket::is_upgrade(request) || opening->buffer.size() != 0)
      return self->turn_away("426 Upgrade Required");
    if (self->relay_.options().trusts_proxy) {
      const auto observed = forwarded_for(request);
      if (!observed) return self->turn_away("400 Bad Request");
      self->observed_ = *observed;
      RelayFailure why{};
      if (!self->relay_.enter(*self, why)) return self->turn_away("503 Service Unavailable");
    }
    tcp::socket moved = std::move(std::get<tcp::socket>(self->stream_));
    auto& web = self->stream_.emplace<Web>(std::move(moved));
    web.binary(true);
    web.auto_fragment(false);
    web.read_message_max(0);  // nothing is collected: it is read piece by piece
    web.set_option(websocket::stream_base::decorator(
        [](websocket::response_type& answer) { answer.erase(http::field::server); }));
    web.async_accept(request, [self, opening](ErrorCode failed) {
      if (self->state_ != State::opening) return;
      if (failed) return self->close();
      self->greet();
    });
  };
  http::async_read_header(plain, opening->buffer, opening->parser, take);
}

// At once and without waiting whether it arrives: who has too much already gets no more of it.
void Connection::drop(Bytes answer) {
  ErrorCode ignored;
  socket().non_blocking(true, ignored);
  socket().write_some(asio::buffer(answer.data(), answer.size()), ignored);
  close();
}

void Connection::turn_away(std::string_view status) {
  drop(as_bytes("HTTP/1.1 " + std::string(status) +
                "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
}

void Connection::greet() {
  state_ = State::greeted;
  nonce_ = random_id<RelayNonce>();
  send(RelayHello{nonce_, observed_, static_cast<std::uint16_t>(relay_.options().ttl)});
  read();
}

void Connection::send(const RelayMessage& message) {
  const Buffer bytes = encode_relay_message(message);
  if (output_.size() + bytes.size() > output_size_max) return close();
  append(output_, bytes);
  flush();
}

// Requires: it was greeted.
void Connection::refuse(RelayFailure why) {
  relay_.forget_call(*this);
  state_ = State::ending;
  wait_at_most(ending_timeout);
  send(RelayFailed{why});
}

void Connection::flush() {
  if (is_writing_ || output_.empty()) return;
  is_writing_ = true;
  flushing_ = std::exchange(output_, {});
  const auto done = [self = shared_from_this()](ErrorCode error, std::size_t) {
    self->is_writing_ = false;
    if (self->state_ == State::closed) return;
    if (error) return self->close();
    self->flushing_ = {};
    if (!self->output_.empty()) return self->flush();
    if (self->state_ == State::ending) return self->finish();
    if (self->other_) self->other_->push();
  };
  if (auto* web = std::get_if<Web>(&stream_))
    return web->async_write(asio::buffer(flushing_), done);
  asio::async_write(std::get<tcp::socket>(stream_), asio::buffer(flushing_), done);
}

void Connection::finish() {
  ErrorCode ignored;
  if (auto* web = std::get_if<Web>(&stream_))
    return web->async_close(websocket::close_code::normal,
                            [self = shared_from_this()](ErrorCode) {});
  socket().shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::fit_buffer(std::size_t used) {
  if (used == buffer_size_ && state_ == State::spliced && buffer_size_ < buffer_size_max) {
    buffer_size_ *= 2;
    buffer_.reset();
  } else if (used < buffer_size_ / 8 && buffer_size_ > buffer_size_min) {
    buffer_size_ /= 2;
    buffer_.reset();
  }
}

void Connection::read() {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(buffer_size_);
  const auto into = asio::buffer(buffer_.get(), buffer_size_);
  const auto done = [self = shared_from_this()](ErrorCode error, std::size_t size) {
    if (self->state_ != State::closed) self->take_read(error, size);
  };
  if (auto* web = std::get_if<Web>(&stream_)) return web->async_read_some(into, done);
  std::get<tcp::socket>(stream_).async_read_some(into, done);
}

void Connection::take_read(ErrorCode error, std::size_t size) {
  const auto* web = std::get_if<Web>(&stream_);
  if (!error && web != nullptr && !web->got_binary()) error = websocket::error::bad_opcode;
  if (error) {
    const bool is_orderly = error == asio::error::eof || error == websocket::error::closed;
    has_ended_ = true;
    // What the other one has to say may go on.
    if (state_ == State::spliced && is_orderly && !other_->has_ended_) return other_->finish();
    return close();
  }
  if (state_ == State::ending || size == 0) return read();
  if (state_ != State::spliced) return take_messages({buffer_.get(), size});
  unpassed_ = size;
  relay_.counters.bytes += size;
  wait_at_most(std::chrono::seconds(relay_.options().idle));
  other_->deadline_ = deadline_;
  push();
}

void Connection::take_messages(Bytes bytes) {
  // Who called or takes says nothing until it is spliced, and may only leave.
  bool is_wrong = state_ == State::calling;
  while (!is_wrong && (state_ == State::greeted || state_ == State::control)) {
    const auto message = frames_.take(bytes);
    is_wrong = !message;
    if (is_wrong || !*message) break;
    relay_.take(*this, **message);
    if (state_ == State::calling || state_ == State::spliced) is_wrong = !bytes.empty();
  }
  if (state_ == State::closed) return;
  if (is_wrong) {
    ++relay_.counters.malformed;
    return close();
  }
  if (state_ == State::control) wait_at_most(std::chrono::seconds(relay_.options().ttl));
  read();
}

void Connection::splice(const std::shared_ptr<Connection>& caller,
                        const std::shared_ptr<Connection>& taker) {
  const Options& options = caller->relay_.options();
  caller->allowance_ = std::make_shared<Bucket>(options.byte_rate, options.byte_burst);
  taker->allowance_ = caller->allowance_;
  caller->other_ = taker;
  taker->other_ = caller;
  for (const auto& one : {caller, taker}) {
    one->state_ = State::spliced;
    one->wait_at_most(std::chrono::seconds(options.idle));
  }
  for (const auto& one : {caller, taker})
    if (one->state_ == State::spliced) one->send(RelaySpliced{});
}

// What was read goes to the other one; only then is more read.
void Connection::push() {
  if (unpassed_ == 0 || other_->is_writing_) return;
  other_->is_writing_ = true;
  const auto from = asio::buffer(buffer_.get(), unpassed_);
  const auto done = [self = shared_from_this(), to = other_](ErrorCode error, std::size_t) {
    to->is_writing_ = false;
    if (self->state_ != State::spliced) return;
    if (error) return self->close();
    self->take_written(std::exchange(self->unpassed_, 0));
  };
  if (auto* web = std::get_if<Web>(&other_->stream_)) return web->async_write(from, done);
  asio::async_write(std::get<tcp::socket>(other_->stream_), from, done);
}

void Connection::take_written(std::size_t size) {
  fit_buffer(size);
  const auto wait = allowance_->take_on_credit(size);
  if (wait <= Clock::duration::zero()) return read();
  pause_.expires_after(wait);
  pause_.async_wait([self = shared_from_this()](ErrorCode error) {
    if (!error && self->state_ == State::spliced) self->read();
  });
}

void Connection::reach_deadline() {
  if (state_ != State::calling) return close();
  ++relay_.counters.untaken;
  refuse(RelayFailure::absent);
}

void Connection::close() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  relay_.leave(*this);
  state_ = State::closed;
  ErrorCode ignored;
  pause_.cancel(ignored);
  socket().shutdown(tcp::socket::shutdown_send, ignored);
  socket().close(ignored);
  if (const auto other = std::exchange(other_, nullptr)) other->close();
}

}  // namespace syncline::relay
