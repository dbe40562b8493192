"""triagectl on a terminal of its own: colours, the pager, and who asked for neither."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import pytest

from harness import TRIAGECTL

SGR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """A program on a terminal of @rows and @columns."""

    def __init__(self, *command, rows=24, columns=80, folder, **environment):
        self.master, slave = pty.openpty()
        self.size(rows, columns)
        self.before = termios.tcgetattr(slave)
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm",
               "HOME": str(folder), "TZ": "UTC",
               **{name: value for name, value in os.environ.items()
                  if name.endswith("SAN_OPTIONS")},
               **{name: value for name, value in environment.items() if value is not None}}
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=slave, stdout=slave, stderr=slave, env=env,
            cwd=folder, close_fds=True, preexec_fn=self.own(slave))
        os.close(slave)
        self.text = ""

    @staticmethod
    def own(slave):
        def become_its_session():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        return become_its_session

    def size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.master, keys.encode())

    def read(self, until=None, limit=60):
        """What it shows until @until is part of it, or until it ends."""
        end = time.monotonic() + limit
        while time.monotonic() < end and (until is None or until not in self.text):
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                part = os.read(self.master, 65536)
            except OSError:
                part = b""
            if not part:
                break
            self.text += part.decode(errors="replace")
        assert until is None or until in self.text, (until, self.text)
        return self.text

    def ended(self):
        """Its exit status, once all is read."""
        self.read()
        return self.process.wait(timeout=60)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(tmp_path):
    """Starts triagectl on a terminal; (status, what it showed)."""
    started = []

    def run(*arguments, **more):
        one = Terminal(TRIAGECTL, *arguments, folder=tmp_path, **more)
        started.append(one)
        return one.ended(), one.text.replace("\r\n", "\n")
    yield run
    for one in started:
        one.close()


@pytest.fixture
def pager(tmp_path):
    """A pager that keeps what it was given, and how it was started."""
    path = tmp_path / "pager"
    path.write_text("#!/bin/sh\ncat >paged\nenv | grep ^LESS | sort >options\n"
                    "echo seen by the pager\n")
    path.chmod(0o755)
    return path


def test_colour_only_where_it_is_wanted(terminal):
    """Help has no colour of its own; a failing doctor has."""
    asked = ("--database", "/nonexistent/d", "--socket", "/nonexistent/s", "doctor")
    assert SGR.search(terminal(*asked)[1])
    assert not SGR.search(terminal(*asked, NO_COLOR="1")[1])
    assert SGR.search(terminal(*asked, NO_COLOR="")[1])
    assert not SGR.search(terminal(*asked, TERM="dumb")[1])
    assert not SGR.search(terminal("--color", "never", *asked)[1])
    assert SGR.search(terminal("--color=always", *asked, NO_COLOR="1")[1])
    status, text = terminal("--color=sometimes", *asked)
    assert status == 2 and "auto, always or never" in text
    done = subprocess.run([TRIAGECTL, *asked], capture_output=True, text=True, check=False)
    assert not SGR.search(done.stdout)
    done = subprocess.run([TRIAGECTL, "--color=always", *asked], capture_output=True, text=True,
                          check=False)
    assert SGR.search(done.stdout)


def test_colours_can_be_read_on_any_background(terminal):
    """Neither yellow nor white nor blue, and no background: they vanish on one
    of light and dark."""
    _, text = terminal("--color=always", "--no-pager", "--database", "/nonexistent/d", "doctor")
    for sequence in SGR.findall(text):
        assert sequence[2:-1] in ("0", "1", "2", "31", "35", "1;31"), repr(sequence)


def test_what_is_long_goes_through_the_pager(terminal, pager, tmp_path):
    status, text = terminal("help", rows=10, PAGER=str(pager))
    assert status == 0 and text == "seen by the pager\n"
    paged = (tmp_path / "paged").read_text()
    assert "usage: triagectl" in paged and max(map(len, paged.splitlines())) <= 80
    assert (tmp_path / "options").read_text().splitlines() == [
        "LESS=FRX", "LESSCHARSET=utf-8", "LESSSECURE=1"]
    # Who has options of their own keeps them, but gets no shell out of it.
    terminal("help", rows=10, PAGER=str(pager), LESS="R", LESSSECURE="0")
    assert {"LESS=R", "LESSSECURE=1"} <= set((tmp_path / "options").read_text().splitlines())


@pytest.mark.parametrize("arguments, more", [
    (["help"], {"rows": 200}),
    (["--no-pager", "help"], {}),
    (["help"], {"PAGER": ""}),
    (["help"], {"PAGER": "cat"}),
    (["help"], {"PAGER": "/nonexistent/pager"}),
    (["help", "--json"], {}),
], ids=["short", "no-pager", "empty", "cat", "missing", "json"])
def test_no_pager(terminal, pager, tmp_path, arguments, more):
    """Everything is shown all the same."""
    status, text = terminal(*arguments, **{"rows": 10, "PAGER": str(pager), **more})
    assert status == 0 and "doctor" in text and "what is wrong, why" in text
    assert not (tmp_path / "paged").exists()


def test_no_pager_without_a_terminal(pager, tmp_path):
    done = subprocess.run([TRIAGECTL, "help"], env={"PAGER": str(pager), "LANG": "C.UTF-8"},
                          cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "usage: triagectl" in done.stdout and not (tmp_path / "paged").exists()


def test_who_has_seen_enough(tmp_path):
    """A pager that reads nothing, and Ctrl-C while it runs: no failure of ours."""
    one = Terminal(TRIAGECTL, "help", folder=tmp_path, rows=10, PAGER="sleep 0; exit 3")
    assert one.ended() == 0
    one.close()
    one = Terminal(TRIAGECTL, "help", folder=tmp_path, rows=10,
                   PAGER="trap 'echo told; exit 0' INT; echo waits; while :; do sleep 0.05; done")
    one.read("waits")
    one.type("\x03")
    assert one.ended() == 0 and "told" in one.text
    one.close()
