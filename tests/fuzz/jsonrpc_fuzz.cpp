// SPDX-License-Identifier: Apache-2.0
//
// A line from a local program: read, dispatched into Commands, answered.
//
// What must hold: no crash; what our reader accepts, the library accepts with the same value;
// every line gets at most one answer, which is a line of JSON; what became of a call is
// answered when the agent replies.
#include "ipc/conversation.h"
#include "ipc/json.h"
#include "protocol/base/bytes.h"
#include "protocol/base/check.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace syncline;

void check_reading(const std::string& line) {
  const Result<ipc::Json> ours = ipc::parse(line);
  if (!ours) return;
  const ipc::Json theirs = ipc::Json::parse(line, nullptr, false);
  SYNCLINE_CHECK(!theirs.is_discarded());
  SYNCLINE_CHECK(*ours == theirs);
  SYNCLINE_CHECK(ipc::parse(ipc::dump(*ours), ipc::answer_limits) == *ours);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line = to_text({data, size});
  check_reading(line);

  std::vector<ipc::Reply> replies;
  const ipc::Backend backend{.submit =
                                 [&replies](step::Command, ipc::Reply reply) {
                                   replies.push_back(std::move(reply));
                                   return RequestId{replies.size()};
                                 },
                             .forget = [](RequestId) { SYNCLINE_CHECK(false && "answered"); },
                             .facts = [] { return ipc::AgentFacts{}; }};
  std::size_t answers = 0;
  ipc::Conversation conversation(
      backend, ipc::methods(),
      {.send =
           [&answers](const std::string& answer) {
             ++answers;
             SYNCLINE_CHECK(answer.find('\n') == std::string::npos);
             SYNCLINE_CHECK(ipc::parse(answer, ipc::answer_limits).has_value());
           },
       .settled = [] {}});
  conversation.take(line);
  SYNCLINE_CHECK(conversation.outstanding() == replies.size());
  for (const ipc::Reply& reply : replies) reply(step::Answer(step::Done{}));
  SYNCLINE_CHECK(conversation.outstanding() == 0);
  SYNCLINE_CHECK(answers <= 1);
  return 0;
}
