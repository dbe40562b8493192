"""Drives the real programs: settings, start, stop, kill, look.

Waits for conditions with a limit, never for time alone. Standard library only.
"""
import contextlib
import json
import os
import re
import select
import signal
import sqlite3
import struct
import subprocess
import time
from pathlib import Path

BUILD = Path(os.environ.get("TRIAGED_BUILD", Path(__file__).parents[2] / "build"))
TRIAGED = BUILD / "triaged"
TRIAGECTL = BUILD / "triagectl"
COUNTED = "cov" in BUILD.name  # programs write at their end what of them ran
# What watches the programs, by the folder's name: they take their time then.
WATCHER = next((name for name in ("asan", "tsan", "valgrind") if name in BUILD.name), None)
SLOWER = 4 if WATCHER else 1
LIMIT = 60.0 * SLOWER
# What a sanitizer writes where it has found something; valgrind has files for that.
FOUND = re.compile(r"(?:ERROR|WARNING|FATAL): \w+Sanitizer|\.[ch]:\d+:\d+: runtime error: ")

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"


def wait_for(condition, what, limit=LIMIT):
    """The first true value of condition(); fails naming what it waited for. Asks
    less often the longer it takes: to ask may be a command that is run."""
    start = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        waited = time.monotonic() - start
        if waited > limit:
            raise AssertionError(f"waited {limit} s for {what}")
        select.select([], [], [], min(max(0.02, waited / 20), 0.25))


def check_nothing_found(text):
    """No sanitizer has found anything, by what a program wrote to standard error."""
    found = FOUND.search(text)
    assert not found, text[found.start():][:8000]


class Clock:
    """Clocks that jump, of the programs that run in its environment."""

    def __init__(self, folder):
        self.file = Path(folder) / "clock"
        self.mono_ms = self.wall_ms = 0
        self.file.write_bytes(struct.pack("=qq", 0, 0))
        options = os.environ.get("ASAN_OPTIONS", "")
        self.environment = {"LD_PRELOAD": str(BUILD / "tests/scenario/clock_jump.so"),
                            "CLOCK_JUMP": str(self.file),
                            "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0".strip(":")}

    def jump(self, seconds, mono=True, wall=True):
        """All at once; who sleeps until a moment that has passed then is woken."""
        self.mono_ms += int(seconds * 1000) if mono else 0
        self.wall_ms += int(seconds * 1000) if wall else 0
        with self.file.open("r+b") as file:
            file.write(struct.pack("=qq", self.mono_ms, self.wall_ms))


# A process that shows itself to nobody (PR_SET_DUMPABLE) shows some of /proc to root alone.
MAY_LOOK_INSIDE = os.geteuid() == 0


class Site:
    """One installation in a folder of its own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.state = self.folder / "state"
        self.state.mkdir(exist_ok=True)
        self.credentials = self.folder / "credentials"
        self.credentials.mkdir(exist_ok=True)
        self.outbox = self.folder / "outbox"
        self.outbox.mkdir(exist_ok=True)
        (self.folder / "in").mkdir(exist_ok=True)  # what kit.FILES reads
        self.file = self.folder / "triaged.yaml"
        self.log = self.folder / "triaged.log"
        self.process = None
        self.program = TRIAGED
        self.more_environment = {}
        self.wrapper = []  # a command that runs what follows it

    def secret(self, name, value):
        path = self.credentials / name
        path.write_text(value)
        path.chmod(0o600)

    def settings(self, text, **words):
        """Write the settings; {state}, {folder}, {outbox} and words are put in.

        When these say nothing of groups, no notice waits for others or becomes a summary.
        """
        values = {"state": self.state, "folder": self.folder, "outbox": self.outbox,
                  "tenant": TENANT, "client": CLIENT, **words}
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        head = (f"state-directory: {self.state}\n"
                f"control-socket: {self.folder}/control.sock\n")
        if "listen:" not in text:
            head += "listen: off\n"
        if "user:" not in text and os.geteuid() == 0:
            text += "\nuser: root\n"  # the files of a test are its own
        if "sandbox:" not in text and COUNTED:
            text += f"\nsandbox: {{write: [{BUILD}]}}\n"  # counts are written beside the objects
        if "groups:" not in text:
            text = (text.rstrip("\n") + "\ngroups: {wait: {high: 0s, medium: 0s, low: 0s}}\n"
                    "storm: {groups: 100000, critical-groups: 100000}\n")
        self.file.write_text(head + text)

    def environment(self):
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8",
               "CREDENTIALS_DIRECTORY": str(self.credentials)}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "TMPDIR"):
            if name in os.environ:
                env[name] = os.environ[name]
        return {**env, **self.more_environment}

    def run(self, *options, limit=120 * SLOWER):
        """triaged with options, to its end; (status, standard output, standard error)."""
        done = subprocess.run([*self.wrapper, self.program, "-c", self.file, *options], env=self.environment(),
                              capture_output=True, text=True, timeout=limit, check=False)
        check_nothing_found(done.stderr)
        return done.returncode, done.stdout, done.stderr

    def once(self, limit=120 * SLOWER):
        return self.run("--once", limit=limit)

    def ctl(self, *arguments, limit=60 * SLOWER):
        """triagectl; (status, standard output, standard error)."""
        env = self.environment()
        env["NO_COLOR"] = "1"
        env["COLUMNS"] = "100"
        done = subprocess.run([TRIAGECTL, "-c", self.file, *map(str, arguments)], env=env,
                              capture_output=True, text=True, timeout=limit, check=False)
        check_nothing_found(done.stderr)
        return done.returncode, done.stdout, done.stderr

    def ctl_json(self, *arguments):
        status, out, errors = self.ctl("--json", *arguments)
        assert status == 0, errors
        return json.loads(out)

    def launch(self, *options):
        """Start triaged without waiting for it."""
        assert self.process is None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*self.wrapper, self.program, "-c", self.file, *options],
                                            env=self.environment(), stdout=log, stderr=log)

    def ended(self, limit=120 * SLOWER):
        """Wait until it ends by itself; the exit status."""
        status = self.process.wait(timeout=limit)
        self.process = None
        return status

    def start(self):
        self.launch()
        wait_for(lambda: self.process.poll() is not None or self.answers(), "the daemon to answer")
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-2000:]
        return self

    def answers(self):
        if not (self.folder / "control.sock").exists():
            return False
        return self.ctl("--json", "status")[0] == 0 and self.ctl_reaches()

    def ctl_reaches(self):
        import socket
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5 * SLOWER)
                s.connect(str(self.folder / "control.sock"))
                s.sendall(b'{"v":1,"id":1,"verb":"status","args":{}}\n')
                return b'"ok"' in s.recv(65536)
        except OSError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, limit=10 * SLOWER):
        """SIGTERM; the exit status."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=limit + 5)
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def end(self):
        """No test needs it any more. Where coverage is counted it may write that first."""
        if COUNTED:
            self.process.send_signal(signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
        if self.process is not None:
            self.kill()

    def rows(self, query, *values):
        """Rows as dicts, read the way an admin reads: read-only, beside the daemon."""
        db = sqlite3.connect(f"file:{self.state}/triaged.db?mode=ro", uri=True, timeout=10)
        try:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, values)]
        finally:
            db.close()

    def value(self, query, *values):
        return next(iter(self.rows(query, *values)[0].values()))

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""
