"""Starts the fakes of tests/fake and talks to them. Standard library only.

What a script may hold is written at the top of tests/fake/fake_*.c and in
tests/fake/fault.h; it is a dict here.

    azure = fakes.Azure(folder, {"alerts": 250, "token": {"expires_in": 60}})
    azure.fault(path="*/alerts", arm="throttled", times=2)
    azure.script(add=3)
    assert azure.requests("*/alerts")
    azure.stop()
"""
import fnmatch
import http.client
import json
import os
import select
import subprocess
import time
import urllib.parse
from pathlib import Path

BUILD = Path(os.environ.get("TRIAGED_BUILD", Path(__file__).parents[2] / "build"))
START_LIMIT = 20.0
# What a portal in between answers to everything.
HTML = "<!DOCTYPE html><html><body><h1>Please sign in to the guest network</h1></body></html>"


def certificate(folder, name="localhost"):
    """A self-signed certificate for 127.0.0.1 and @name: (certificate, key)."""
    cert, key = Path(folder) / "cert.pem", Path(folder) / "key.pem"
    if not cert.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
             "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1",
             "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def signing_certificate(folder, name="triaged", days=90, env=None):
    """What an application signs in with: (certificate, both in one text)."""
    cert, key = Path(folder) / f"{name}.crt", Path(folder) / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days),
         "-subj", f"/CN={name}", "-keyout", key, "-out", cert], check=True, capture_output=True,
        env={**os.environ, **(env or {})})
    return cert.read_text(), cert.read_text() + key.read_text()


def issued_certificate(folder, name, days, above_days):
    """A certificate of @name with its key, and the one of "Above us" that issued it and ends before it."""
    folder = Path(folder)

    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    (folder / "ca.ext").write_text("basicConstraints=critical,CA:TRUE\n")
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "900", "-subj", "/CN=Root", "-keyout", "root.key",
        "-out", "root.crt")
    for who, subject, by, lasts in (("above", "Above us", "root", above_days), (name, name, "above", days)):
        run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={subject}", "-keyout", f"{who}.key",
            "-out", f"{who}.csr")
        run("x509", "-req", "-in", f"{who}.csr", "-CA", f"{by}.crt", "-CAkey", f"{by}.key", "-CAcreateserial",
            "-days", str(lasts), "-out", f"{who}.crt", *(["-extfile", "ca.ext"] if who == "above" else []))
    return "".join((folder / each).read_text() for each in (f"{name}.crt", "above.crt", "root.crt", f"{name}.key"))


class Fake:
    """One running fake. Its folder gets NAME.log and NAME.script."""

    program = None
    count = 0
    started = []  # all of this process, those that ended too: their logs stay

    def __init__(self, folder, script=None, tls=None, port=0, options=(), env=None):
        Fake.count += 1
        self.folder = Path(folder)
        self.name = f"{self.program}-{Fake.count}"
        self.log_file = self.folder / f"{self.name}.log"
        self.script_file = self.folder / f"{self.name}.script"
        self.script_file.write_text(json.dumps(script or {}))
        self.tls = tls
        command = [BUILD / "tests/fake" / self.program, "--log", self.log_file,
                   "--script", self.script_file, "--port", str(port), *options]
        if tls:
            command += ["--cert", tls[0], "--key", tls[1]]
        # It ends with our end of its standard input, so with us at the latest.
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, **(env or {})})
        self.faults = []
        self.ports = {}
        self._read_ports()
        self.port = self.ports["PORT"]
        Fake.started.append(self)

    def _read_ports(self):
        """Read "WORD number" lines until PORT."""
        end = time.monotonic() + START_LIMIT
        text = b""
        while "PORT" not in self.ports:
            ready, _, _ = select.select([self.process.stdout], [], [],
                                        max(0, end - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            if not piece:
                self.process.kill()
                raise AssertionError(f"{self.name} did not start: {text!r}")
            text += piece
            for line in text.decode().splitlines(keepends=True):
                if line.endswith("\n"):
                    word, number = line.split()
                    self.ports[word] = int(number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """End it; fails when it ended badly (a sanitizer counts)."""
        if self.process is None:
            return
        process, self.process = self.process, None
        process.stdin.close()
        try:
            status = process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()
        assert status == 0, f"{self.name} ended with {status}"

    def kill(self):
        """Gone at once, as a host that lost its power; the port refuses."""
        process, self.process = self.process, None
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _control(self, method, path, body=None):
        port = self.ports.get("CONTROL", self.port)
        if self.tls and "CONTROL" not in self.ports:
            import ssl
            context = ssl.create_default_context(cafile=self.tls[0])
            c = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
        else:
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            c.request(method, path, body)
            answer = c.getresponse()
            text = answer.read()
            assert answer.status == 200, (answer.status, text)
            return json.loads(text)
        finally:
            c.close()

    def script(self, **keys):
        """Change the script while it runs; keys not given stay."""
        self._control("POST", "/_fake/script", json.dumps(keys))

    def fault(self, **rule):
        """One more rule; the rules so far begin to count anew."""
        self.faults.append(rule)
        self.script(faults=self.faults)

    def heal(self):
        """No faults any more."""
        self.faults = []
        self.script(faults=[], answers=[])

    def answer(self, *effects):
        """The next requests are answered so, one each."""
        self.script(answers=list(effects))

    def state(self):
        return self._control("GET", "/_fake/state")

    def log(self):
        """All log lines so far, as dicts."""
        if not self.log_file.exists():
            return []
        text = self.log_file.read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def forget(self):
        """An empty log from here on: who asks thousands of times reads what is new alone."""
        if self.log_file.exists():
            os.truncate(self.log_file, 0)  # the fake appends

    def wait_log(self, condition, limit=30.0, what="a log line"):
        """The log lines for which condition(line) holds, once there is one."""
        end = time.monotonic() + limit
        while True:
            found = [line for line in self.log() if condition(line)]
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"waited {limit} s for {what} in {self.log_file}")
            select.select([], [], [], 0.02)


class WebFake(Fake):
    """A fake that speaks HTTP."""

    def requests(self, path="*", method=None):
        """Log lines of requests to @path (shell pattern, case ignored)."""
        return [line for line in self.log()
                if fnmatch.fnmatch(line["path"].lower(), path.lower())
                and method in (None, line["method"])]

    def wait_requests(self, n, path="*", limit=30.0):
        """At least n requests to @path."""
        end = time.monotonic() + limit
        while len(self.requests(path)) < n:
            if time.monotonic() > end:
                raise AssertionError(f"waited {limit} s for {n} requests to {path}, "
                                     f"there were {len(self.requests(path))}")
            select.select([], [], [], 0.02)
        return self.requests(path)


class Azure(WebFake):
    """Sign-in, Resource Manager, Graph, Cloud Apps: one estate behind several doors."""

    program = "fake_azure"

    def alerts(self):
        """What it holds: [{index, subscription, name, status, severity, generated}]."""
        return self._control("GET", "/_fake/alerts")

    def subscriptions(self):
        return self.state()["subscriptions"]

    def door(self, name):
        """All it holds as a door shows it: arm, graph, cloud_apps, behaviors (rows)."""
        return self._control("GET", f"/_fake/{name}")

    def mails(self):
        """What sendMail accepted: [{mailbox, text}]."""
        return self._control("GET", "/_fake/mails")

    def actions(self):
        """Changes that were asked for: [{method, target, body, status}]."""
        return self._control("GET", "/_fake/actions")

    def sign_ins(self):
        """Forms that came to the token endpoint, without secrets, each with its "aadsts"."""
        return self.state()["sign_ins"]


class Sink(WebFake):
    """A webhook receiver; log lines have a "body"."""

    program = "fake_sink"

    def bodies(self):
        """Bodies of all POSTs, decoded from JSON."""
        return [json.loads(line["body"]) for line in self.requests(method="POST")]


class Smtp(Fake):
    """A mail server. A script fault names the stage as "method"."""

    program = "fake_smtp"

    def __init__(self, folder, script=None, tls=None, port=0, env=None):
        Fake.count += 1
        self.mails = Path(folder) / f"mails-{Fake.count}"
        super().__init__(folder, script, tls, port, ["--dir", self.mails], env)

    def messages(self):
        """Envelopes of accepted messages, each with its bytes as "text"."""
        lines = [line for line in self.log() if line["event"] == "message"]
        for line in lines:
            line["text"] = Path(line["file"]).read_bytes()
        return lines

    def commands(self, stage=None):
        return [line for line in self.log()
                if line["event"] == "command" and stage in (None, line["stage"])]


def form(**fields):
    """The body of a form."""
    return urllib.parse.urlencode(fields)
