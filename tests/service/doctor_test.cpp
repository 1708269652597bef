// SPDX-License-Identifier: Apache-2.0
#include "service/doctor.h"

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

ipc::Json rebuilt(const char* differences) {
  ipc::Json answer = {{"entities", 12},     {"equal", true}, {"unequal", ipc::Json::array()},
                      {"unequal_count", 0}, {"changed", 0},  {"damaged", false}};
  answer.update(ipc::Json::parse(differences));
  return answer;
}

TEST_CASE("what was made anew and reads as before is good, what does not is bad and named") {
  const Finding good = look_at_rebuilt(rebuilt("{}"));
  CHECK(good.check == "view");
  CHECK(good.verdict == Verdict::good);
  CHECK(good.text == "12 entities made anew, equal");
  CHECK(good.remedy.empty());

  const Finding bad = look_at_rebuilt(
      rebuilt(R"({"equal":false,"unequal":["00ff","01ff"],"unequal_count":2,"damaged":true})"));
  CHECK(bad.verdict == Verdict::bad);
  CHECK(bad.text.find("00ff 01ff") != std::string::npos);
  CHECK_FALSE(bad.remedy.empty());
}

TEST_CASE("what could not be compared is said") {
  const Finding damaged = look_at_rebuilt(rebuilt(R"({"damaged":true})"));
  CHECK(damaged.verdict == Verdict::worth_knowing);
  CHECK(damaged.text.find("damaged") != std::string::npos);
  const Finding changed = look_at_rebuilt(rebuilt(R"({"changed":1})"));
  CHECK(changed.verdict == Verdict::worth_knowing);
  CHECK(changed.text.find("1 entity that changed") != std::string::npos);
}

}  // namespace
}  // namespace syncline::service
