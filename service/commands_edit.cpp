// SPDX-License-Identifier: Apache-2.0
//
// edit: opens a text in the person's editor and merges what was changed.
//
// What is sent is the difference between the text as it was opened and as it was saved, so
// edits made elsewhere meanwhile survive. The text lies in a private file while the editor
// is open; it is overwritten before it is removed.
#include "service/arguments.h"
#include "service/entities.h"
#include "service/wording.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::service {
namespace {

using ipc::Json;

// A text on its way through an editor.
class Draft {
 public:
  static Got<Draft> create(const std::filesystem::path& directory, const std::string& text);
  Draft(Draft&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Draft& operator=(Draft&&) = delete;
  ~Draft();

  const std::string& path() const { return path_; }
  // Leaves the file where it is: the person's words are in it.
  void keep() { path_.clear(); }

 private:
  explicit Draft(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(descriptor, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

Got<Draft> Draft::create(const std::filesystem::path& directory, const std::string& text) {
  std::string path = (directory / "edit-XXXXXX.txt").string();
  const int descriptor = ::mkostemps(path.data(), 4, O_CLOEXEC);
  if (descriptor < 0)
    return failed(
        {Errc::io, "cannot make a file in " + directory.string() + ": " + std::strerror(errno)});
  Draft draft(path);
  const bool written = write_all(descriptor, text);
  ::close(descriptor);
  if (!written) return failed({Errc::io, "cannot write " + path + ": " + std::strerror(errno)});
  return draft;
}

Draft::~Draft() {
  if (path_.empty()) return;
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat state {};
  if (descriptor >= 0 && ::fstat(descriptor, &state) == 0 && state.st_size > 0)
    (void)write_all(descriptor, std::string(static_cast<std::size_t>(state.st_size), '\0'));
  if (descriptor >= 0) ::close(descriptor);
  ::unlink(path_.c_str());
}

// $VISUAL, $EDITOR, else vi. It may hold options ("code --wait"), as everywhere.
std::vector<std::string> editor_words() {
  std::string editor;
  for (const char* name : {"VISUAL", "EDITOR"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      editor = value;
      break;
    }
  }
  if (editor.empty()) editor = "vi";
  return {"/bin/sh", "-c", "exec " + editor + " \"$@\"", "syncline"};
}

Got<ExitCode> run_editor(const std::string& file) {
  std::vector<std::string> words = editor_words();
  words.push_back(file);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (const int error = ::posix_spawn(&child, argv[0], nullptr, nullptr, argv.data(), environ))
    return failed({Errc::io, std::string("cannot start the editor: ") + std::strerror(error)});
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ExitCode::ok;
  return refuse({ExitCode::failed, "cancelled", "the editor failed, nothing was changed",
                 "set $EDITOR to an editor that waits until the file is closed"});
}

// The one text at the top of the document, where no path was given.
Got<std::string> only_text(const Json& document, const std::string& entity) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : document.items())
    if (value.is_object() && value.contains("$text")) texts.push_back(key);
  if (texts.size() == 1) return "/" + texts.front();
  std::string names;
  for (const std::string& name : texts) names += (names.empty() ? "" : ", ") + name;
  return usage_error(
      texts.empty() ? "the entity has no text to edit" : "the entity has several texts: " + names,
      texts.empty() ? "make one with `syncline put " + entity + " --text body=...`"
                    : "say which: `syncline edit " + entity + " " + texts.front() + "`");
}

Got<std::string> text_of(const Json& found, const std::string& path) {
  if (found.is_object() && found.contains("$text") && found["$text"].is_string())
    return found["$text"].get<std::string>();
  return refuse({ExitCode::not_found, "not_found", "there is no text at " + path,
                 "only texts can be edited; other values are set with `syncline put`"});
}

// Most editors end a file with a line break; one that was not there is not a change.
std::string without_added_break(const std::string& before, std::string after) {
  const bool had = !before.empty() && before.back() == '\n';
  if (!had && !after.empty() && after.back() == '\n') after.pop_back();
  return after;
}

Got<ExitCode> edit(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, arguments.text("entity"));
  if (!entity) return pass_on(entity);
  Json params = {{"entity", *entity}, {"annotated", true}};
  if (arguments.has("path")) params["path"] = path_of(arguments.text("path"));
  const Got<Json> read = session->call("entity.get", std::move(params));
  if (!read) return pass_on(read);
  const Json& found = (*read)["value"];
  Got<std::string> path = arguments.has("path") ? Got<std::string>(path_of(arguments.text("path")))
                                                : only_text(found, short_id(*entity));
  if (!path) return pass_on(path);
  const Got<std::string> before =
      text_of(arguments.has("path") ? found : found.at(path->substr(1)), *path);
  if (!before) return pass_on(before);
  Got<Draft> draft = Draft::create(context.places.runtime, *before);
  if (!draft) return pass_on(draft);
  if (const auto edited = run_editor(draft->path()); !edited) return edited;
  const Got<std::string> saved = read_source(draft->path());
  if (!saved) return pass_on(saved);
  if (!ipc::is_utf8(*saved)) {
    Failure why = {ExitCode::failed, "invalid", "the editor wrote what is not UTF-8 text",
                   "your text is kept in " + draft->path() + "; save it as UTF-8"};
    draft->keep();
    return refuse(std::move(why));
  }
  const std::string after = without_added_break(*before, *saved);
  if (after == *before) {
    context.show({{"entity", *entity}, {"version", (*read)["version"]}, {"ops_applied", 0}},
                 "Nothing was changed.\n");
    return ExitCode::ok;
  }
  const Json op = {{"op", "text.merge"}, {"path", *path}, {"from", *before}, {"to", after}};
  const Got<Json> written =
      session->call("entity.update", {{"entity", *entity}, {"ops", Json::array({op})}});
  if (!written) {
    Failure why = written.error();
    why.next = "your text is kept in " + draft->path() + "; " + why.next;
    draft->keep();
    return refuse(std::move(why));
  }
  context.show(*written, "Saved.\n");
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> edit_rows() {
  return {{"edit",
           "Open a text in $EDITOR and merge what you changed",
           {{"entity", Takes::text, "its id, or the first digits of it", "ENTITY", true},
            {"path", Takes::text, "which text: body, or chapters/2/text", "PATH"}},
           edit}};
}

}  // namespace syncline::service
