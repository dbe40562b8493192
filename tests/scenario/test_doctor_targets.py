"""Who cannot be told, and why, as triagectl doctor names it."""
import json
import socket
import subprocess

import pytest

import fakes
import harness
import kit
import proofs
from checkup import ask, check_next, doctor, found, named, wait_found, wait_well
from harness import wait_for

WHOM = kit.FILES + """
targets:
  - {name: soc, type: webhook, url: "{sink}/soc", allow-private: true, rate: off}
  - {name: duty, type: folder, path: "{outbox}/duty"}
  - {name: spare, type: folder, path: "{outbox}/spare"}
routes: [{ladder: [{after: 0s, notify: [WHOM]}]}]
fallback: duty
"""


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 22, "alerts": 20, "subscriptions": 1}) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


def test_gone_for_good(site, azure, sink):
    """410: told from what was given up; an operator gives it a new chance."""
    sink.fault(path="/soc", status=410)
    proofs.configure(site, azure, sink, interval="1s")
    site.start()
    named(site, "dead target: gone (410)", "target", "soc", "delivery", "gone for good",
          f"triagectl -c {site.file} outbox enable soc")
    assert found(site, "target", "soc", "given up")["next"].endswith(
        "outbox --state dead --target soc")
    sink.heal()
    assert site.ctl("outbox", "enable", "soc")[0] == 0
    assert "outbox enable" not in site.ctl("doctor")[1]


def test_the_fallback_is_gone(site, azure, sink):
    """What no route matches would reach nobody: that stands before the target itself."""
    sink.fault(path="/soc", status=410)
    proofs.configure(site, azure, sink, interval="1s")
    site.start()
    named(site, "no fallback: it is disabled", "target", "soc", "fallback",
          ("it is the fallback, and cannot deliver", "reach nobody"))
    steps = [(f["about"], f["step"]) for f in doctor(site)[1]]
    assert steps.index(("target", "fallback")) < steps.index(("target", "delivery"))


def test_no_fallback(site, azure):
    """The daemon keeps what it had; the next start would be refused."""
    proofs.configure(site, azure)
    site.start()
    wait_well(site)
    site.file.write_text(site.file.read_text().replace("fallback: ops", "fallback: nobody"))
    named(site, "no fallback: no such target", "settings", "fallback", "configuration",
          "names nobody, which is no target", f"triaged -c {site.file} --check-config")
    site.file.write_text(site.file.read_text().replace("fallback: nobody\n", ""))
    named(site, "no fallback: none in the settings", "settings", "fallback", "configuration",
          "the settings name no fallback")


def test_nobody_listens(site, azure, sink):
    proofs.configure(site, azure, sink, interval="1s")
    sink.kill()
    site.start()
    named(site, "dead target: connection refused", "target", "soc", "connection",
          ("wait: ", "connection refused by 127.0.0.1"))


def test_what_was_given_up(site, azure, sink):
    """A remark with the command that sends it once more, as soon as the target works."""
    sink.fault(path="/soc", status=404, times=1)
    proofs.configure(site, azure, sink, interval="1s")
    site.start()
    f = named(site, "undelivered dead letters", "target", "soc", "given up",
              ("given up and never delivered", "works again"), grade="remark",
              following=f"triagectl -c {site.file} outbox retry --dead --target soc")
    assert site.ctl("outbox", "retry", "--dead", "--target", "soc")[0] == 0
    wait_for(lambda: not found(site, "target", "soc", "given up"), "the dead letters to be sent")
    assert f["grade"] == "remark"


def tell(site, sink, whom, *gone):
    """Settings in which @whom is told, and the targets @gone are not."""
    lines = WHOM.replace("WHOM", whom).splitlines(True)
    site.settings("".join(line for line in lines if not any(f"name: {name}," in line for name in gone)),
                  sink=sink.url)


def test_settings_that_cannot_be_read_are_no_reason_to_drop(site, sink):
    """What waits for a target that a faulty file names is owed: it goes out when that is mended."""
    sink.kill()
    tell(site, sink, "soc")
    kit.put(site, kit.alert(1))
    site.start()
    wait_found(site, "target", "soc", "connection")
    faulty = site.file.read_text().replace("  - {name: soc,", "  - {nme: soc,")
    site.file.write_text(faulty)
    plain = [harness.TRIAGECTL, "--database", site.state / "triaged.db", "--socket", "/nowhere", "--json", "doctor"]
    for done in (ask(site, "--json"), subprocess.run(plain, check=False, capture_output=True, text=True,
                                                     env=site.environment(), timeout=60)):
        [soc] = [f for f in json.loads(done.stdout)["findings"] if f["name"] == "soc"]
        assert "outbox drop" not in soc["next"] and "no such target" not in soc["cause"], soc
        assert "the settings were not read" in soc["cause"], soc
        check_next(site, soc["next"])


def test_given_up_for_a_target_that_was_removed(site, sink):
    """Nothing can be sent to it any more, however well it worked."""
    sink.fault(path="/soc", status=404, times=1)
    tell(site, sink, "soc")
    kit.put(site, kit.alert(1))
    site.start()
    wait_found(site, "target", "soc", "given up")
    kit.put(site, kit.alert(2), name="more.json")
    wait_found(site, "target", "soc", "given up", grade="remark")
    tell(site, sink, "duty", "soc")
    assert site.ctl("reload")[0] == 0
    f = named(site, "given up for a removed target", "target", "soc", "given up",
              "the settings have no such target any more",
              f"triagectl -c {site.file} outbox --state dead --target soc", grade="remark")
    assert "works again" not in f["cause"]


def test_who_was_never_told_may_hear(site, sink):
    """A target that was removed stands for none of those that are there."""
    def fall_back(*gone):
        tell(site, sink, "soc", *gone)
        text = site.file.read_text().replace("fallback: duty", "fallback: soc")
        site.file.write_text(text.replace("name: spare", "name: fresh"))
        return wait_found(site, "target", "soc", "fallback")["cause"]
    sink.fault(path="/soc", status=410)
    tell(site, sink, "soc, duty, spare")
    kit.put(site, kit.alert(1))
    site.start()
    for target in ("duty", "spare"):
        kit.wait_delivery(site, f"state = 'sent' and target = '{target}'")
    wait_found(site, "target", "soc", "delivery")
    site.stop()
    assert "no other target works" not in fall_back("duty")
    assert "no other target works" in fall_back("duty", "spare")


@pytest.fixture
def mail(tmp_path):
    with fakes.Smtp(tmp_path, {"users": {"triaged": "changed"}, "require_auth": True}) as fake:
        yield fake


def configure_mail(site, azure, port):
    site.secret("azure-secret", "correct horse")
    site.secret("smtp-password", "battery staple")
    site.settings("sources:\n" + proofs.azure_source(azure, interval="1s") + """
targets:
  - {name: oncall, type: email, server: "smtp://127.0.0.1:{port}", starttls: off,
     from: triaged@example.org, to: [oncall@example.org], username: triaged,
     password: {credential: smtp-password}}
  - {name: ops, type: folder, path: "{outbox}/ops"}
routes:
  - {when: {severity: [critical, high]}, ladder: [{after: 0s, notify: [oncall]}]}
fallback: ops
import-horizon: 3650d
""", port=port)


def test_the_mail_server_refuses_the_password(site, azure, mail):
    configure_mail(site, azure, mail.port)
    site.start()
    named(site, "dead target: password refused (535)", "target", "oncall", "sign-in",
          ("535", "store the right one as credential smtp-password"),
          f"systemctl restart triaged && triagectl -c {site.file} test-notify oncall")


def test_no_mail_server(site, azure):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    configure_mail(site, azure, port)
    site.start()
    named(site, "dead target: no mail server", "target", "oncall", "connection", (),
          f"curl -sv --max-time 10 -o /dev/null smtp://127.0.0.1:{port}")
