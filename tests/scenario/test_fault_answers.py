"""Answers that end too early, too late, never, or in the wrong place: what test_bad_answers.py has,
for everything that takes bytes on the wire that no good server sends.
"""
import gzip
import re

import pytest

import fakes
import proofs
import test_bad_answers
from harness import Clock, wait_for
from test_bad_answers import check_contained, listing

azure = test_bad_answers.azure  # an estate of two subscriptions

OUTBOX = """
targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
routes:
  - ladder: [{after: 0s, notify: [ops]}]
fallback: ops
"""
JSON = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HALF = '{"value":[{"id":"/subscriptions/x/providers/Microsoft.Security/locations/w/alerts/a","na'


def raw(head, body=b"", times=1, **more):
    return {"raw": (head.encode() + body).hex(), "raw_times": times, **more}


def bomb():
    """A third of a megabyte that becomes a hundred."""
    body = gzip.compress(b'{"value":[' + b" " * 100_000_000 + b"]}")
    return raw(f"{JSON}Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n", body)


ENDS = {
    # name: (what answers the second page, words of the error)
    "with a length, cut": ({"cut": 3000}, ["page 2"]),
    "chunked, cut": ({"cut": 3000, "chunked": True}, ["page 2"]),
    "until it closes, cut": (raw("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + HALF),
                             ["page 2"]),
    "nothing at all": ({"close": True}, ["page 2"]),
    "closed in its head": (raw("HTTP/1.1 200 OK\r\nContent-Ty"), ["page 2"]),
    "not HTTP": (raw("SSH-2.0-OpenSSH_9.2\r\n"), ["page 2"]),
    "continues for ever": (raw("HTTP/1.1 100 Continue\r\n\r\n", times=100_000), ["page 2"]),
    "headers for ever": ({"headers": {"X-Fill": "a" * 320_000}}, ["page 2", "header"]),
    "many headers": (raw(JSON + "X-Fill: 0123456789\r\n" * 20_000 + "\r\n"), ["page 2", "header"]),
    "two lengths": (raw(f"{JSON}Content-Length: 5\r\nContent-Length: 100\r\n\r\n{HALF}"), ["page 2"]),
    "a negative length": (raw(f"{JSON}Content-Length: -5\r\n\r\n{HALF}"), ["page 2"]),
    "gzip, unpacked too large": (bomb(), ["page 2", "large"]),
    "gzip that is none": (raw(f"{JSON}Content-Encoding: gzip\r\nContent-Length: {len(HALF)}"
                              f"\r\n\r\n{HALF}"), ["page 2"]),
    "an encoding of its own": (raw(f"{JSON}Content-Encoding: rot13\r\nContent-Length: 12"
                                   "\r\n\r\n{\"value\":[]}"), ["page 2"]),
    "two million nothings": ({"body": '{"value":[' + "{}," * 2_000_000 + "{}]}", "type": "application/json"},
                             ["page 2"]),
    "a link of a megabyte": ({"next_link": "http://127.0.0.1/" + "a" * 1_000_000}, ["link"]),
}


def tried_to_the_end(site, azure, clock):
    """Both subscriptions were polled; what waits for another try waits no longer."""
    bad, good = azure.subscriptions()
    if site.rows("select 1 from v_polls where scope = ? and ended_ms is not null", bad):
        return site.rows("select 1 from v_polls where scope = ? and complete = 1", good)
    clock.jump(10, wall=False)
    return not site.ctl_reaches()  # an answer: it has been around


@pytest.mark.row("C4", "C5", "C6", "C7")
@pytest.mark.parametrize("name", ENDS)
def test_how_an_answer_ends(site, azure, tmp_path, name):
    """The poll is incomplete and says where; what was read before is kept, the other subscription is
    read whole, the process stays small, and the next poll heals it."""
    effect, words = ENDS[name]
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    proofs.configure(site, azure)
    azure.fault(path=listing(azure, 0), skip=1, **effect)
    site.start()
    wait_for(lambda: tried_to_the_end(site, azure, clock), "polls")
    peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{site.process.pid}/status").read())[1])
    site.stop()
    check_contained(site, azure, *words)
    if not proofs.SANITIZED:
        assert peak < 160 * 1024, "KiB"
    proofs.check_healed(site, azure)


LINKS = {
    "relative": "/subscriptions/{sub}/providers/Microsoft.Security/alerts?api-version=2022-01-01&$skiptoken=40-1",
    "no scheme": "//127.0.0.1:{port}/subscriptions",
    "empty": "",
    "a word": "next",
}


@pytest.mark.row("C7")
@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_is_odd(site, azure, name):
    """It is followed where it leads to the same place, and else ends the poll: no alert is missing
    from a poll that calls itself complete."""
    proofs.configure(site, azure)
    sub = azure.subscriptions()[0]
    azure.fault(path=listing(azure, 0), times=1, next_link=LINKS[name].format(sub=sub, port=azure.port))
    status, _, errors = site.once()
    poll = proofs.polls_since(site, 0)[sub]
    have = set(proofs.stored(site)) & test_bad_answers.of_subscription(azure, 0)
    assert (status == 0) == bool(poll["complete"]), errors
    assert not poll["complete"] or have == test_bad_answers.of_subscription(azure, 0)
    assert poll["complete"] or poll["error"]
    assert {line["headers"]["host"] for line in azure.log()} == {f"127.0.0.1:{azure.port}"}
    proofs.check_healed(site, azure)


@pytest.mark.row("C7", soak=True)
def test_pages_without_end(site, azure):
    """Empty pages, each with another link: it stops at its own limit and names it."""
    proofs.configure(site, azure)
    azure.fault(path=listing(azure, 0), shape="endless")
    assert site.once(limit=600)[0] == 1
    poll = check_contained(site, azure, "pages")
    assert poll["fetched"] == len(test_bad_answers.of_subscription(azure, 0))
    proofs.check_healed(site, azure)


SILENT = {
    "a byte a second": {"slow_bytes": 1, "slow_ms": 1000},
    "silent after its head": raw(f"{JSON}Content-Length: 100\r\n\r\n", silent=True),
    "silent in its head": raw("HTTP/1.1 200 OK\r\nContent-", silent=True),
    "silent after continuing": raw("HTTP/1.1 100 Continue\r\n\r\n", silent=True),
}


@pytest.mark.row("C5")
@pytest.mark.parametrize("name", SILENT)
def test_who_falls_silent_holds_nobody(site, azure, tmp_path, name):
    """Another source is polled again and again meanwhile; who is asked answers at once."""
    with fakes.Azure(tmp_path, {"seed": 14, "alerts": 3, "subscriptions": 1}) as other:
        site.secret("azure-secret", "correct horse")
        site.settings("sources:\n" + proofs.azure_source(azure)
                      + proofs.azure_source(other, name="other", interval="1s") + OUTBOX)
        azure.fault(path=listing(azure, 0), skip=1, **SILENT[name])
        site.start()
        azure.wait_requests(2, listing(azure, 0))
        for _ in range(3):
            done = proofs.last_poll(site)
            wait_for(lambda done=done: site.rows(
                "select 1 from v_polls where source = 'other' and complete = 1 and id > ?", done),
                "a poll of the other")
            assert site.ctl("status")[0] == 0
        assert site.stop() == 0
