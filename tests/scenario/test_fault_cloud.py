"""What the cloud may do to whoever asks it: send him elsewhere, tell him to wait, be down for an
hour, give him odd tokens. The hours pass because the clocks of the daemon jump.
"""
import contextlib
import json
import shutil
import socket
import ssl
import threading

import pytest

import fakes
import proofs
from harness import Clock, wait_for
from test_doctor_ways import NO, PASSWORD, END, certificate

STALE = "select state, description from v_alerts where title like 'Source azure has no complete poll'"

# Costumes of a link that leads away. PORT is the cloud's own; at ELSE somebody listens on the same
# address, and on another address at PORT too. Whoever follows one of them, as some parser of
# addresses would, meets one of the three.
ELSEWHERE = {
    "another port": "http://127.0.0.1:ELSE/x",
    "another host": "http://127.0.0.2:PORT/x",
    "another name": "http://localhost:PORT/x",
    "another scheme": "https://127.0.0.1:PORT/x",
    "ftp": "ftp://127.0.0.1:ELSE/x",
    "gopher": "gopher://127.0.0.1:ELSE/_GET",
    "file": "file:///etc/passwd",
    "a user": "http://user@127.0.0.1:PORT/x",
    "a user and a word": "http://user:word@127.0.0.1:PORT/x",
    "the host as a user": "http://127.0.0.1@127.0.0.2:PORT/x",
    "host and port as a user": "http://127.0.0.1:PORT@127.0.0.1:ELSE/x",
    "longer": "http://127.0.0.1.evil.example:PORT/x",
    "longer behind the port": "http://127.0.0.1:PORT.evil.example/x",
    "no scheme": "//127.0.0.1:ELSE/x",
    "one slash": "http:/127.0.0.1:ELSE/x",
    "no slash": "http:127.0.0.1:ELSE/x",
    "three slashes": "http:///127.0.0.1:ELSE/x",
    "a backslash": "http://127.0.0.1:ELSE\\@127.0.0.1:PORT/x",
    "backslashes": "http:\\\\127.0.0.1:ELSE\\x",
    "a tab": "http://127.0.0.1\t:ELSE/x",
    "a tab in the scheme": "ht\ttp://127.0.0.1:ELSE/x",
    "a blank before it": " http://127.0.0.1:ELSE/x",
    "a question": "http://127.0.0.1:ELSE?@127.0.0.1:PORT/x",
    "a fragment": "http://127.0.0.1:ELSE#@127.0.0.1:PORT/x",
    "a path": "http://127.0.0.1:ELSE/@127.0.0.1:PORT/x",
    "uppercase": "HTTP://LOCALHOST:ELSE/X",
    "a dot behind it": "http://localhost.:ELSE/x",
    "a dot behind the number": "http://127.0.0.1.:PORT/x",
    "letters that look alike": "http://l\u043ec\u0430lhost:ELSE/x",
    "digits that look alike": "http://\uff11\uff12\uff17.0.0.1:PORT/x",
    "a stop that looks alike": "http://127\u30020\u30020\u30021:PORT/x",
    "punycode": "http://xn--lclhost-6fgb:ELSE/x",
    "an escape": "http://127%2e0.0.1:ELSE/x",
    "one number": "http://2130706433:ELSE/x",
    "hexadecimal": "http://0x7f.1:ELSE/x",
    "octal": "http://0177.0.0.1:ELSE/x",
    "a short number": "http://127.1:ELSE/x",
    "in six": "http://[::ffff:127.0.0.1]:PORT/x",
    "a port too large": "http://127.0.0.1:MORE/x",
    "a port below": "http://127.0.0.1:-PORT/x",
}
REDIRECTS = (301, 302, 303, 307, 308)


@pytest.fixture
def clock(site, tmp_path):
    made = Clock(tmp_path)
    site.more_environment = made.environment
    return made


class Nobody:
    """Listens, and is never to be met."""

    def __init__(self, address):
        self.socket = socket.create_server(address)
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.seen = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def visits(self):
        """Who came since the last time, bytes and all."""
        try:
            visitor, _ = self.socket.accept()
        except BlockingIOError:
            return
        with visitor:
            visitor.settimeout(5)
            self.seen.append(visitor.recv(4096))


def met(nobodies):
    """What somebody said to one of them."""
    for nobody in nobodies:
        nobody.visits()
    return [words for nobody in nobodies for words in nobody.seen]


def dressed(azure, nobody):
    """{costume: address}"""
    return {name: link.replace("PORT", str(azure.port)).replace("ELSE", str(nobody.port))
                      .replace("MORE", str(azure.port + 65536))
            for name, link in ELSEWHERE.items()}


def rules(azure, links, way):
    """The first page of each subscription leads away, each in another costume."""
    for number, (sub, link) in enumerate(zip(azure.subscriptions(), links.values())):
        path = f"/subscriptions/{sub}/*/alerts"
        if way == "link":
            yield {"path": path, "next_link": json.dumps(link)[1:-1]}
        else:
            status = REDIRECTS[number % len(REDIRECTS)]
            yield {"path": path, "status": status, "headers": {"Location": link}}


def until(condition, site, clock, step_s, what, wall=False):
    """The time goes on in such steps until @condition() holds."""
    def look():
        if condition():
            return True
        clock.jump(step_s, wall=wall)
        return not site.ctl_reaches()  # an answer: it has been around

    wait_for(look, what)


def polled(site, azure, complete=0):
    """Has each subscription been polled?"""
    return len(azure.subscriptions()) == site.value(
        "select count(distinct scope) from v_polls where ended_at is not null "
        "and complete >= ? and scope <> 'subscriptions'", complete)


@pytest.mark.row("C14")
@pytest.mark.parametrize("way", ["link", "redirect"])
def test_led_away(site, clock, tmp_path, way):
    """In any costume: nobody else is met, the poll is incomplete and says why, what it saw is kept,
    people hear of it; and all of it heals."""
    script = {"seed": 14, "alerts": 5 * len(ELSEWHERE), "subscriptions": len(ELSEWHERE), "page": 2}
    with fakes.Azure(tmp_path, script) as azure, Nobody(("127.0.0.1", 0)) as other, \
            contextlib.ExitStack() as more:
        nobodies = [other, more.enter_context(Nobody(("127.0.0.2", azure.port)))]
        links = dressed(azure, other)
        azure.script(faults=list(rules(azure, links, way)))
        proofs.configure(site, azure, interval="1m")
        site.start()
        wait_for(lambda: met(nobodies) or polled(site, azure), "all polls")
        assert not met(nobodies)
        polls = proofs.polls_since(site, 0)
        for name, sub, link in zip(links, azure.subscriptions(), links.values()):
            word = "another host" if way == "link" else "HTTP 30"
            assert not polls[sub]["complete"] and word in polls[sub]["error"], name
            assert link not in site.log_text(), name
        stored = 2 * len(links) if way == "link" else 0
        assert len(proofs.stored(site)) == stored
        until(lambda: site.rows(STALE), site, clock, 301, "the alert about it")
        assert word in site.rows(STALE)[0]["description"]
        assert not met(nobodies)
        assert {line["headers"]["host"] for line in azure.log()} == {f"127.0.0.1:{azure.port}"}
        assert not azure.requests("/x*")
        azure.heal()
        until(lambda: polled(site, azure, complete=1), site, clock, 61, "complete polls")
        wait_for(lambda: site.rows(STALE)[0]["state"] == "closed", "the end of the alert")
        assert site.stop() == 0
        proofs.check_equal(site, azure)
        proofs.check_database(site)


class Part:
    """A subscription of the cloud, and a tenant of its own to sign in to."""

    def __init__(self, azure, number):
        self.azure = azure
        self.subscription = azure.subscriptions()[number]
        self.tenant = f"{number:08}-2222-3333-4444-555555555555"
        self.paths = {"alerts": f"/subscriptions/{self.subscription}/*/alerts",
                      "token": f"/{self.tenant}/*/token"}

    def requests(self, what):
        return self.azure.requests(self.paths[what])

    def fault(self, what, **effect):
        self.azure.fault(path=self.paths[what], **effect)

    def holds(self):
        return {name for name, alert in proofs.truth(self.azure).items()
                if alert["subscription"] == self.subscription}


@pytest.fixture
def clouds(tmp_path, clock):
    """A function that starts a cloud with a part for each of the names, whose clocks jump as the
    daemon's."""
    running = []

    def start(names):
        script = {"seed": 15, "alerts": 6 * len(names), "subscriptions": len(names)}
        running.append(fakes.Azure(tmp_path, script, env=clock.environment))
        return {name: Part(running[-1], number) for number, name in enumerate(names)}
    yield start
    for fake in running:
        fake.stop()


def settle(site, clock, azure, seconds, step_s=20):
    """So much time goes by, in steps that no answer under way takes for its own delay: after each
    the daemon sees what time it is, is answered what it then asks, and has read that."""
    for _ in range(int(seconds / step_s)):
        clock.jump(step_s)
        for _ in range(2):
            assert site.ctl_reaches() and site.ctl_reaches()
            azure.state()
        assert site.ctl_reaches()


def asked_ms(part):
    return [line["t_ms"] for line in part.requests("alerts")]


def gaps_s(part):
    """Seconds between one request and the next, by the clock of the cloud."""
    at = asked_ms(part)
    return [(later - earlier) / 1000 for earlier, later in zip(at, at[1:])]


def sources(site, parts, **intervals):
    """A source for each of the parts."""
    site.secret("azure-secret", "correct horse")
    site.settings("sources:\n" + "".join(
        proofs.azure_source(part.azure, name=name, interval=intervals.get(name, "5m"),
                            subscriptions=f"[{part.subscription}]").replace("{tenant}", part.tenant)
        for name, part in parts.items()) + proofs.FOLDER)


def complete(site, name):
    return site.value("select count(*) from v_polls where source = ? and complete = 1 "
                      "and scope <> 'subscriptions'", name)


def check_whole(site, parts):
    """Everything all of them hold is there."""
    for name, part in parts.items():
        assert set(proofs.stored(site, name)) == part.holds(), name
    proofs.check_ledger(site)
    proofs.check_database(site)


def check_goes_on(part):
    """It was polled each minute; a loaded machine may take a step or two of the clock more."""
    gaps = gaps_s(part)
    assert len(gaps) >= 30 and max(gaps) <= 180, gaps


def check_one_at_a_time(azure, takes_ms):
    """None of the requests for a token began before the one before it was answered."""
    at = [line["t_ms"] for line in azure.requests("*/token")]
    assert all(later - earlier >= takes_ms for earlier, later in zip(at, at[1:])), at


HOUR = 3600
LONGEST = (HOUR, HOUR + 60)
AT_ONCE = (0.2, 60)  # nothing was asked for: by its own back-off
# What Retry-After says: {name: (headers, seconds at least and at most, as told)}
TOLD = {
    "a-second": ({"Retry-After": "1"}, (1, 40)),
    "a-minute": ({"Retry-After": "60"}, (60, 100)),
    "ten-minutes": ({"Retry-After": "600"}, (600, 640)),
    "a-date-far-off": ({"Retry-After": "Fri, 31 Dec 2060 23:59:59 GMT"}, LONGEST),
    "a-date-of-old": ({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, AT_ONCE),
    "negative": ({"Retry-After": "-5"}, AT_ONCE),
    "ten-to-the-ninth": ({"Retry-After": "1000000000"}, LONGEST),
    "thirty-digits": ({"Retry-After": "9" * 30}, LONGEST),
    "zero": ({"Retry-After": "0"}, AT_ONCE),
    "words": ({"Retry-After": "soon"}, AT_ONCE),
    "an-exponent": ({"Retry-After": "1e9"}, AT_ONCE),
    "nothing-in-it": ({"Retry-After": ""}, AT_ONCE),
    "absent": ({}, AT_ONCE),
}


@pytest.mark.row("C2")
def test_a_storm_of_429(site, clock, clouds):
    """What it asks for is done, an hour at most; nonsense counts as nothing; whoever is asked the
    same by no other service is polled all the while."""
    parts = clouds(["other", *TOLD])
    azure = parts["other"].azure
    for name, (headers, wait) in TOLD.items():
        parts[name].fault("alerts", status=429, times=1 if wait == LONGEST else 3, headers=headers,
                          json={"error": {"code": "TooManyRequests"}})
    sources(site, parts, other="1m")
    site.start()
    wait_for(lambda: all(part.requests("alerts") for part in parts.values()), "the first requests")
    settle(site, clock, azure, HOUR + 120)
    wait_for(lambda: all(complete(site, name) for name in parts), "all to be read")
    found = {name: gaps_s(parts[name])[:1 if wait == LONGEST else 3]
             for name, (_, wait) in TOLD.items()}
    wrong = {name: (found[name], (least, most)) for name, (_, (least, most)) in TOLD.items()
             if not found[name] or not all(least <= gap <= most for gap in found[name])}
    assert not wrong
    check_goes_on(parts["other"])
    assert site.stop() == 0
    check_whole(site, parts)


ERRORS = (500, 502, 503, 504)


@pytest.mark.row("C3")
def test_an_hour_of_server_errors(site, clock, clouds):
    """The next try comes later each time, but never much later than the next poll would; no two
    sources keep step; the other one is polled as if nothing were; and all of it heals."""
    parts = clouds(["other", *(f"e{status}" for status in ERRORS)])
    azure = parts["other"].azure
    for status in ERRORS:
        parts[f"e{status}"].fault("alerts", status=status, body="", type="text/plain")
    sources(site, parts, other="1m")
    site.start()
    settle(site, clock, azure, 90, step_s=2)
    settle(site, clock, azure, HOUR - 90)
    for status in ERRORS:
        gaps = gaps_s(parts[f"e{status}"])
        assert 12 <= len(gaps) <= 120, gaps
        assert gaps[0] + gaps[1] < gaps[4] < max(gaps) <= 420 and max(gaps) >= 150, gaps
        errors = [row["error"] for row in site.rows(
            "select error from v_polls where source = ? and error is not null", f"e{status}")]
        assert sum(f"HTTP {status}" in error for error in errors) > len(errors) / 2, errors
    assert len({tuple(asked_ms(parts[f"e{status}"])) for status in ERRORS}) == len(ERRORS)
    check_goes_on(parts["other"])
    azure.heal()
    settle(site, clock, azure, 8 * 60)
    wait_for(lambda: all(complete(site, name) for name in parts), "all to be read")
    assert site.stop() == 0
    check_whole(site, parts)


GOOD = '"token_type":"Bearer","expires_in":3599'
# 200 from the sign-in, and no token to be used: {name: (body, word of the error)}
TOKENS = {
    "no-life": ('{"access_token":"eyJ","expires_in":0}', "expires_in"),
    "less-than-none": ('{"access_token":"eyJ","expires_in":-1}', "expires_in"),
    "beyond-numbers": ('{"access_token":"eyJ","expires_in":99999999999999999999}', "token"),
    "life-in-words": ('{"access_token":"eyJ","expires_in":"soon"}', "expires_in"),
    "life-null": ('{"access_token":"eyJ","expires_in":null}', "expires_in"),
    "life-absent": ('{"access_token":"eyJ"}', "expires_in"),
    "token-absent": ("{" + GOOD + "}", "access_token"),
    "token-null": ('{"access_token":null,' + GOOD + "}", "access_token"),
    "token-a-list": ('{"access_token":["eyJ"],' + GOOD + "}", "access_token"),
    "token-of-two-lines": ('{"access_token":"eyJ\\r\\nX-Evil: 1",' + GOOD + "}", "access_token"),
    "token-of-a-megabyte": ('{"access_token":"' + "e" * 1_000_000 + '",' + GOOD + "}", "larger"),
    "a-list": ("[]", "not a token"),
    "html": (fakes.HTML, "not a token"),
    "nothing": ("", "not a token"),
    "cut": ('{"access_token":"ey', "not a token"),
}


@pytest.mark.row("C1")
def test_tokens_that_are_none(site, clock, clouds):
    """Nothing is asked with them; the error says what is wrong; there are few requests, and the
    first good token ends it without a restart."""
    parts = clouds(TOKENS)
    azure = parts["no-life"].azure
    for name, (body, _) in TOKENS.items():
        parts[name].fault("token", body=body, type="application/json")
    sources(site, parts)
    site.start()
    settle(site, clock, azure, 10 * 60)
    for name, (_, word) in TOKENS.items():
        errors = {row["error"] for row in site.rows(
            "select error from v_polls where source = ? and error is not null", name)}
        assert errors and all(word in error for error in errors), (name, errors)
        assert not parts[name].requests("alerts"), name
        assert 3 <= len(parts[name].requests("token")) <= 12, name
    assert "eyJ" not in site.log_text()
    azure.heal()
    settle(site, clock, azure, 15 * 60)
    wait_for(lambda: all(complete(site, name) for name in parts), "all to be read")
    assert site.stop() == 0
    check_whole(site, parts)


@pytest.mark.row("C1")
def test_a_token_for_ever(site, clock, clouds):
    """Nobody is issued one for longer than 28 hours, whatever the number says: it is renewed."""
    parts = clouds(["azure"])
    azure = parts["azure"].azure
    azure.script(token={"expires_in": 10 ** 18})
    sources(site, parts, azure="1h")
    site.start()
    wait_for(lambda: complete(site, "azure"), "a poll")
    for hours, tokens in ((20, 1), (4, 2), (20, 2), (4, 3)):
        polls = complete(site, "azure")
        clock.jump(hours * HOUR)
        until(lambda polls=polls: complete(site, "azure") > polls, site, clock, 0.1, "another poll")
        assert azure.state()["token_requests"] == tokens


@pytest.mark.row("C1")
def test_refused_in_the_middle_by_everybody(site, tmp_path):
    """Two sources that sign in alike read eight subscriptions each when the token ends: one other
    token, one request for it, and whatever was refused is asked again as it was."""
    takes_ms = 300
    script = {"seed": 16, "alerts": 160, "subscriptions": 8, "page": 4}
    with fakes.Azure(tmp_path, script) as azure:
        names = ("one", "two")
        azure.fault(path="*/token", delay_ms=takes_ms)
        azure.fault(path="*/alerts", skip=4, times=4, arm="expired-token", delay_ms=takes_ms)
        azure.fault(path="*/alerts", times=4, delay_ms=takes_ms)
        site.secret("azure-secret", "correct horse")
        site.settings("sources:\n" + "".join(proofs.azure_source(azure, name=name) for name in names)
                      + proofs.FOLDER)
        assert site.once()[0] == 0
        log = [(line["target"], line["status"], line["headers"]["authorization"])
               for line in azure.requests("*/alerts")]
        refused = [(target, token) for target, status, token in log if status == 401]
        assert len(refused) == 4 and len({token for _, token in refused}) == 1
        for target, token in refused:
            again = [key for other, status, key in log if (other, status) == (target, 200)]
            assert [key for key in again if key != token], target
        assert azure.state()["token_requests"] == 2
        check_one_at_a_time(azure, takes_ms)
        have = {key for name in names for key in proofs.stored(site, name)}
        assert have == set(proofs.truth(azure))
        proofs.check_ledger(site)
        proofs.check_database(site)


class Listener:
    """Takes what comes and keeps it, after TLS of @context when there is one; answers @answer."""

    def __init__(self, context=None, answer=b""):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context, self.answer = context, answer
        self.n_met, self.seen = 0, []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                visitor, _ = self.socket.accept()
                self.n_met += 1
                with contextlib.suppress(OSError), visitor:
                    visitor.settimeout(10)
                    self.talk(visitor)

    def talk(self, visitor):
        if self.context:
            with self.context.wrap_socket(visitor, server_side=True) as inside:
                self.seen.append(inside.recv(65536))
        else:
            self.seen.append(visitor.recv(65536))
            visitor.sendall(self.answer)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.socket.close()


def tls_server(folder, trust, oldest=False, **life):
    """A listener with a certificate of its own, and the file that says whom to trust."""
    folder.mkdir()
    cert, key = certificate(folder, life.pop("subject", "/CN=cloud"), **life)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if oldest:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    trusted = shutil.copy(cert, folder / "trusted.pem")
    if trust == "another":
        trusted, _ = certificate(folder, "/CN=another")
    return Listener(context), f"    ca-file: {trusted}\n" if trust != "nobody" else ""


# {name: (how the service shows itself, words of the error)}
STRANGERS = {
    "expired": ({"trust": "it", "days": -1}, "expired"),
    "of-another-name": ({"trust": "it", "name": "DNS:cloud.example"}, "127.0.0.1"),
    "self-signed": ({"trust": "nobody"}, "self-signed"),
    "of-another-ca": ({"trust": "another"}, "not trusted"),
    "too-old": ({"trust": "it", "oldest": True}, "TLS 1.2"),
}
PROXIES = {"refuses": (NO, "(403)"), "asks-who": (PASSWORD + b"\r\nProxy-Authenticate: Basic", "(407)")}
FAR = "https://management.contoso.example"


@pytest.mark.row("C15")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_who_cannot_prove_who_he_is(site, clock, tmp_path, clouds):
    """The sign-in goes well; the service behind it is not who it should be, or a proxy lets nobody
    through: named, and neither token nor secret was said to anybody there. The same where it is
    the sign-in that cannot prove it."""
    azure = clouds(["azure"])["azure"].azure
    site.secret("azure-secret", "correct horse")
    text, met_by = "sources:\n", {}
    for name, (how, _) in STRANGERS.items():
        for role in ("resource-manager", "login"):
            listener, more = tls_server(tmp_path / f"{name}-{role}", **how)
            met_by[f"{name}-{role}"] = listener
            text += proofs.azure_source(azure, name=f"{name}-{role}", interval="5m").replace(
                f'{role}: "{azure.url}"', f'{role}: "https://127.0.0.1:{listener.port}"') + more
    for name, (answer, _) in PROXIES.items():
        met_by[name] = Listener(answer=answer + END)
        text += proofs.azure_source(azure, name=name, interval="5m").replace(
            f'resource-manager: "{azure.url}"', f'resource-manager: "{FAR}"')
        text += f"    proxy: http://127.0.0.1:{met_by[name].port}\n"
    site.settings(text + proofs.FOLDER)
    site.start()
    said = {name: word for name, (_, word) in PROXIES.items()}
    said.update({f"{name}-{role}": word for name, (_, word) in STRANGERS.items()
                 for role in ("resource-manager", "login")})

    def is_named(name):
        """In one of its polls: where the clock jumped into a handshake that is told as the cause."""
        return any(said[name] in row["error"] for row in site.rows(
            "select error from v_polls where source = ? and error is not null", name))

    until(lambda: all(map(is_named, met_by)), site, clock, 5, "all to fail")
    assert site.stop() == 0
    assert azure.requests("*/token") and not azure.requests("/subscriptions*")
    for name, listener in met_by.items():
        listener.close()
        assert listener.n_met, name
        seen = b"".join(listener.seen)
        assert name in PROXIES or not seen, (name, seen)
        assert b"Bearer" not in seen and b"correct" not in seen, (name, seen)
    proofs.check_ledger(site)
