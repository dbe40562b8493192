"""A part of the daemon hangs: the supervisor hears nothing more, kills it as systemd does, and the
next start has lost nothing.

A thread is held as a debugger holds it, so that the others could go on and speak for it.
"""
import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import threading

import pytest

import checker
import fakes
import proofs
from harness import Clock, wait_for

HOUR = 3600
SETTINGS = """
targets:
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true, rate: off}
  - {name: mail, type: email, server: "smtp://127.0.0.1:{smtp}", starttls: false,
     from: triaged@example.org, to: [anna@example.org], rate: off}
routes:
  - when: {severity: high}
    ladder: [{after: 0s, notify: [soc, mail]}]
  - ladder: [{after: 0s, notify: [soc]}]
fallback: soc
import-horizon: 3650d
"""
SEIZE, INTERRUPT, ALL_THREADS = 0x4206, 0x4207, 0x40000000


class Supervisor:
    """Hears what systemd hears, all the time: who is not heard waits in the middle of its loop."""

    def __init__(self, folder, stack):
        self.words = []
        self.path = str(folder / "notify")
        self.socket = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": "200000"}
        self.lock = threading.Lock()
        self.end = threading.Event()
        listener = threading.Thread(target=self.listen)
        listener.start()
        stack.callback(listener.join)
        stack.callback(self.end.set)

    def listen(self):
        while not self.end.is_set():
            select.select([self.socket], [], [], 0.1)
            self.hear()

    def hear(self):
        with self.lock, contextlib.suppress(BlockingIOError):
            while True:
                self.words += self.socket.recv(4096).decode().split("\n")

    def heard(self, beginning):
        self.hear()
        return any(word.startswith(beginning) for word in self.words)

    def forget(self):
        self.hear()
        with self.lock:
            self.words.clear()


class Hold:
    """Threads of a process that stand still until it is killed."""

    def __init__(self):
        self.threads = []

    def take(self, thread):
        ptrace = ctypes.CDLL(None, use_errno=True).ptrace
        if ptrace(SEIZE, thread, 0, 0) != 0 or ptrace(INTERRUPT, thread, 0, 0) != 0:
            pytest.skip("no thread may be held here (ptrace)")
        os.waitpid(thread, ALL_THREADS)
        self.threads.append(thread)

    def reap(self, process):
        """Who holds a thread has to bury it, before the process is at its end."""
        for thread in self.threads:
            with contextlib.suppress(ChildProcessError):
                while thread != process.pid and os.waitpid(thread, ALL_THREADS)[1] & 0xff == 0x7f:
                    pass


def threads_of(process):
    return {int(name) for name in os.listdir(f"/proc/{process.pid}/task")}


@pytest.fixture
def scene(site, tmp_path):
    """A site that reads, tells by two ways, and has a supervisor and a clock that jumps."""
    with contextlib.ExitStack() as stack:
        clock = Clock(tmp_path)
        alike = {"env": clock.environment}
        site.azure = stack.enter_context(fakes.Azure(tmp_path, {
            "seed": 31, "alerts": 30, "subscriptions": 2, "page": 10, "log_items": True}, **alike))
        site.sink = stack.enter_context(fakes.Sink(tmp_path, **alike))
        site.smtp = stack.enter_context(fakes.Smtp(tmp_path, **alike))
        site.supervisor = Supervisor(tmp_path, stack)
        site.clock = clock
        site.more_environment = {**clock.environment, **site.supervisor.environment}
        site.secret("azure-secret", "canary-stuck-secret")
        site.settings("sources:\n" + proofs.azure_source(site.azure, interval="1s") + SETTINGS,
                      sink=site.sink.url, smtp=site.smtp.port)
        cores = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, cores[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_CORE, cores)
        yield site


def begin(site):
    """It is well, and then each peer keeps it waiting: a message, a mail and a page."""
    site.sink.fault(path="/soc", skip=5, hang=True)
    site.smtp.fault(method="dot", skip=2, hang=True, store=False)
    site.start()
    wait_for(lambda: site.supervisor.heard("WATCHDOG=1"), "the first word of the watchdog")
    site.sink.wait_requests(6, "/soc")
    site.smtp.wait_log(lambda line: line.get("stage") == "data", what="a mail")
    wait_for(lambda: len([line for line in site.smtp.log() if line.get("stage") == "dot"]) >= 3,
             "a mail that hangs")
    site.azure.fault(path="*/alerts", delay_ms=300, times=2)
    site.azure.script(add=10)


def kill_as_systemd(site, hold=None):
    """The signal of the watchdog; whoever does not even hear that gets the other one."""
    deaf = hold is None or site.process.pid in hold.threads
    site.signal(signal.SIGABRT)
    if deaf:
        assert site.process.poll() is None
        site.signal(signal.SIGKILL)
    if hold:
        hold.reap(site.process)
    assert site.process.wait(timeout=30) == -(signal.SIGKILL if deaf else signal.SIGABRT)
    site.process = None


def quiet(site, last):
    """Two polls of all there is, nothing owed."""
    site.supervisor.heard("")  # whoever does not listen keeps the speaker waiting
    whole = site.rows("SELECT scope, count(*) AS n FROM v_polls WHERE id > ? AND complete "
                      "GROUP BY scope", last)
    waits = site.rows("SELECT 1 FROM v_deliveries WHERE state IN ('pending', 'leased', 'retry')")
    if {row["scope"] for row in whole if row["n"] >= 2} >= set(site.azure.subscriptions()) and (
            not waits):
        return True
    site.clock.jump(20)
    return not site.ctl_reaches()


def check_after(site):
    """The next start has everything and tells everybody."""
    for peer in (site.azure, site.sink, site.smtp):
        peer.heal()
    last = proofs.last_poll(site)
    site.supervisor.forget()
    site.start()
    wait_for(lambda: quiet(site, last), "quiet")
    wait_for(lambda: site.supervisor.heard("WATCHDOG=1"), "the watchdog after the restart")
    assert site.stop() == 0
    report = checker.check(site, azure=site.azure, sinks={"soc": site.sink},
                           smtps={"mail": site.smtp}, jumped=True,
                           owed={"high": {"soc", "mail"}, "medium": {"soc"}, "low": {"soc"}})
    assert report.counts["served"] >= 40 and report.counts["lost"] == 0
    assert report.counts["taken"] >= report.counts["owed"] >= 30


@pytest.mark.row("F3")
@pytest.mark.parametrize("how", ["the loop alone", "the whole process"])
def test_the_loop_stands_still(scene, how):
    """However long it lasts nobody feeds the watchdog in its place; killed, the next start has lost
    nothing."""
    begin(scene)
    hold = Hold() if how == "the loop alone" else None
    if hold:
        hold.take(scene.process.pid)
    else:
        scene.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, scene.process.pid, os.WSTOPPED | os.WNOWAIT)
    scene.supervisor.forget()
    for _ in range(3):
        scene.clock.jump(HOUR)
        # The others have all the time in the world: their peers answer meanwhile.
        scene.azure.state()
        scene.sink.state()
        assert not scene.supervisor.heard("WATCHDOG=1")
    kill_as_systemd(scene, hold)
    assert not scene.supervisor.heard("WATCHDOG=1")
    check_after(scene)


@pytest.mark.row("F3")
def test_the_mail_thread_stands_still(scene):
    """The loop goes on, answers and tells its status, but what was to be sent has been on its way for
    longer than any limit allows: it does not say that all is well."""
    begin(scene)
    hold = Hold()
    for thread in threads_of(scene.process) - {scene.process.pid}:
        hold.take(thread)
    assert hold.threads
    scene.clock.jump(HOUR)
    assert scene.ctl_reaches()
    scene.supervisor.forget()
    scene.clock.jump(HOUR)
    assert scene.ctl_reaches()
    # It tells its status behind its watchdog, in one turn.
    wait_for(lambda: scene.supervisor.heard("STATUS="), "a turn of all jobs")
    assert not scene.supervisor.heard("WATCHDOG=1")
    kill_as_systemd(scene, hold)
    check_after(scene)
