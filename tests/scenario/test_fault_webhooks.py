"""What a webhook may answer, all of it at once: each target of one daemon has a fault of its own."""
import gzip
import signal
from collections import Counter

import pytest

import fakes
import kit
import proofs
from harness import wait_for

TARGET = '  - {name: "NAME", type: webhook, url: "{sink}/NAME", allow-private: true, rate: off}\n'
ELSEWHERE = {
    "other-host": "{other}/stolen", "other-place": "/stolen", "no-scheme": "//127.0.0.1:1/stolen",
    "file": "file:///etc/passwd", "gopher": "gopher://127.0.0.1:70/_x", "nothing": "",
}
REDIRECTS = {f"{status}-{name}": ({"status": status, "headers": {"Location": where}}, "dead")
             for status in (301, 302, 303, 307, 308) for name, where in ELSEWHERE.items()}
STATUSES = {
    **{f"status-{status}": ({"status": status}, "sent") for status in (200, 201, 202, 204)},
    **{f"status-{status}": ({"status": status}, "retry")
       for status in (408, 425, 429, 500, 502, 503, 504, 507, 599)},
    **{f"status-{status}": ({"status": status}, "dead")
       for status in (300, 400, 404, 405, 406, 409, 410, 413, 414, 415, 422, 451)},
}


def raw(head, body=b"", **more):
    return {"raw": (head.encode() + body).hex(), **more}


def bomb():
    body = gzip.compress(b" " * 50_000_000)
    return raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
               f"Content-Length: {len(body)}\r\n\r\n", body)


# Whoever said 200 has it, whatever follows.
BODIES = {
    "empty": (raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "sent"),
    "until-it-closes": (raw("HTTP/1.0 200 OK\r\n\r\nthanks"), "sent"),
    "gzip": (bomb(), "sent"),
    "no-gzip": (raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"), "sent"),
    "a-gigabyte": ({"huge": 1_000_000_000, "chunked": True}, "sent"),
    "continues": (raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "sent"),
    "no-http": (raw("220 mail.example.org ESMTP\r\n"), "retry"),
    "cut-in-its-head": (raw("HTTP/1.1 200 OK\r\nContent-Le"), "sent"),
    "cut-in-its-status": (raw("HTTP/1.1 2"), "retry"),
}


def run(site, sink, cases, **words):
    """Each of @cases is a target with that fault; the rows of what became of its message, by name."""
    site.settings(kit.FILES + "targets:\n" + "".join(TARGET.replace("NAME", name) for name in cases)
                  + '  - {name: well, type: folder, path: "{outbox}"}\n'
                  + f'routes:\n  - ladder: [{{after: 0s, notify: [well, {", ".join(cases)}]}}]\n'
                  + "fallback: well\n", sink=sink.url)
    for name, (effect, _) in cases.items():
        effect = {**effect, "headers": {key: value.format(**words) for key, value in
                                        effect.get("headers", {}).items()}}
        sink.fault(path=f"/{name}", **effect)
    kit.put(site, kit.alert())
    site.start()

    def ended():
        rows = {row["target"]: row for row in kit.deliveries(site, "kind = 'opened' and alert_id = 1")}
        return rows if set(rows) >= set(cases) and all(
            row["state"] in ("sent", "dead", "retry") and row["attempts"] for row in rows.values()) else None

    rows = wait_for(ended, "an outcome for each")
    assert rows["well"]["state"] == "sent"
    return rows


def key(request):
    return next(value for name, value in request["headers"].items() if name.lower() == "webhook-id")


def check(site, sink, cases, rows):
    """Each has its state, an error where it is not sent, and was asked once; the database is whole."""
    wrong = {name: (rows[name]["state"], rows[name]["last_error"]) for name, (_, want) in cases.items()
             if rows[name]["state"] != want}
    assert not wrong
    asked = Counter(key(line) for line in sink.requests())
    for name, row in rows.items():
        if name in cases:
            assert (row["state"] == "sent") != bool(row["last_error"]), row
            # A try that passes may have been made again meanwhile; whom the message is too much
            # for gets it once more in short.
            most = 2 if name in ("status-400", "status-413", "status-415", "status-422") else 1
            assert asked[row["key"]] <= most or row["state"] == "retry", name
    proofs.check_database(site)


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


@pytest.mark.row("D3")
def test_sent_elsewhere(site, tmp_path, sink):
    """Each redirect to each place: the message is dead at once, nobody there hears anything."""
    with fakes.Sink(tmp_path) as other:
        rows = run(site, sink, REDIRECTS, other=other.url)
        check(site, sink, REDIRECTS, rows)
        assert other.requests() == [] and sink.requests("/stolen") == []
    for name in REDIRECTS:
        assert name[:3] in rows[name]["last_error"]


@pytest.mark.row("D4")
def test_every_status(site, sink):
    """What a 2xx took is sent; what may pass is tried again; what will not pass is dead, and says
    which status it was."""
    rows = run(site, sink, STATUSES)
    check(site, sink, STATUSES, rows)
    for name, row in rows.items():
        assert row["state"] == "sent" or name[-3:] in row["last_error"], row["last_error"]


@pytest.mark.row("D1", "D2")
def test_what_follows_the_status(site, sink):
    """Bodies that never end, unpack to something huge or are none change nothing: who said 200 has
    it, and is not told again."""
    rows = run(site, sink, BODIES)
    check(site, sink, BODIES, rows)


@pytest.mark.row("D2")
def test_killed_between_the_answer_and_its_commit(site, sink):
    """The receiver took it and triaged never got to know: it goes once more, with the same key, and
    says that it may be a duplicate."""
    cases = {"hook": ({"delay_ms": 3000}, "sent")}
    site.settings(kit.FILES + "targets:\n" + TARGET.replace("NAME", "hook")
                  + "routes:\n  - ladder: [{after: 0s, notify: [hook]}]\nfallback: hook\n", sink=sink.url)
    sink.fault(path="/hook", **cases["hook"][0])
    kit.put(site, kit.alert())
    site.start()
    sink.wait_requests(1)
    site.signal(signal.SIGSTOP)
    sink.wait_log(lambda line: line.get("status") == 200, what="the answer")
    assert kit.deliveries(site)[0]["state"] == "leased"
    site.kill()
    sink.heal()
    site.start()
    row = kit.wait_delivery(site, "state = 'sent'")
    first, second = sink.bodies()
    assert first["data"]["notice"]["key"] == second["data"]["notice"]["key"] == row["key"]
    assert [body["data"]["notice"]["maybe_duplicate"] for body in (first, second)] == [False, True]
    assert row["maybe_duplicate"] == 1 and len(kit.deliveries(site)) == 1
    proofs.check_database(site)
