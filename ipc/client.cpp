// SPDX-License-Identifier: Apache-2.0
#include "ipc/client.h"

#include "ipc/errors.h"
#include "protocol/crypto/secret.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace syncline::ipc {

namespace {

using Clock = std::chrono::steady_clock;

tl::unexpected<Error> gone() {
  return fail(Errc::unreachable, "the agent closed the connection: see its log, then try again");
}

Status connect_failure(const std::string& path) {
  switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
      return fail(Errc::unreachable, "no agent is running: start it with `synclined`");
    case EACCES:
    case EPERM: return fail(Errc::forbidden, path + " belongs to another user");
    default: return fail(Errc::io, "cannot connect to " + path + ": " + system_error_text());
  }
}

// A password must not go to whoever got hold of the path.
Status check_server(int fd, const std::string& path) {
  ucred other{};
  socklen_t size = sizeof other;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0 || other.uid != ::geteuid()) {
    return fail(Errc::forbidden, "the agent at " + path + " is run by another user");
  }
  return {};
}

int milliseconds_until(const std::optional<Clock::time_point>& deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

// Nothing for an answer that is not to one of our calls.
std::optional<std::uint64_t> id_of(const Json& answer) {
  const auto id = answer.find("id");
  if (id == answer.end() || !id->is_string()) return std::nullopt;
  const auto& digits = id->get_ref<const std::string&>();
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

std::string text_member(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<Client> Client::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() > socket_path_size_max) {
    return fail(Errc::invalid, "the socket's path has to be 1 to " +
                                   std::to_string(socket_path_size_max) + " bytes: " + path);
  }
  path.copy(address.sun_path, socket_path_size_max);
  OpenFile socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return fail(Errc::io, "cannot make a socket: " + system_error_text());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return pass(connect_failure(path));
  }
  if (Status ours = check_server(socket.get(), path); !ours) return pass(ours);
  return Client(std::move(socket));
}

Result<Json> Client::call(std::string_view method, Json params, Timeout timeout) {
  const Result<std::uint64_t> id = send(method, std::move(params));
  if (!id) return pass(id);
  return receive(*id, timeout);
}

Result<std::uint64_t> Client::send(std::string_view method, Json params) {
  const std::uint64_t id = next_id_++;
  Json request = {{"jsonrpc", "2.0"},
                  {"id", std::to_string(id)},
                  {"method", method},
                  {"params", std::move(params)}};
  std::string line = dump(request) + "\n";
  wipe(request);
  const Status sent = send_raw(line);
  crypto::wipe_text(line);
  if (!sent) return pass(sent);
  return id;
}

Status Client::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EPIPE || errno == ECONNRESET)) return gone();
    if (size < 0) return fail(Errc::io, "cannot write to the agent: " + system_error_text());
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

Result<std::string> Client::receive_line(Timeout timeout) {
  std::optional<Clock::time_point> deadline;
  if (timeout) deadline = Clock::now() + *timeout;
  std::array<char, 64 * 1024> buffer;
  while (true) {
    if (const std::size_t end = input_.find('\n', searched_); end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      searched_ = 0;
      return line;
    }
    searched_ = input_.size();
    pollfd state{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&state, 1, milliseconds_until(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return fail(Errc::timeout, "the agent did not answer in time");
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return gone();
    input_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

Result<Json> Client::receive(std::uint64_t id, Timeout timeout) {
  if (auto early = early_.extract(id); !early.empty()) return outcome(early.mapped());
  while (true) {
    const Result<std::string> line = receive_line(timeout);
    if (!line) return pass(line);
    Result<Json> answer = parse(*line, answer_limits);
    if (!answer || !answer->is_object()) {
      return fail(Errc::io, "the agent's answer cannot be read: is it another version?");
    }
    const auto its_id = id_of(*answer);
    // Without an id it is about the connection, or about a line that could not be read.
    if (!its_id || *its_id == id) return outcome(*answer);
    early_.insert_or_assign(*its_id, std::move(*answer));
  }
}

Result<Json> Client::outcome(Json& answer) {
  if (const auto result = answer.find("result"); result != answer.end()) {
    return std::move(*result);
  }
  last_error_ = answer.value("error", Json::object());
  const Json data = last_error_.is_object() ? last_error_.value("data", Json()) : Json();
  std::string context = text_member(data, "detail");
  if (context.empty()) context = text_member(last_error_, "message");
  return fail(errc_of_kind(text_member(data, "kind")), std::move(context));
}

}  // namespace syncline::ipc
