"""A mail server that thinks before each answer, and one that never says goodbye, hold up nobody else."""
import contextlib

import pytest

import checker
import fakes
import kit
from harness import Clock, wait_for
from test_held import metric
from ports import free_port

N_ALERTS = 6
STAGES = ("connect", "ehlo", "mail", "rcpt", "data", "dot", "quit")
SETTINGS = """
targets:
  - {name: mail, type: email, server: "smtp://127.0.0.1:{smtp}", starttls: false,
     from: triaged@example.org, to: [anna@example.org], rate: off}
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true, rate: off}
routes:
  - ladder: [{after: 0s, notify: [mail, soc]}]
fallback: soc
listen: 127.0.0.1:{port}
"""


@pytest.fixture
def scene(site, tmp_path):
    """The clock of the mail server is that of the daemon, so that its thinking takes no time."""
    with contextlib.ExitStack() as stack:
        site.clock = Clock(tmp_path)
        site.more_environment = site.clock.environment
        site.sink = stack.enter_context(fakes.Sink(tmp_path))
        site.smtp = stack.enter_context(fakes.Smtp(tmp_path, env=site.clock.environment))
        site.port = free_port()
        site.settings(kit.FILES + SETTINGS, smtp=site.smtp.port, sink=site.sink.url, port=site.port)
        yield site


def put(site, n):
    kit.put(site, *(kit.alert(number + 1) for number in range(n)))


def told(site, target):
    return len(kit.deliveries(site, "target = ? and state = 'sent'", target))


def report_stall(site):
    """For people only: other programs may have the machine meanwhile, and a jump of the clock while
    the loop is at work counts as work."""
    stall = metric(site, "triaged_loop_stall_seconds")
    print(f"the loop stood still for {stall} s at most; the goal is 0.1 s")


def finish(site):
    assert site.stop() == 0
    checker.check(site, sinks={"soc": site.sink}, smtps={"mail": site.smtp})
    assert len(site.smtp.messages()) == N_ALERTS == told(site, "mail")


@pytest.mark.row("E2")
def test_three_seconds_before_each_answer(scene):
    """All messages of the webhook arrive before the mail server has taken its first mail; then its time
    passes, and each mail arrives once."""
    for stage in STAGES:
        scene.smtp.fault(method=stage, delay_ms=3000)
    put(scene, 1)
    scene.start()
    scene.smtp.wait_log(lambda line: line.get("stage") == "connect", what="a connection")
    put(scene, N_ALERTS)
    wait_for(lambda: told(scene, "soc") == N_ALERTS, "the messages of the webhook")
    assert scene.smtp.messages() == [] and told(scene, "mail") == 0
    report_stall(scene)

    def goes_on():
        scene.clock.jump(1)
        scene.smtp.state()  # what has waited long enough goes on with the next event
        return told(scene, "mail") == N_ALERTS

    wait_for(goes_on, "all mails")
    assert {row["attempts"] for row in kit.deliveries(scene)} == {1}
    finish(scene)


@pytest.mark.row("E2")
def test_nobody_says_goodbye(scene):
    """A server that answers no QUIT costs nothing when an idle connection is given up, and nothing at
    the end: what was taken is sent, the webhook and the next mails go on."""
    scene.smtp.fault(method="quit", hang=True)
    put(scene, 1)
    scene.start()
    wait_for(lambda: told(scene, "mail") == 1, "the first mail")
    # Its connection is given up when it has been idle for long.
    scene.clock.jump(300)
    assert scene.ctl_reaches()
    put(scene, N_ALERTS)
    wait_for(lambda: told(scene, "soc") == told(scene, "mail") == N_ALERTS, "all messages")
    assert scene.smtp.state()["connections"] == 2
    report_stall(scene)
    finish(scene)
