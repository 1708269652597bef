// SPDX-License-Identifier: Apache-2.0
#include "ipc/errors.h"

#include "protocol/base/advice.h"
#include "protocol/base/check.h"

#include <array>
#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::string_view report_next =
    "run `syncline doctor`; if it finds nothing, report this with the agent's log";

constexpr std::array rows{
    ErrorRow{Errc::invalid, -32602, "Invalid params",
             "see the method's parameters in ipc/API.md or in rpc.discover"},
    ErrorRow{Errc::locked, -32001, "The vault is locked",
             "unlock it with vault.unlock (`syncline unlock`)"},
    ErrorRow{Errc::wrong_password, -32002, "The password is wrong",
             "try again; a password changed on another device arrives with the next sync"},
    ErrorRow{Errc::wrong_code, -32003, "The pairing code is wrong",
             "ask for a new code with pair.invite: each can be tried once"},
    ErrorRow{
        Errc::not_found, -32004, "Not found",
        "see what there is: entity.list, entity.get, entity.history, conflict.list or device.list"},
    ErrorRow{Errc::already_exists, -32005, "It exists already",
             "use what is there, or remove it first"},
    ErrorRow{Errc::conflict, -32006, "The version is another one now",
             "read again with entity.get, apply the change to that, and retry with its version"},
    ErrorRow{Errc::forbidden, -32007, "Not allowed",
             "use the account or the device that this belongs to"},
    ErrorRow{Errc::unsupported, -32008, "Not known to this version",
             "update Syncline on this device"},
    ErrorRow{Errc::limit, -32009, "A limit is reached",
             "remove what is no longer needed, or ask "
             "for less at once"},
    ErrorRow{Errc::oversized, -32010, "Too large",
             "shorten it, or send less at once; the limits are listed in ipc/API.md"},
    ErrorRow{Errc::busy, -32011, "Busy", "try again in a moment"},
    ErrorRow{Errc::timeout, -32012, "It took too long",
             "see with sync.status who is connected, then try again"},
    ErrorRow{Errc::unreachable, -32013, "No connection",
             "see that the other device is on and its address is right, then try again"},
    ErrorRow{Errc::cancelled, -32014, "Cancelled", "ask again if it is still wanted"},
    ErrorRow{Errc::degraded, -32015, "The store takes no writes at present",
             "reading works; see system.status for the cause: the store reopens by itself when "
             "it is gone"},
    ErrorRow{Errc::disk_full, -32016, "The disk is full",
             "free some space: the store then reopens by itself"},
    ErrorRow{Errc::io, -32017, "The system reported an input/output error",
             "check the disk and the agent's log"},
    ErrorRow{Errc::corrupt, -32018, "Stored data is damaged",
             "see `syncline status` for what to do: what other devices hold comes back from them"},
    ErrorRow{Errc::rolled_back, -32019, "The store is older than it was",
             "let it sync with the other devices: this device goes on under a new incarnation"},
    ErrorRow{Errc::bad_signature, -32020, "A signature or checksum does not match", report_next},
    ErrorRow{Errc::unknown_device, -32021, "The device does not belong to the vault",
             "list the devices with device.list, or pair it with pair.invite"},
    ErrorRow{Errc::not_admitted, -32022, "The log does not belong to the space", report_next},
    ErrorRow{Errc::equivocation, -32023, "A device signed two histories",
             "see with log.list which log is frozen, and pair that device anew"},
    ErrorRow{Errc::truncated, -32024, "It ends too early", report_next},
    ErrorRow{Errc::non_canonical, -32025, "It is not in its one valid form", report_next},
};

RpcError standard(RpcCode code, std::string_view message, Errc kind, std::string detail) {
  RpcError made;
  made.code = static_cast<int>(code);
  made.message = message;
  made.kind = kind;
  made.detail = std::move(detail);
  return made;
}

}  // namespace

std::span<const ErrorRow> error_rows() { return rows; }

const ErrorRow& row_of(Errc code) {
  for (const ErrorRow& row : rows) {
    if (row.code == code) return row;
  }
  SYNCLINE_CHECK(false && "every reason has a row");
  return rows.front();
}

Errc errc_of_kind(std::string_view kind) {
  for (const ErrorRow& row : rows) {
    if (name_of(row.code) == kind) return row.code;
  }
  return Errc::io;
}

Json to_json(const RpcError& error) {
  Json data = {{"kind", name_of(error.kind)}, {"next", error.next}};
  if (!error.detail.empty()) data["detail"] = error.detail;
  return {{"code", error.code}, {"message", error.message}, {"data", std::move(data)}};
}

RpcError parse_error(const Error& why) {
  const auto [what, advice] = split_advice(why.context);
  RpcError made = standard(RpcCode::parse_error, "Parse error", why.code, std::string(what));
  if (!advice.empty()) {
    made.next = advice;
    return made;
  }
  made.next = why.code == Errc::oversized
                  ? "send less at once; a long text goes in in pieces, with "
                    "text.insert; the limits are listed in ipc/API.md"
                  : "send one JSON object on one line, as UTF-8";
  return made;
}

RpcError invalid_request(Errc kind, std::string detail) {
  RpcError made = standard(RpcCode::invalid_request, "Invalid Request", kind, std::move(detail));
  made.next = R"(send {"jsonrpc":"2.0","id":"1","method":"...","params":{...}})";
  return made;
}

RpcError method_not_found(std::string detail, std::string next) {
  RpcError made =
      standard(RpcCode::method_not_found, "Method not found", Errc::not_found, std::move(detail));
  made.next = std::move(next);
  return made;
}

RpcError invalid_params(std::string detail, std::string next) {
  RpcError made =
      standard(RpcCode::invalid_params, "Invalid params", Errc::invalid, std::move(detail));
  made.next = std::move(next);
  return made;
}

RpcError internal_error(std::string detail) {
  RpcError made = standard(RpcCode::internal_error, "Internal error", Errc::io, std::move(detail));
  made.next = report_next;
  return made;
}

RpcError from_agent(const Error& why) {
  const ErrorRow& row = row_of(why.code);
  RpcError made;
  made.code = row.number;
  made.message = row.message;
  made.kind = why.code;
  const auto [what, advice] = split_advice(why.context);
  made.detail = what;
  for (const std::string_view part : {"ops[", "json_patch["})
    if (what.substr(0, part.size()) == part) made.detail.insert(0, "params.");
  made.next = advice.empty() ? row.next : advice;
  return made;
}

}  // namespace syncline::ipc
