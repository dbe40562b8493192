"""Every kind of secret is used once, refused once, and found nowhere afterwards.

Each is a canary, a text that stands nowhere else. The places: the state directory
with its database and WAL, a backup, an export, the log, what every command prints,
the metrics and the page, the settings as dumped, command line and environment of the
daemon and of a hook, what goes to the SIEM and to the other receivers, a core file.
"""
import base64
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

import doors
import fakes
import kit
from harness import MAY_LOOK_INSIDE, wait_for
from syslog_receiver import Receiver
from ports import free_port
from test_life import get

ROOT = Path(__file__).parents[2]


def whsec(text):
    return "whsec_" + base64.b64encode(text.encode()).decode()


# {name of the credential: its value}; PEM files and URLs are added when their peers run.
SECRETS = {
    "azure-secret": "canary-azure-secret-Kq7",
    "cloud-apps-token": "canary-cloud-apps-Ju2",
    "smtp-password": "canary-smtp-Zr4",
    "soc-signing": whsec("canary-signing-0123456789"),
    "soc-signing-next": whsec("canary-signing-next-123456789"),
    "soc-token": "canary-bearer-Ty8",
    "jira-token": "canary-jira-Pl3",
    "pagerduty-key": "canarypagerduty0123456789abcdefgh",
    "opsgenie-key": "canary-opsgenie-Vb6",
    "servicenow-key": "canary-servicenow-Nm1",
}
SETTINGS = """
tenants:
  - name: contoso
    id: {tenant}
    auth: client-certificate
    client-id: {client}
    client-certificate: {credential: azure-certificate}
  - {name: fabrikam, id: fabrikam.example, client-id: {client}, client-secret: {credential: azure-secret}}
{sources}
targets:
  - name: mail
    type: email
    server: smtp://127.0.0.1:{smtp}
    from: triaged@example.org
    to: [anna@example.org]
    username: triaged
    password: {credential: smtp-password}
    ca-file: "{folder}/cert.pem"
  - name: mail365
    type: email
    server: "{azure}"
    from: triaged@example.org
    to: [anna@example.org]
    oauth: fabrikam
    endpoints: {login: "{azure}"}
  - name: hook
    type: webhook
    url: {credential: soc-url}
    signing-secret: {credential: soc-signing}
    signing-secret-next: {credential: soc-signing-next}
    token: {credential: soc-token}
    client-certificate: {credential: soc-certificate}
    ca-file: "{folder}/cert.pem"
    allow-private: true
  - {name: pager, type: webhook, format: pagerduty, url: "{sink}/pager", routing-key: {credential: pagerduty-key}, allow-private: true}
  - {name: opsgenie, type: webhook, format: opsgenie, url: "{sink}/opsgenie", api-key: {credential: opsgenie-key}, allow-private: true}
  - {name: jira, type: webhook, format: jira, url: "{sink}/jira", username: a@example.org, password: {credential: jira-token}, project: SEC, allow-private: true}
  - {name: servicenow, type: webhook, format: servicenow, url: "{sink}/servicenow", api-key: {credential: servicenow-key}, allow-private: true}
  - {name: handler, type: exec, command: ["{folder}/hook"], timeout: 10s}
  - {name: pulse, type: heartbeat, url: {credential: pulse-url}, interval: 10s, allow-private: true}
routes:
  - ladder: [{after: 0s, notify: [mail, mail365, hook, pager, opsgenie, jira, servicenow, handler]}]
fallback: handler
forward:
  - {name: siem, type: syslog-tls, server: "127.0.0.1:{siem}", from: beginning, settle: 0s, ca-file: "{folder}/cert.pem", client-certificate: {credential: siem-certificate}}
  - {name: spool, type: file, path: "{folder}/spool.json", from: beginning}
"""
# Who a source is, five ways.
SIGN_IN = {
    "arm": "    tenant: fabrikam\n",
    "graph": "    tenant: contoso\n",
    "hunting": "    tenant: {tenant}\n    auth: workload-identity\n    client-id: {client}\n"
               '    federated-token-file: "{folder}/federated"\n',
    "resource-graph": "    tenant: {tenant}\n    auth: managed-identity\n",
    "cloud-apps": "    token: {credential: cloud-apps-token}\n",
}
HOOK = """#!/bin/sh
exec >>"$0.saw" 2>&1
env; tr '\\0' '\\n' </proc/$$/cmdline; cat
"""


class Scene:
    """The site, its peers, and every secret there is."""

    def __init__(self, site, folder, peers):
        self.site, self.folder = site, folder
        self.azure, self.contoso, self.sink, self.tls_sink, self.smtp, self.siem = peers
        self.port = free_port()
        self.secrets = {
            **SECRETS,
            "soc-url": f"{self.tls_sink.url}/hooks/canary-path-Xw9?code=canary-query-Bd2",
            "pulse-url": f"{self.sink.url}/pulse/canary-pulse-Gh5",
            **{f"{name}-certificate": fakes.signing_certificate(folder, name)[1]
               for name in ("azure", "soc", "siem")}}
        for name, value in self.secrets.items():
            site.secret(name, value)
        self.contoso.script(token={"certificate": (folder / "azure.crt").read_text()})
        (folder / "federated").write_text("header.canary-federated-Lw2.signature")
        (folder / "hook").write_text(HOOK)
        (folder / "hook").chmod(0o755)
        sources = "".join(
            doors.block(kind, self.contoso if kind == "graph" else self.azure, interval="1s",
                        sign_in=sign_in).replace(
                "endpoints: {", f'endpoints: {{instance-metadata: "{self.azure.url}", '
                if kind == "resource-graph" else "endpoints: {")
            for kind, sign_in in SIGN_IN.items())
        site.settings(f"listen: 127.0.0.1:{self.port}\npublic-url: https://soc.example.org\n" +
                      SETTINGS.replace("{sources}", kit.FILES + sources), azure=self.azure.url,
                      sink=self.sink.url, smtp=self.smtp.port, siem=self.siem.port)
        kit.put(site, *(kit.alert(n) for n in range(1, 4)))

    def refuse_mails(self):
        """In place of the mail server one that knows another password."""
        self.messages = self.smtp.messages()
        self.smtp.kill()  # what is signed in would stay so
        self.smtp = fakes.Smtp(self.folder, {"users": {"triaged": "other"}, "require_auth": True},
                               tls=self.smtp.tls, port=self.smtp.port)

    def canaries(self):
        """What must be nowhere: each secret, and what is made of it on the way."""
        found = ["canary", "PRIVATE KEY", "whsec_",
                 base64.b64encode(b"\0triaged\0" + SECRETS["smtp-password"].encode()).decode(),
                 base64.b64encode(f"a@example.org:{SECRETS['jira-token']}".encode()).decode()]
        found += [value.removeprefix("whsec_") for value in SECRETS.values()]
        for name in ("azure", "soc", "siem"):  # a line of each key
            pem = self.secrets[f"{name}-certificate"].split("PRIVATE KEY-----\n")[1]
            found.append(pem.splitlines()[3])
        for line in self.azure.requests() + self.contoso.requests():
            found += re.findall(r"Bearer (\S{8,})", line["headers"].get("Authorization", ""))
        key = (self.site.state / "acknowledge.key").read_bytes()
        return {text.encode() for text in found} | {key} | {
            token.encode() for message in self.messages
            for token in re.findall(r"/ack/([A-Za-z0-9_-]{76})", message["text"].decode())}

    def sent(self, target, state="sent"):
        return kit.deliveries(self.site, "target = ? and state = ?", target, state)


@pytest.fixture
def scene(site, tmp_path):
    tls = fakes.certificate(tmp_path)
    estate = {"alerts": 5, "subscriptions": 1}
    token = {"client_secret": SECRETS["azure-secret"], "legacy": SECRETS["cloud-apps-token"],
             "federated": "header.canary-federated-Lw2.signature"}
    with fakes.Azure(tmp_path, {**estate, "token": token}) as azure, \
            fakes.Azure(tmp_path, estate) as contoso, \
            fakes.Sink(tmp_path) as sink, fakes.Sink(tmp_path, tls=tls) as tls_sink, \
            Receiver(tls) as siem:
        smtp = fakes.Smtp(tmp_path, {"users": {"triaged": SECRETS["smtp-password"]},
                                     "require_auth": True}, tls=tls)
        made = Scene(site, tmp_path, (azure, contoso, sink, tls_sink, smtp, siem))
        yield made
        if site.process is not None:
            site.kill()
        made.smtp.stop()


def test_every_secret_there_is_has_a_canary():
    """A setting that holds a secret and is not in this file's scene fails here."""
    tables = "".join(path.read_text() for path in (ROOT / "src/conf").glob("table*.c"))
    holders = set(re.findall(r'\{ "([a-z]+)", "([a-z-]+)", "[^"]*\bsecret\b[^"]*"', tables))
    assert len(holders) >= 12
    used = {name for name, _ in re.findall(r"([a-z-]+): \{credential: ([a-z-]+)\}",
                                           SETTINGS + "".join(SIGN_IN.values()))}
    assert {name for _, name in holders} <= used


def everything_said(scene, *form):
    """{place: bytes} of all that anybody could read while the daemon runs."""
    site, process = scene.site, Path(f"/proc/{scene.site.process.pid}")
    texts = {"cmdline": (process / "cmdline").read_bytes()}
    if MAY_LOOK_INSIDE:
        texts["environ"] = (process / "environ").read_bytes()
    for path in ("/metrics", "/", "/-/healthy", "/-/ready"):
        texts[path] = get(scene.port, path)[2].encode()
    for option in ("--dump-config", "--check-config"):
        texts[option] = repr(site.run(option)).encode()
    for command in ("status", "doctor", "sources", "outbox", "list", "show 1", "why 1",
                    "timeline 1", "coverage", "report 1", "report --shift 12h", "export",
                    "test-notify mail", "reload", "audit verify",
                    f"backup {scene.folder}/copy.db"):
        words = command.split(maxsplit=2 if "--shift" in command else 1)
        texts["triagectl " + command] = repr(site.ctl(*form, *words)).encode()
    return texts


def files_of(scene):
    """{file: bytes} of the state directory, and of what was written beside it."""
    paths = [path for path in scene.site.state.rglob("*") if path.name != "acknowledge.key"]
    paths += [scene.folder / "spool.json", scene.folder / "copy.db", scene.folder / "hook.saw",
              scene.site.log, *scene.folder.glob("core*")]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def everything_sent(scene):
    """{receiver: bytes} of what went to each, without the header or member that is its own."""
    events = b"".join(message.text.encode() for message in scene.siem.messages())
    bodies = {line["path"]: line["body"].encode() for line in
              scene.sink.requests() if line["path"] != "/pager"}
    pages = [json.loads(line["body"]) for line in scene.sink.requests("/pager")]
    for page in pages:
        assert page.pop("routing_key") == SECRETS["pagerduty-key"]
    return {"siem": events, "pager": json.dumps(pages).encode(),
            "hook": b"".join(line["body"].encode() for line in scene.tls_sink.requests()),
            "mail": b"".join(re.sub(rb"/ack/\S+", b"", m["text"]) for m in scene.messages),
            **bodies}


def assert_used(scene):
    """Each secret has reached its own peer, or finding it nowhere would prove nothing."""
    used = json.dumps(scene.tls_sink.requests() + scene.sink.requests() +
                      scene.azure.requests() + scene.azure.sign_ins() +
                      scene.contoso.sign_ins())
    jira = base64.b64encode(f"a@example.org:{SECRETS['jira-token']}".encode()).decode()
    for text in ("canary-path-Xw9", "canary-query-Bd2", "canary-pulse-Gh5", "canary-federated-Lw2",
                 SECRETS["soc-token"], SECRETS["cloud-apps-token"], SECRETS["opsgenie-key"],
                 SECRETS["servicenow-key"], SECRETS["pagerduty-key"], jira, "client_assertion"):
        assert text in used, text
    assert scene.smtp.messages() and scene.azure.mails() and scene.siem.messages()
    assert scene.tls_sink.requests()[0]["headers"]["webhook-signature"].count("v1,") == 2


@pytest.mark.row("G9")
def test_secrets_are_nowhere(scene):
    """In a run in which everything works, then one in which every peer refuses, and after
    the process was killed by a signal that dumps core."""
    site = scene.site
    site.wrapper = ["prlimit", "--core=unlimited"]
    site.start()
    for target in ("mail", "mail365", "hook", "pager", "opsgenie", "jira", "servicenow", "handler"):
        wait_for(lambda target=target: scene.sent(target) or
                 kit.deliveries(site, "target = ? and attempts > 0", target), f"a try at {target}")
    for kind in SIGN_IN:
        wait_for(lambda kind=kind: site.rows(
            "select 1 from v_polls where source = ? and complete = 1", kind), f"a poll of {kind}")
    scene.sink.wait_requests(1, "/pulse/*")
    wait_for(scene.siem.messages, "an event at the SIEM")
    assert_used(scene)
    texts = everything_said(scene, "--json")

    # Now everybody refuses, in words of their own, which repeat what they were given.
    scene.azure.script(token={"client_secret": "x", "federated": "x", "legacy": "x"}, revoke=True)
    other, _ = fakes.signing_certificate(scene.folder, "other")
    scene.contoso.script(token={"certificate": other}, revoke=True)
    scene.refuse_mails()
    jira = base64.b64encode(f"a@example.org:{SECRETS['jira-token']}".encode()).decode()
    for peer, path, echo in (
            (scene.tls_sink, "*", f"{scene.secrets['soc-url']} Bearer {SECRETS['soc-token']}"),
            (scene.sink, "/pager", SECRETS["pagerduty-key"]),
            (scene.sink, "/opsgenie*", f"GenieKey {SECRETS['opsgenie-key']}"),
            (scene.sink, "/jira/*", f"Basic {jira} is {SECRETS['jira-token']}"),
            (scene.sink, "/servicenow/*", f"x-sn-apikey: {SECRETS['servicenow-key']}"),
            (scene.sink, "/pulse/*", scene.secrets["pulse-url"])):
        peer.fault(path=path, status=400, type="text/plain", body=f"what is {echo} to mean")
    kit.put(site, *(kit.alert(n) for n in range(11, 14)), name="more.json")
    wait_for(lambda: kit.deliveries(site, "target = 'hook' and state = 'dead'"), "a refused webhook")
    wait_for(lambda: kit.deliveries(site, "target = 'pager' and state = 'dead'"), "a refused page")
    wait_for(lambda: kit.deliveries(site, "target = 'mail' and last_error like '%sign-in%'"),
             "a refused password")
    for kind in SIGN_IN:
        if kind != "resource-graph":  # a machine has no secret of its own
            wait_for(lambda kind=kind: site.rows(
                "select 1 from v_polls where source = ? and complete = 0", kind),
                f"a refused sign-in of {kind}")
    texts |= {f"refused {place}": text for place, text in everything_said(scene).items()}
    texts |= {f"sent {place}": text for place, text in everything_sent(scene).items()}
    site.signal(signal.SIGABRT)
    assert site.ended() == -signal.SIGABRT
    texts |= files_of(scene)
    assert not list(scene.folder.glob("core*"))
    assert str(site.state / "triaged.db-wal") in texts and b"azure-secret" in texts["--dump-config"]
    for place, text in texts.items():
        for canary in scene.canaries():
            at = text.find(canary)
            assert at < 0, (place, canary, text[max(0, at - 200):at + 100])


@pytest.mark.row("G9")
def test_another_process_of_its_user_reads_no_memory(site):
    """Neither its memory nor its environment, although it is the same user."""
    site.settings(kit.FILES + """
targets: [{name: folder, type: folder, path: "{outbox}"}]
routes: [{ladder: [{after: 0s, notify: [folder]}]}]
fallback: folder
""")
    site.start()
    # Root without capabilities is a user like others.
    reader = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
    for name in ("mem", "environ", "maps"):
        path = f"/proc/{site.process.pid}/{name}"
        done = subprocess.run([*reader, "head", "-c", "1", path], env={"LANG": "C"},
                              capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "ermi" in done.stderr, (name, done)
    assert site.stop() == 0
