# SPDX-License-Identifier: Apache-2.0
"""What the tests of bad input share: other users, refused starts, and whether anything was touched."""
import contextlib
import hashlib
import os
import pwd
import subprocess

import agents


def nobody():
    """A user that is not this one, to be played by a child; nothing if that is not allowed here."""
    if os.geteuid() != 0:
        print("skipped: only root can play another user")
        return None
    return pwd.getpwnam("nobody")


def start_child(user, act):
    """Begins `act` in a child process of another user; the function that is returned awaits its text."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            said = act()
        except BaseException as failure:
            said = f"{type(failure).__name__}: {failure}"
        finally:
            os.write(write_end, str(said).encode()[:60000])
            os._exit(0)
    os.close(write_end)

    def awaited():
        with os.fdopen(read_end, "rb") as said:
            text = said.read().decode()
        os.waitpid(child, 0)
        return text
    return awaited


def in_child(user, act):
    return start_child(user, act)()


def run(program, agent, *words, user=None, text_in="", seconds=60):
    """One of the programs to its end, on an agent's directories; as another user, if one is given."""
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    return subprocess.run(
        [str(agents.BIN / program), "--home", str(agent.home), "--runtime", str(agent.runtime), *words],
        input=text_in, capture_output=True, text=True, timeout=seconds, env=dict(os.environ, SYNCLINE_TEST_ARGON="min"), **as_user)


def check_refused(done, *expected, code=None):
    """Ended by itself, with one line that says what is wrong and what to do."""
    assert done.returncode > 0, f"refused, not {done.returncode}: {done.stderr[-2000:]}"
    if code is not None:
        assert done.returncode == code, f"exit code {code}, not {done.returncode}: {done.stderr}"
    assert not done.stdout, f"never ready: {done.stdout}"
    said = done.stderr.strip().splitlines()[-1]
    for text in expected:
        assert text in said, f"`{text}` is missing in: {said}"


def start_refused(agent, *expected, code=None, user=None):
    check_refused(run("synclined", agent, "--listen", "127.0.0.1:0", user=user), *expected, code=code)


def snapshot(directory, without=("lock",)):
    """Everything below a directory: kind, mode and content; not what every start may change."""
    seen = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.name in without:
            continue
        about = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        seen[name] = (oct(about.st_mode), about.st_uid, content)
    return seen


@contextlib.contextmanager
def named(what):
    """Says which of many cases failed."""
    try:
        yield
    except AssertionError as failure:
        raise AssertionError(f"{what}: {failure}") from failure
