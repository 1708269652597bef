// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/trace_file.h"

#include "protocol/text/utf8.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>

namespace syncline::bench {

namespace {

using Json = nlohmann::json;

Result<std::string> unpacked(const std::string& path) {
  if (!std::filesystem::exists(path)) return fail(Errc::not_found, path);
  // The path is one word to the shell, whatever it contains.
  std::string quoted;
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  std::FILE* pipe = popen(("gzip -dc -- '" + quoted + "'").c_str(), "r");
  if (!pipe) return fail(Errc::io, "cannot start gzip");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), size);
  if (pclose(pipe) != 0) return fail(Errc::invalid, path + " cannot be unpacked");
  return text;
}

Patch patch_of(const Json& json) {
  Patch patch;
  patch.position = json.at(0).get<std::uint64_t>();
  patch.removed = json.at(1).get<std::uint64_t>();
  patch.inserted = json.at(2).get<std::string>();
  patch.added = text::count_scalars(patch.inserted);
  return patch;
}

SequentialTrace sequential_of(const Json& json) {
  SequentialTrace trace;
  if (json.value("kind", "") == "concurrent") throw std::invalid_argument("not a sequential trace");
  trace.start = json.at("startContent").get<std::string>();
  trace.end = json.at("endContent").get<std::string>();
  for (const Json& transaction : json.at("txns")) {
    const Json& patches = transaction.at("patches");
    for (const Json& patch : patches) trace.patches.push_back(patch_of(patch));
    trace.transactions.push_back(static_cast<std::uint32_t>(patches.size()));
  }
  return trace;
}

ConcurrentTrace concurrent_of(const Json& json) {
  ConcurrentTrace trace;
  trace.end = json.at("endContent").get<std::string>();
  trace.agents = json.at("numAgents").get<std::uint32_t>();
  for (const Json& from : json.at("txns")) {
    Transaction transaction;
    transaction.agent = from.at("agent").get<std::uint32_t>();
    transaction.parents = from.at("parents").get<std::vector<std::uint32_t>>();
    for (const Json& patch : from.at("patches")) transaction.patches.push_back(patch_of(patch));
    for (const std::uint32_t parent : transaction.parents)
      if (parent >= trace.transactions.size()) throw std::out_of_range("a parent comes later");
    trace.transactions.push_back(std::move(transaction));
  }
  return trace;
}

template <class Trace>
Result<Trace> read_trace(const std::string& path, Trace (*trace_of)(const Json&)) {
  const auto text = unpacked(path);
  if (!text) return pass(text);
  try {
    return trace_of(Json::parse(*text));
  } catch (const std::exception& error) {
    return fail(Errc::invalid, path + ": " + error.what());
  }
}

}  // namespace

Result<SequentialTrace> read_sequential_trace(const std::string& path) {
  return read_trace(path, sequential_of);
}

Result<ConcurrentTrace> read_concurrent_trace(const std::string& path) {
  return read_trace(path, concurrent_of);
}

}  // namespace syncline::bench
