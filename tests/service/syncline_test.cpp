// SPDX-License-Identifier: Apache-2.0
#include "ipc/json.h"
#include "tests/service/program.h"

#include <csignal>
#include <fstream>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace syncline::service {
namespace {

ipc::Json json_of(const std::string& text) {
  const auto parsed = ipc::parse(text.substr(0, text.find('\n')), ipc::answer_limits);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}

std::string make_note(const RunningAgent& agent, const std::vector<std::string>& words) {
  std::vector<std::string> all = {"put", "--new"};
  all.insert(all.end(), words.begin(), words.end());
  const Ran made = agent.cli(all);
  REQUIRE_MESSAGE(made.exit_code == 0, made.err);
  return made.out.substr(0, made.out.find('\n'));
}

std::string write_script(const RunningAgent& agent, const std::string& body) {
  const std::string file = agent.home() / "editor.sh";
  std::ofstream(file) << "#!/bin/sh\n" << body << "\n";
  ::chmod(file.c_str(), 0700);
  return "EDITOR=" + file;
}

// The inviter's decision, as soon as there is something to decide.
void confirm_when_asked(const RunningAgent& inviter) {
  for (int i = 0; i < 600; ++i) {
    const Ran status = inviter.cli({"rpc", "pair.status"});
    if (status.out.find("\"phase\":\"confirming\"") != std::string::npos) {
      inviter.cli({"rpc", "pair.confirm", "{\"accept\":true}"});
      return;
    }
    ::usleep(20'000);
  }
}

TEST_CASE("without an agent the command line says how to start one") {
  const TemporaryHome place;
  const Ran ran = run_program({built("syncline"), "--home", place.path() / "home", "status"});
  CHECK(ran.exit_code == 3);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("synclined") != std::string::npos);
}

TEST_CASE("wrong usage is exit code 2 and names what is wrong") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"get"},
                                             {"ls", "--limit", "x"},
                                             {"join"},
                                             {"put", "title=no entity"},
                                             {"put", "--new", "no equals sign"},
                                             {"sync", "sideways"}}) {
    std::vector<std::string> all = {built("syncline"), "--home", "/nonexistent"};
    all.insert(all.end(), words.begin(), words.end());
    const Ran ran = run_program(all);
    CHECK_MESSAGE(ran.exit_code == 2, ran.err);
  }
}

TEST_CASE("an unknown subcommand is named") {
  const Ran ran = run_program({built("syncline"), "--home", "/nonexistent", "lst"});
  CHECK(ran.exit_code == 2);
  CHECK(ran.err.find("`lst`") != std::string::npos);
  CHECK(ran.err.find("syncline --help") != std::string::npos);
}

TEST_CASE("what is no UTF-8 is refused and nothing is written") {
  RunningAgent agent;
  agent.make_vault();
  CHECK(agent.cli({"put", "--new", "title=\xff"}).exit_code == 2);
  const std::string note = make_note(agent, {"--text", "body=same"});
  CHECK(agent.cli({"put", note, "--text", "body=caf\xe9"}).exit_code == 2);
  const std::string editor = write_script(agent, R"(printf 'caf\351' > "$1")");
  CHECK(agent.cli({"edit", note}, {.environment = {editor}}).exit_code == 1);
  CHECK(agent.cli({"get", note, "body"}).out == "same\n");
}

TEST_CASE("a text whose key is digits or holds a slash is put again") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"title=x"});
  for (const std::string path : {"/~25", "/a~1b", "/c~02"}) {
    for (const std::string text : {"one", "one two"}) {
      const Ran ran = agent.cli({"put", note, "--text", path + "=" + text});
      CHECK_MESSAGE(ran.exit_code == 0, ran.err);
    }
  }
  const ipc::Json read = json_of(agent.cli({"get", note, "--json"}).out);
  CHECK(read["value"] ==
        ipc::Json({{"title", "x"}, {"5", "one two"}, {"a/b", "one two"}, {"c~2", "one two"}}));
}

TEST_CASE("a type that nothing has is named") {
  RunningAgent agent;
  agent.make_vault();
  CHECK(agent.cli({"ls"}).out.find("Nothing here yet") != std::string::npos);
  make_note(agent, {"title=x"});
  CHECK(agent.cli({"ls", "--type", "nosuch"}).out.find("nosuch") != std::string::npos);
}

TEST_CASE("an invitation says its URI, and a picture needs a directory that exists") {
  RunningAgent agent;
  agent.make_vault();
  const Ran nowhere = agent.cli({"invite", "--no-wait", "--png", agent.home() / "no" / "x.png"});
  CHECK(nowhere.exit_code == 1);
  CHECK(nowhere.err.find("does not exist: make it") != std::string::npos);
  const Ran shown = agent.cli({"invite", "--no-wait"});
  CHECK_MESSAGE(shown.exit_code == 0, shown.err);
  CHECK(shown.out.find("syncline join 'SYNCLINE:") != std::string::npos);
}

TEST_CASE("an agent that cannot start is said to have ended") {
  const TemporaryHome place;
  std::filesystem::path home;
  {
    RunningAgent agent;
    agent.make_vault();
    CHECK(agent.stop(SIGTERM) == 0);
    home = place.path() / "home";
    std::filesystem::copy(agent.home(), home, std::filesystem::copy_options::recursive);
  }
  REQUIRE(std::filesystem::exists(home / "device.key"));
  std::ofstream(home / "device.key", std::ios::trunc) << "rubbish";
  const Ran ran = run_program({built("syncline"), "--home", home, "--runtime", place.path() / "run",
                               "unlock", "--password-stdin"},
                              {.input = "one two three\n"});
  CHECK(ran.exit_code != 0);
  CHECK_MESSAGE(ran.err.find("synclined ended") != std::string::npos, ran.err);
}

TEST_CASE("a vault is made, locked, refuses a wrong password and opens again") {
  RunningAgent agent;
  CHECK(agent.cli({"unlock", "--password-stdin"}, {.input = "x\n"}).exit_code == 5);
  agent.make_vault();
  CHECK(agent.cli({"init", "--password-stdin"}, {.input = "x\n"}).exit_code == 7);
  CHECK(agent.cli({"lock"}).exit_code == 0);
  CHECK(agent.cli({"ls"}).exit_code == 4);
  const Ran wrong = agent.cli({"unlock", "--password-stdin"}, {.input = "one two four\n"});
  CHECK(wrong.exit_code == 6);
  CHECK(wrong.err.find("one two") == std::string::npos);
  CHECK(agent.cli({"unlock", "--password-stdin"}, {.input = "one two three\n"}).exit_code == 0);
  CHECK(agent.cli({"ls"}).exit_code == 0);
}

TEST_CASE("a password is never asked for where there is no terminal") {
  RunningAgent agent;
  agent.make_vault();
  agent.cli({"lock"});
  const Ran ran = agent.cli({"unlock"});
  CHECK(ran.exit_code != 0);
  CHECK(ran.err.find("--password-file") != std::string::npos);
}

TEST_CASE("a changed password opens the vault and the old one does not") {
  RunningAgent agent;
  agent.make_vault();
  CHECK(agent.cli({"passwd", "--password-stdin"}, {.input = "wrong\nnew one\n"}).exit_code == 6);
  CHECK(
      agent.cli({"passwd", "--password-stdin"}, {.input = "one two three\nnew one\n"}).exit_code ==
      0);
  agent.cli({"lock"});
  CHECK(agent.cli({"unlock", "--password-stdin"}, {.input = "one two three\n"}).exit_code == 6);
  CHECK(agent.cli({"unlock", "--password-stdin"}, {.input = "new one\n"}).exit_code == 0);
}

TEST_CASE("an entity is made, listed, read by a short id, changed and deleted") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(
      agent, {"--type", "note", "title=Hello", "tags=[\"a\",\"b\"]", "--text", "body=Text"});
  CHECK(note.size() == 32);
  const ipc::Json list = json_of(agent.cli({"--json", "ls"}).out);
  REQUIRE(list["entities"].size() == 1);
  CHECK(list["entities"][0]["entity"] == note);
  CHECK(agent.cli({"ls"}).out.find("Hello") != std::string::npos);
  const ipc::Json read = json_of(agent.cli({"get", note.substr(0, 6), "--json"}).out);
  CHECK(read["value"] == ipc::Json({{"title", "Hello"}, {"tags", {"a", "b"}}, {"body", "Text"}}));
  CHECK(agent.cli({"get", note, "tags/1"}).out == "b\n");
  CHECK(agent.cli({"put", note, "title=Changed", "author/name=5"}).exit_code == 0);
  CHECK(agent.cli({"get", note, "author"}).out == "{\n  \"name\": 5\n}\n");
  CHECK(agent.cli({"get", note, "title"}).out == "Changed\n");
  CHECK(agent.cli({"history", note}).exit_code == 0);
  CHECK(agent.cli({"get", note, "nowhere"}).exit_code == 5);
  CHECK(agent.cli({"rm", note}).exit_code == 0);
  CHECK(json_of(agent.cli({"ls", "--json"}).out)["entities"].empty());
}

TEST_CASE("who deletes what is deleted is told that it was deleted already") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"title=1"});
  CHECK(agent.cli({"rm", note}).out == "Deleted; `syncline undo` brings it back.\n");
  const auto again = agent.cli({"rm", note});
  CHECK(again.exit_code == 0);
  CHECK(again.out == "It was deleted already.\n");
}

TEST_CASE("a change made from an old version is refused with exit code 7") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"title=1"});
  const std::string version = json_of(agent.cli({"get", note, "--json"}).out)["version"];
  CHECK(agent.cli({"put", note, "title=2", "--if-version", version}).exit_code == 0);
  CHECK(agent.cli({"put", note, "title=3", "--if-version", version}).exit_code == 7);
  const auto garbage = agent.cli({"put", note, "title=3", "--if-version", "garbage"});
  CHECK(garbage.exit_code == 2);
  CHECK(garbage.err.find("`--if-version` is no version") != std::string::npos);
  CHECK(garbage.err.find("see `syncline help put`") != std::string::npos);
}

TEST_CASE("wrong usage names what is right") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"title=1"});
  const auto says = [&](const std::vector<std::string>& words, const char* wanted) {
    const auto done = agent.cli(words);
    CHECK(done.exit_code == 2);
    CAPTURE(done.err);
    CHECK(done.err.find(wanted) != std::string::npos);
  };
  says({"put", note, "title=2", "--wait", "never"}, "buffered, local, one_device, all_devices");
  says({"undo", note, "--wait", "never"}, "--wait does not take `never`");
  says({"sync", "pause", "--direction", "up"}, "both, receive, send");
  says({"get"}, "see `syncline help get`");
  says({"conflicts", "resolve", note, "title", "x"}, "see `syncline help conflicts`");
  says({"help", "nonsense"}, "there is no subcommand `nonsense`");
  says({"ls", "one", "two"}, "`syncline ls` takes fewer words: `one`, `two` is too much");
  says({"status", "--loud"}, "`syncline status` has no option `--loud`");
  says({"ls", "--limit", "many"}, "takes a whole number from 0");
  says({"ls", "--limit"}, "`--limit` needs N: at most so many");
  says({"get"}, "`syncline get` needs ENTITY");
  says({"type", "declare", "item", "price=maxx"}, "rules are max, min, union, text, none");
  says({"net", "sideways"}, "`mode anywhere`, `mode lan-only`, `mode off`");
  const std::string file = (agent.home() / "bad.json").string();
  std::ofstream(file) << "{\"a\": 1,\n \"\u00e4\": [1,\n 2,}\n";
  says({"put", note, "--whole", "--file", file}, "at line 3, column 4");
}

TEST_CASE("an empty word where something is needed is wrong usage, and said to be missing") {
  RunningAgent agent;
  agent.make_vault();
  const auto says = [&agent](const std::vector<std::string>& words, const char* sentence) {
    const Ran ran = agent.cli(words);
    CHECK(ran.exit_code == 2);
    CHECK_MESSAGE(ran.err.find(sentence) != std::string::npos, ran.err);
  };
  says({"rpc", ""}, "the name of a method is missing");
  says({"rpc", "entity.get", "[1]"}, "the parameters have to be a JSON object");
  says({"sync", "--connect", ""}, "`--connect` needs an address to dial\n  write HOST:PORT");
  says({"net", "relay", "add", ""}, "`net relay add` needs the address of a relay");
  says({"net", "relay", "remove", ""}, "`net relay remove` needs the address of a relay");
}

TEST_CASE("what is too long or leads nowhere is said in the words of the command line") {
  RunningAgent agent;
  agent.make_vault();
  const Ran made = agent.cli({"put", "--new", "--json", "title=Trip", "l=[1,2]"});
  const std::string note = json_of(made.out)["entity"];
  const auto says = [&](std::vector<std::string> words, const char* sentence) {
    const Ran ran = agent.cli(std::move(words));
    CHECK(ran.exit_code == 2);
    CHECK_MESSAGE(ran.err.find(sentence) == 0, ran.err);
    CHECK(ran.err.find("params") == std::string::npos);
  };
  says({"put", "--new", "--type", std::string(65, 'x'), "a=1"},
       "syncline: `--type` has 65 bytes, and may have at most 64");
  says({"put", "--new", "a=" + std::string(16385, 'x')},
       "syncline: a: the string has 16385 bytes, and may have at most 16384\n  make it a text");
  says({"put", note, "b=1", R"(a={"$set":[[1]]})"},
       "syncline: /a.$set[0] has to be a string, a number, true, false or null");
  says({"put", note, "title/x=1"},
       "syncline: /title is a plain string, and nothing is inside of it\n  correct the path");
  says({"put", note, "l/9=1"},
       "syncline: /l is a list of 2 items, and has no item 9\n  its items are /l/0 to /l/1\n");
  says({"get", note, "a~7"}, "syncline: PATH has a \"~\"");
}

TEST_CASE("who joins with what is no code is told before an agent is started") {
  const TemporaryHome place;
  const std::filesystem::path home = place.path() / "home";
  const Ran ran = run_program({built("syncline"), "--home", home, "join", "abc"});
  CHECK(ran.exit_code == 2);
  CHECK(ran.err.find("like 123-456-789") != std::string::npos);
  CHECK(ran.err.find("syncline invite") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(home));
}

TEST_CASE("net says what its mode has made of the ports, and who outside could notice") {
  RunningAgent agent;
  agent.make_vault();
  CHECK(agent.cli({"net"}).out.find("to nobody outside this machine") != std::string::npos);
  CHECK(json_of(agent.cli({"net", "mode", "off", "--json"}).out)["listening"].empty());
  const Ran refused = agent.cli({"sync", "--connect", "127.0.0.1:9"});
  CHECK(refused.err.find("`syncline net mode anywhere` opens it") != std::string::npos);
  CHECK_FALSE(json_of(agent.cli({"net", "mode", "anywhere", "--json"}).out)["listening"].empty());
}

TEST_CASE("help says the same with and without dashes") {
  RunningAgent agent;
  CHECK(agent.cli({"help"}).out == agent.cli({"--help"}).out);
  CHECK(agent.cli({"help", "put"}).out == agent.cli({"put", "--help"}).out);
  CHECK(agent.cli({"help", "put"}).out.find("--whole") != std::string::npos);
}

TEST_CASE("what names no entity is not found, and too little of an id is wrong usage") {
  RunningAgent agent;
  agent.make_vault();
  CHECK(agent.cli({"get", std::string(32, '0')}).exit_code == 5);
  CHECK(agent.cli({"get", "0000"}).exit_code == 5);
  CHECK(agent.cli({"get", "abc"}).exit_code == 2);
  CHECK(agent.cli({"get", "not an id"}).exit_code == 2);
}

TEST_CASE("the editor gets the text and only what was changed is merged") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"title=T", "--text", "body=middle"});
  const std::string editor = write_script(agent, R"(printf 'start middle end\n' > "$1")");
  const Ran edited = agent.cli({"edit", note}, {.environment = {editor}});
  CHECK_MESSAGE(edited.exit_code == 0, edited.err);
  CHECK(agent.cli({"get", note, "body"}).out == "start middle end\n");
  CHECK(agent.cli({"edit", note, "title"}, {.environment = {editor}}).exit_code == 5);
}

TEST_CASE("an edit made elsewhere while the editor is open survives") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"--text", "body=middle"});
  const std::string editor = write_script(
      agent,
      built("syncline").string() + " --home " + agent.home().string() + " --runtime " +
          agent.runtime().string() + " rpc entity.update '{\"entity\":\"" + note +
          "\",\"ops\":[{\"op\":\"text.insert\",\"path\":\"/body\",\"at\":6,\"text\":\" end\"}]}'"
          " > /dev/null\nprintf 'start middle' > \"$1\"");
  const Ran edited = agent.cli({"edit", note, "body"}, {.environment = {editor}});
  CHECK_MESSAGE(edited.exit_code == 0, edited.err);
  CHECK(agent.cli({"get", note, "body"}).out == "start middle end\n");
}

TEST_CASE("an editor that fails changes nothing, and no draft stays behind") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"--text", "body=same"});
  const std::string editor = write_script(agent, "echo changed > \"$1\"; exit 1");
  CHECK(agent.cli({"edit", note}, {.environment = {editor}}).exit_code == 1);
  CHECK(agent.cli({"get", note, "body"}).out == "same\n");
  for (const auto& entry : std::filesystem::directory_iterator(agent.runtime()))
    CHECK(!entry.path().filename().string().starts_with("edit-"));
}

TEST_CASE("init starts an agent where none is running") {
  const TemporaryHome place;
  const std::vector<std::string> base = {built("syncline"), "--home", place.path() / "home",
                                         "--runtime", place.path() / "run"};
  std::vector<std::string> words = base;
  words.insert(words.end(), {"init", "--password-stdin"});
  const Ran made = run_program(words, {.input = "one\n"});
  CHECK_MESSAGE(made.exit_code == 0, made.err);
  const std::string said = "started synclined (pid ";
  REQUIRE(made.err.starts_with(said));
  const pid_t pid = std::stoi(made.err.substr(said.size()));
  words = base;
  words.push_back("status");
  CHECK(run_program(words).exit_code == 0);
  CHECK(::kill(pid, SIGTERM) == 0);
  // It removes its socket when it is done.
  for (int i = 0; i < 200 && std::filesystem::exists(place.path() / "run" / "rpc.sock"); ++i)
    ::usleep(50'000);
  CHECK(!std::filesystem::exists(place.path() / "run" / "rpc.sock"));
}

TEST_CASE("status fits one screen and answers in words and in JSON") {
  RunningAgent agent;
  CHECK(agent.cli({"status"}).out.find("syncline init") != std::string::npos);
  agent.make_vault();
  const Ran status = agent.cli({"status"});
  CHECK(status.exit_code == 0);
  CHECK(std::count(status.out.begin(), status.out.end(), '\n') <= 24);
  CHECK(status.out.find("unlocked on Laptop") != std::string::npos);
  CHECK(json_of(agent.cli({"status", "--json"}).out)["vault"] == "unlocked");
}

TEST_CASE("with JSON an error is an object with its kind") {
  RunningAgent agent;
  agent.make_vault();
  agent.cli({"lock"});
  const Ran ran = agent.cli({"ls", "--json"});
  CHECK(ran.exit_code == 4);
  CHECK(ran.err.empty());
  CHECK(json_of(ran.out)["error"]["kind"] == "locked");
}

TEST_CASE("a title with control characters is shown without them") {
  RunningAgent agent;
  agent.make_vault();
  const std::string note = make_note(agent, {"title=\"a\\u001b[2Jb\\u009bc\\u202ed\""});
  for (const Ran& shown :
       {agent.cli({"ls"}), agent.cli({"get", note}), agent.cli({"get", note, "title"})}) {
    CHECK(shown.exit_code == 0);
    CHECK(shown.out.find('\x1b') == std::string::npos);
    CHECK(shown.out.find("\xc2\x9b") == std::string::npos);
    CHECK(shown.out.find("\xe2\x80\xae") == std::string::npos);
  }
}

TEST_CASE("watch shows changes as they are made and ends after the wanted number") {
  RunningAgent agent;
  agent.make_vault();
  const std::string since =
      json_of(agent.cli({"rpc", "sub.open"}).out)["cursor"].get<std::string>();
  make_note(agent, {"title=1"});
  make_note(agent, {"title=2"});
  const Ran watched = agent.cli({"watch", "--json", "--since", since, "--count", "2"});
  CHECK_MESSAGE(watched.exit_code == 0, watched.err);
  CHECK(std::count(watched.out.begin(), watched.out.end(), '\n') == 2);
  CHECK(json_of(watched.out)["change"] == "created");
}

TEST_CASE("doctor finds nothing wrong with an agent that is well and says so if there is none") {
  RunningAgent agent;
  agent.make_vault();
  const Ran well = agent.cli({"doctor", "--json"});
  CHECK_MESSAGE(well.exit_code == 0, well.out);
  CHECK(json_of(well.out)["well"] == true);
  CHECK(agent.stop(SIGTERM) == 0);
  const Ran ill = agent.cli({"doctor", "--json"});
  CHECK(ill.exit_code == 1);
  CHECK(json_of(ill.out)["well"] == false);
}

void pair(const RunningAgent& laptop, const RunningAgent& phone) {
  const ipc::Json invitation = json_of(laptop.cli({"invite", "--json", "--no-wait"}).out);
  std::thread inviter([&] { confirm_when_asked(laptop); });
  const Ran joined = phone.cli({"join", invitation["code"].get<std::string>(), "--address",
                                invitation["addresses"][0].get<std::string>(), "--name", "Phone"});
  inviter.join();
  REQUIRE_MESSAGE(joined.exit_code == 0, (joined.out + joined.err));
  CHECK(joined.out.find("Number") != std::string::npos);
}

TEST_CASE("two devices pair with a code and hold the same note") {
  RunningAgent laptop;
  RunningAgent phone;
  laptop.make_vault();
  const std::string note = make_note(laptop, {"title=Shared"});
  pair(laptop, phone);
  CHECK(phone.cli({"get", note, "title"}).out == "Shared\n");
  CHECK(json_of(laptop.cli({"devices", "--json"}).out)["devices"].size() == 2);
  CHECK(laptop.cli({"sync", "--wait"}).exit_code == 0);
  const Ran synced = laptop.cli({"sync"});
  CHECK(synced.exit_code == 0);
  CHECK(synced.out == "1 of 1 other device connected, all level.\n");
  CHECK(json_of(laptop.cli({"sync", "--json"}).out)["devices"].size() == 2);
  const std::string there = "127.0.0.1:" + std::to_string(phone.port());
  CHECK(laptop.cli({"sync", "--connect", there}).out == synced.out);
  const Ran nobody = laptop.cli({"sync", "--connect", "127.0.0.1:1"});
  CHECK(nobody.exit_code == 9);
  CHECK(nobody.out.empty());
}

TEST_CASE("a text that is put merges with what another device writes at the same time") {
  RunningAgent laptop;
  RunningAgent phone;
  laptop.make_vault();
  const std::string note = make_note(laptop, {"--text", "body=middle"});
  pair(laptop, phone);
  REQUIRE(laptop.cli({"sync", "--wait"}).exit_code == 0);
  CHECK(phone.cli({"sync", "pause"}).exit_code == 0);
  CHECK(laptop.cli({"put", note, "--text", "body=start middle"}).exit_code == 0);
  CHECK(phone.cli({"put", note, "--text", "body=middle end"}).exit_code == 0);
  CHECK(phone.cli({"sync", "resume"}).exit_code == 0);
  REQUIRE(phone.cli({"sync", "--wait"}).exit_code == 0);
  REQUIRE(laptop.cli({"sync", "--wait"}).exit_code == 0);
  CHECK(laptop.cli({"get", note, "body"}).out == "start middle end\n");
  CHECK(phone.cli({"get", note, "body"}).out == "start middle end\n");
  CHECK(laptop.cli({"conflicts"}).out == "No conflicts.\n");
}

TEST_CASE("values that two devices wrote at the same time are both kept until one is chosen") {
  RunningAgent laptop;
  RunningAgent phone;
  laptop.make_vault();
  const std::string note = make_note(laptop, {"title=Start"});
  pair(laptop, phone);
  REQUIRE(laptop.cli({"sync", "--wait"}).exit_code == 0);
  CHECK(phone.cli({"sync", "pause"}).exit_code == 0);
  CHECK(laptop.cli({"put", note, "title=Left"}).exit_code == 0);
  CHECK(phone.cli({"put", note, "title=Right"}).exit_code == 0);
  CHECK(phone.cli({"sync", "resume"}).exit_code == 0);
  REQUIRE(phone.cli({"sync", "--wait"}).exit_code == 0);
  REQUIRE(laptop.cli({"sync", "--wait"}).exit_code == 0);
  const ipc::Json found = json_of(laptop.cli({"conflicts", "--json"}).out);
  REQUIRE(found["conflicts"].size() == 1);
  CHECK(found["conflicts"][0]["path"] == "/title");
  const std::string other = found["conflicts"][0]["values"][1]["value"];
  CHECK(laptop.cli({"conflicts", note}).out.find(other) != std::string::npos);
  CHECK(laptop.cli({"conflicts", "resolve", note, "title", "1"}).exit_code == 0);
  CHECK(laptop.cli({"get", note, "title"}).out == other + "\n");
  CHECK(laptop.cli({"conflicts"}).out == "No conflicts.\n");
}

TEST_CASE("a wrong code is exit code 6 and burns the invitation") {
  RunningAgent laptop;
  RunningAgent phone;
  laptop.make_vault();
  const ipc::Json invitation = json_of(laptop.cli({"invite", "--json", "--no-wait"}).out);
  std::string code = invitation["code"];
  code.back() = code.back() == '0' ? '1' : '0';
  const std::string address = invitation["addresses"][0];
  const Ran wrong = phone.cli({"join", code, "--address", address, "--name", "Phone"});
  CHECK_MESSAGE(wrong.exit_code == 6, (wrong.out + wrong.err));
  const Ran right = phone.cli(
      {"join", invitation["code"].get<std::string>(), "--address", address, "--name", "Phone"});
  CHECK(right.exit_code != 0);
}

}  // namespace
}  // namespace syncline::service
