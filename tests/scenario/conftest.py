"""Fixtures of the scenario tests."""
import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "battery"))

import checker  # noqa: E402
import fakes  # noqa: E402
import harness  # noqa: E402
import proofs  # noqa: E402

# What a shell runs in the background ignores Ctrl-C, and so would every program that is
# started here; what has a handler is started with the default.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "row(*rows, soak=False, tampered=False): the rows of the fault battery "
        "(tests/battery/rows.py) of which this is an experiment; soak: it takes minutes, and runs "
        "in make soak alone; tampered: it does to the database what nobody survives")


def pytest_collection_modifyitems(items):
    for item in items:
        if os.environ.get("SOAK") != "1" and any(
                mark.kwargs.get("soak") for mark in item.iter_markers("row")):
            item.add_marker(pytest.mark.skip(reason="takes minutes: make soak"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.went_well = outcome.get_result().passed


def look_at_it(item, s):
    """After every test: its secrets are nowhere, and no sanitizer has found anything. After an
    experiment of the battery: what must hold at any moment does."""
    harness.check_nothing_found(s.log_text())
    marks = list(item.iter_markers("row"))
    report = checker.Report()
    checker.check_secrets(report, s)
    if marks and not any(mark.kwargs.get("tampered") for mark in marks) and (
            s.state / "triaged.db").exists():
        peers = [peer for peer in fakes.Fake.started if peer.folder == s.folder]
        report.add(checker.examine_always(
            s, [peer for peer in peers if isinstance(peer, fakes.Sink)],
            [peer for peer in peers if isinstance(peer, fakes.Smtp)]))
    assert not report.faults, "\n".join(report.lines())


@pytest.fixture
def site(request, tmp_path):
    """A fresh installation; whatever runs is ended with the test."""
    s = harness.Site(tmp_path)
    yield s
    if s.process is not None:
        s.end()
    if getattr(request.node, "went_well", False):
        look_at_it(request.node, s)


# Faults that are tried again, which takes half a minute of waiting: all at once, beside
# the tests of other files.
HOPELESS = {
    "token": {"path": "*/token", "body": fakes.HTML, "type": "text/html"},
    "empty": {"path": "/subscriptions/FIRST/*", "skip": 1, "body": "", "type": "application/json"},
    "broken": {"path": "/subscriptions/FIRST/*", "skip": 1, "arm": "server-error"},
}


@pytest.fixture(scope="session")
def hopeless(tmp_path_factory):
    """{name: (site, azure)}; in each site triaged --once runs, and its fault does not end."""
    begun = {}
    for name, fault in HOPELESS.items():
        folder = tmp_path_factory.mktemp(name)
        azure = fakes.Azure(folder, {"seed": 14, "alerts": 60, "subscriptions": 2, "page": 20})
        begun[name] = harness.Site(folder), azure
        path = fault["path"].replace("FIRST", azure.subscriptions()[0])
        azure.fault(**{**fault, "path": path})
        proofs.configure(*begun[name])
        begun[name][0].launch("--once")
    yield begun
    for site, azure in begun.values():
        if site.process is not None:
            site.end()
        azure.stop()
