// SPDX-License-Identifier: Apache-2.0
#include "ipc/conversation.h"

#include "ipc/errors.h"
#include "ipc/json_rpc.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace syncline::ipc {

namespace {

// One line's calls: their answers, and how many are to come.
struct Exchange {
  bool batch = false;
  std::vector<std::string> answers;  // empty where nothing is to be said
  std::size_t to_come = 0;
  std::size_t size = 0;
};

// Names one call of an exchange.
struct Place {
  std::shared_ptr<Exchange> exchange;
  std::size_t index = 0;
  std::optional<Json> id;  // nothing: a notification
};

}  // namespace

struct Conversation::State : std::enable_shared_from_this<State> {
  State(const Backend& its_backend, MethodTable its_table, Outlet its_outlet)
      : backend(its_backend), table(its_table), outlet(std::move(its_outlet)) {}

  const Backend& backend;
  MethodTable table;
  Outlet outlet;
  // Calls under way; nothing while submit() has not returned.
  std::map<std::uint64_t, std::optional<RequestId>> under_way;
  std::uint64_t next_number = 0;
  std::optional<CallerId> caller;  // once something depends on it

  void take(std::string_view line) {
    Incoming incoming = read_line(line);
    auto exchange = std::make_shared<Exchange>();
    exchange->batch = incoming.batch;
    exchange->answers.resize(incoming.items.size());
    // One more, so that nothing is sent before all calls were begun.
    exchange->to_come = incoming.items.size() + 1;
    for (std::size_t i = 0; i < incoming.items.size(); ++i) {
      Place place{exchange, i, Json()};
      if (auto* call = std::get_if<Call>(&incoming.items[i])) {
        place.id = std::move(call->id);
        try {
          begin(*call, place);
        } catch (const Json::exception& defect) {
          // A schema and the code that relies on it disagree.
          finish_error(place, internal_error(defect.what()));
        }
      } else {
        finish(place, std::get<Refused>(incoming.items[i]).answer);
      }
    }
    count_down(*exchange);
  }

  void begin(Call& call, const Place& place) {
    const Method* method = find_method(table, call.method);
    if (method == nullptr) return finish_unknown(call.method, place);
    if (call.params.is_null()) call.params = Json::object();
    if (Status fits = check(method->params, call.params, "params"); !fits) {
      RpcError error = from_agent(fits.error());
      if (call.params.is_array()) error.next = "give the parameters by name, in an object";
      return finish_error(place, error);
    }
    if (method->local) return finish_result(place, method->local(call.params, backend));
    Result<step::Command> command = method->command(call.params);
    if (!command) return finish_error(place, from_agent(command.error()));
    if (CallerId* from = caller_in(*command)) {
      if (!caller) caller = backend.arrive();
      *from = *caller;
    }
    submit(*method, std::move(*command), place);
  }

  void submit(const Method& method, step::Command command, const Place& place) {
    const std::uint64_t number = next_number++;
    const Form form = form_of(command);
    under_way.emplace(number, std::nullopt);
    const std::weak_ptr<State> weak = weak_from_this();
    const RequestId request = backend.submit(
        std::move(command), [weak, number, form, &method, place](Result<step::Answer> answer) {
          const auto state = weak.lock();
          if (!state || state->under_way.erase(number) == 0) return;
          state->answered(method, form, place, answer);
          state->outlet.settled();
        });
    if (const auto found = under_way.find(number); found != under_way.end()) {
      found->second = request;
    }
  }

  void answered(const Method& method, Form form, const Place& place,
                const Result<step::Answer>& answer) {
    if (!answer) return finish_error(place, from_agent(answer.error()));
    if (!place.id) return finish(place, nullptr);
    Json result = to_json(*answer, form);
    finish_result(place, method.narrow ? method.narrow(std::move(result)) : std::move(result));
  }

  void finish_unknown(const std::string& name, const Place& place) {
    const std::string similar = nearest(name, names_of(table));
    finish_error(place, method_not_found("no method has this name",
                                         similar.empty()
                                             ? "see rpc.discover for every method"
                                             : "did you mean " + similar + "? See rpc.discover"));
  }

  void finish_result(const Place& place, Json result) {
    finish(place, place.id ? result_answer(*place.id, std::move(result)) : Json());
  }

  void finish_error(const Place& place, const RpcError& error) {
    finish(place, place.id ? error_answer(*place.id, error) : Json());
  }

  // `answer` is null where nothing is to be said.
  void finish(const Place& place, const Json& answer) {
    Exchange& exchange = *place.exchange;
    if (!answer.is_null()) {
      std::string line = dump(answer);
      if (exchange.size + line.size() > answer_size_max) {
        line = dump(error_answer(
            place.id.value_or(nullptr),
            from_agent({Errc::oversized, "the answer is longer than " +
                                             std::to_string(answer_size_max) + " bytes"})));
      }
      exchange.size += line.size();
      exchange.answers[place.index] = std::move(line);
    }
    count_down(exchange);
  }

  void count_down(Exchange& exchange) {
    if (--exchange.to_come > 0) return;
    std::string line;
    for (std::string& answer : exchange.answers) {
      if (answer.empty()) continue;
      if (!exchange.batch) {
        line = std::move(answer);
      } else {
        line += (line.empty() ? "[" : ",") + answer;
      }
    }
    if (line.empty()) return;
    if (exchange.batch) line += "]";
    outlet.send(std::move(line));
  }
};

Conversation::Conversation(const Backend& backend, MethodTable table, Outlet outlet)
    : state_(std::make_shared<State>(backend, table, std::move(outlet))) {}

Conversation::~Conversation() { leave(); }

void Conversation::take(std::string_view line) { state_->take(line); }

std::size_t Conversation::outstanding() const { return state_->under_way.size(); }

void Conversation::leave() {
  forget_all();
  if (const auto caller = std::exchange(state_->caller, std::nullopt))
    state_->backend.leave(*caller);
}

void Conversation::forget_all() {
  for (const auto& [number, request] : std::exchange(state_->under_way, {})) {
    if (request) state_->backend.forget(*request);
  }
}

}  // namespace syncline::ipc
