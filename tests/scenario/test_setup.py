"""triagectl setup: the first run, on a terminal and from a file, against the fakes; and that
what it is told in confidence stands nowhere but where it belongs."""
import json
import os
import re
import shlex
import signal
import stat
import subprocess
import termios
from pathlib import Path

import pytest

import fakes
import harness
from harness import TRIAGECTL, Site, wait_for
from test_schemas import check
from test_screen import Terminal

SECRET = "correct horse"
PASSWORD = "canary-mail-4711"
HOOK = "canary-hook-1234"
ESTATE = {"seed": 5, "subscriptions": 1, "alerts": 4, "xdr": 4, "products": ["ca"], "spread_s": 600,
          "token": {"client_secret": SECRET}}
USERS = {"users": {"triaged": PASSWORD}, "require_auth": True, "require_tls": True}
DROPIN = "conf.d/10-setup.yaml"


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, ESTATE) as fake:
        yield fake


@pytest.fixture
def tls(tmp_path):
    return fakes.certificate(tmp_path)


@pytest.fixture
def smtp(tmp_path, tls):
    with fakes.Smtp(tmp_path, USERS, tls=tls) as fake:
        yield fake


@pytest.fixture
def sink(tmp_path):
    with fakes.Sink(tmp_path) as fake:
        yield fake


class World:
    """Where setup writes, and whom it meets."""

    def __init__(self, folder, azure, smtp, sink, tls):
        self.folder = Path(folder)
        self.azure, self.smtp, self.sink, self.tls = azure, smtp, sink, tls
        self.site = Site(folder)
        self.site.file.write_text(f"state-directory: {self.site.state}\n"
                                  f"control-socket: {folder}/control.sock\nlisten: off\n"
                                  + ("user: root\n" if os.geteuid() == 0 else ""))
        self.dropin = self.folder / DROPIN
        self.scratch = self.folder / "run"
        self.scratch.mkdir()
        self.site.more_environment["XDG_RUNTIME_DIR"] = str(self.scratch)
        self.terminals = []

    def secret_file(self, name, text):
        path = self.folder / f"given-{name}"
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def answers(self, **more):
        """Every answer, as a file of answers has it."""
        values = {
            "azure": "yes", "cloud-apps": "yes", "tenant": harness.TENANT,
            "client-id": harness.CLIENT, "client-secret": {"file": self.secret_file("az", SECRET)},
            "endpoint-login": self.azure.url, "endpoint-resource-manager": self.azure.url,
            "endpoint-graph": self.azure.url, "mail-server": f"127.0.0.1:{self.smtp.port}",
            "mail-starttls": "yes", "mail-from": "triaged@example.org",
            "mail-to": ["anna@example.org", "ben@example.org"], "mail-username": "triaged",
            "mail-password": {"file": self.secret_file("mail", PASSWORD)},
            "mail-ca-file": str(self.tls[0]), "timezone": "Europe/Berlin",
            **{name.replace("_", "-"): value for name, value in more.items()}}
        path = self.folder / "answers.json"
        path.write_text(json.dumps({name: value for name, value in values.items()
                                    if value is not None}))
        return str(path)

    def hook(self):
        return {"webhook": "yes", "webhook_format": "json", "webhook_allow_private": "yes",
                "webhook_url": {"file": self.secret_file("url", f"{self.sink.url}/{HOOK}")},
                "fallback": "webhook"}

    def quiet(self, *names):
        """Answers nobody is asked for, as options."""
        every = {"endpoint-login": self.azure.url, "endpoint-resource-manager": self.azure.url,
                 "endpoint-graph": self.azure.url, "mail-ca-file": self.tls[0]}
        return [word for name, value in every.items() if not names or name in names
                for word in ("--answer", f"{name}={value}")]

    def setup(self, *options, limit=120):
        return self.site.ctl("setup", *options, limit=limit)

    def terminal(self, *options, **environment):
        one = Talk(TRIAGECTL, "-c", self.site.file, "setup", *options, folder=self.folder,
                   rows=60, XDG_RUNTIME_DIR=str(self.scratch), **environment)
        self.terminals.append(one)
        return one


class Talk(Terminal):
    """Answers questions as they come: (part of the question, what is typed)."""

    all = ""  # that was ever shown

    def read(self, until=None, limit=60):
        before = len(self.text)
        super().read(until, limit)
        self.all += self.text[before:]
        return self.text

    def answer(self, *pairs):
        for question, text in pairs:
            self.read(question)
            self.text = self.text[self.text.index(question) + len(question):]
            self.read("> ")
            self.text = self.text[self.text.index("> ") + 2:]
            self.type(text + "\r")

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)


@pytest.fixture
def world(tmp_path, azure, smtp, sink, tls):
    one = World(tmp_path, azure, smtp, sink, tls)
    yield one
    for terminal in one.terminals:
        terminal.close()
    if one.site.process:
        one.site.kill()


def interview(world, secret=SECRET):
    return [
        ("Defender for Cloud (Azure)?", ""), ("by Microsoft Graph)?", "y"),
        ("portal, too?", ""), ("Which Microsoft cloud?", "1"),
        ("tenant) ID", "contoso"), ("That must be a directory id", harness.TENANT),
        ("How does triaged sign in?", ""), ("client) ID", harness.CLIENT),
        ("Client secret", secret), ("Which subscriptions?", ""),
        ("by e-mail?", ""), ("Mail server and port", f"127.0.0.1:{world.smtp.port}"),
        ("speak STARTTLS?", "yes"), ("mail comes from", "triaged@example.org"),
        ("who is on call", "anna@example.org, ben@example.org"),
        ("User name at the mail server", "triaged"), ("Password at the mail server", PASSWORD),
        ("to a webhook", ""), ("Time zone", "Europe/Berlin"), ("Working days", ""),
        ("Working hours", "08:00-12:00, 13:00-18:00"),
    ]


def check_no_canary(world, *texts):
    for text in texts:
        for word in (SECRET, PASSWORD, HOOK):
            assert word not in text
    assert not list(world.scratch.iterdir())


def test_the_first_run(world):
    """From an empty folder to a daemon that has alerts, by a person at a terminal."""
    one = world.terminal(*world.quiet(), "--no-pager")
    one.answer(*interview(world))
    one.read("test message to mail now?")
    said = one.text
    assert "ok      source azure: sign-in" in said and "ok      target mail" in said
    one.answer(("test message to mail now?", ""))
    one.read("Write these files?")
    said += one.text
    assert "anna@example.org: sent" in one.text and "+ fallback: mail" in one.text
    assert not world.dropin.exists()
    one.answer(("Write these files?", ""))
    assert one.ended() == 0, one.text
    check_no_canary(world, said, one.text, world.dropin.read_text())
    assert len(world.smtp.messages()) == 2
    for name in ("azure-secret", "smtp-password"):
        assert stat.S_IMODE((world.site.credentials / name).stat().st_mode) == 0o600
    assert (world.site.credentials / "azure-secret").read_text() == SECRET
    # The daemon takes it as it is.
    world.site.start()
    for source in ("azure", "cloud-apps"):
        wait_for(lambda source=source: world.site.rows(
            "select 1 from v_alerts where source = ?", source), f"alerts of {source}")
    assert world.site.ctl("test-notify", "mail")[0] == 0
    world.site.stop()


def test_a_wrong_secret_is_corrected(world):
    """The one that failed is proposed; nothing was written before."""
    one = world.terminal(*world.quiet())
    one.answer(*interview(world, secret="wrong-canary"))
    one.read("change, keep or stop?")
    assert "FAILED  source azure: sign-in" in one.text and "AADSTS7000215" in one.text
    assert "az ad app credential reset --id " + harness.CLIENT in one.text
    assert not world.dropin.exists() and not list(world.site.credentials.iterdir())
    one.answer(("change, keep or stop?", "c"), ("Which answer? [client-secret]", ""),
               ("Client secret", SECRET), ("to mail now?", "n"), ("Write these files?", "y"))
    assert one.ended() == 0, one.text
    assert (world.site.credentials / "azure-secret").read_text() == SECRET
    assert world.smtp.messages() == []


def test_a_missing_role_is_named_and_granted(world):
    """The command that grants it; retry looks again without a question."""
    world.azure.fault(path="*/alerts_v2", graph="forbidden")
    one = world.terminal("--answers", world.answers(azure="no", webhook="no"),
                         "--answer", "business-days=mon-fri", "--answer",
                         "business-hours=09:00-17:00", "--answer", "cloud-apps-portal=no",
                         "--answer", "cloud=public", "--answer", "auth=client-secret",
                         "--answer", "mail=yes")
    one.read("change, keep or stop?")
    assert "next  az ad app permission add --id" in one.text and harness.CLIENT in one.text
    world.azure.heal()
    one.answer(("change, keep or stop?", "retry"))
    one.answer(("to mail now?", "no"), ("Write these files?", "no"))
    assert one.ended() == 1 and "nothing was changed" in one.text
    assert not world.dropin.exists()


def test_no_source_at_all(world):
    """Asked once more, also for what was given; as a fault where nobody sits."""
    nothing = ["--answer", "azure=no", "--answer", "cloud-apps=no", "--answer",
               "cloud-apps-portal=no"]
    status, _, errors = world.setup("--answers", world.answers(), *nothing)
    assert status == 2 and "there must be a source" in errors
    one = world.terminal("--answers", world.answers(azure="no", cloud_apps="no",
                                                    cloud_apps_portal="no", webhook="no",
                                                    mail="yes", business_days="mon-fri",
                                                    business_hours="09:00-17:00"))
    one.answer(("Once more:", ""), ("Defender for Cloud Apps (by", "y"))
    one.read("portal, too?")
    one.text = one.text[one.text.index("portal, too?"):]
    one.read("> ")
    one.type("\x04")
    assert one.ended() == 1 and "nothing was changed" in one.text


def test_ctrl_c_and_hostile_answers(world):
    """Pasted lines, marks and sequences answer nothing; the echo comes back; nothing is left."""
    one = world.terminal()
    one.answer(("(Azure)?", "maybe"), ("That must be yes or no", "\x1b[200~yes\x1b[201~"),
               ("Graph)?", "y"), ("portal, too?", ""), ("cloud?", "7"),
               ("must be one of: public", "public"))
    one.answer(("tenant) ID", "\x1b]0;title\x07evil"),
               ("cannot be part of it", harness.TENANT), ("sign in?", "client-secret"),
               ("client) ID", harness.TENANT), ("id of the tenant", harness.CLIENT))
    one.answer(("Client secret", harness.TENANT))
    one.read("that is the Secret ID")
    one.text = one.text[one.text.index("Secret ID"):]
    one.read("(not shown) > ")
    assert not one.echoes()
    one.type("first-line\rsecond-line\rthird-line\r")
    one.read("Which subscriptions?")
    one.read("[all] > ")
    wait_for(one.echoes, "the echo")
    os.kill(one.process.pid, signal.SIGINT)
    assert one.ended() == 1
    assert "nothing was changed" in one.text and "line" not in one.text
    assert one.echoes() and not world.dropin.exists()
    two = world.terminal()
    two.answer(*interview(world)[:8])
    two.read("(not shown) > ")
    two.type("\x03")
    assert two.ended() == 1 and two.echoes()


def test_from_a_file(world):
    """Scripted: no terminal, one object as the answer; a second run changes nothing."""
    answers = world.answers(**world.hook())
    status, out, errors = world.setup("--answers", answers, "--json")
    assert status == 0, (out, errors)
    told = json.loads(out)
    assert check(told) == "triaged.setup.v1"
    assert told["written"] and told["failed"] == 0 and not told["started"]
    assert {row["result"] for row in told["checks"]} == {"ok"}
    assert [Path(row["path"]).name for row in told["files"]] == [
        "azure-secret", "smtp-password", "webhook-url", "10-setup.yaml"]
    text = world.dropin.read_text()
    check_no_canary(world, text, out, errors)
    assert "url: {credential: webhook-url}" in text and "fallback: webhook" in text
    assert stat.S_IMODE(world.dropin.stat().st_mode) == 0o644
    assert world.sink.requests(f"/{HOOK}")
    assert world.site.run("--check-config")[0] == 0
    before = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()
              and path.suffix in (".yaml", "") and "given" not in path.name}
    status, out, errors = world.setup("--json", "--no-test-notice")
    assert status == 0 and json.loads(out)["files"] == [], (out, errors)
    assert check(json.loads(out)) == "triaged.setup.v1"
    assert before == {path: path.read_bytes() for path in before}


def test_what_changes_is_shown(world):
    """Again, with one answer changed: the difference, and a copy of what was."""
    assert world.setup("--answers", world.answers(), "--no-test-notice")[0] == 0
    old = world.dropin.read_text()
    world.dropin.write_text(old + "# by hand\n")
    status, out, errors = world.setup("--answer", "mail-to=carla@example.org", "--dry-run")
    assert status == 0, errors
    assert "- # by hand" in out and "+     to: [carla@example.org]" in out
    assert "-     to: [anna@example.org, ben@example.org]" in out
    assert "Nothing was changed" in out and "# by hand" in world.dropin.read_text()
    assert world.setup("--answer", "mail-to=carla@example.org", "--no-test-notice")[0] == 0
    assert world.dropin.read_text() == old.replace("[anna@example.org, ben@example.org]",
                                                   "[carla@example.org]")
    assert (world.folder / (DROPIN + ".before")).read_text() == old + "# by hand\n"
    # The secrets were kept, without being given again.
    assert (world.site.credentials / "smtp-password").read_text() == PASSWORD
    assert world.site.run("--check-live")[0] == 0


def test_what_is_missing_is_named(world):
    status, out, errors = world.setup("--answer", "mail-server=mail.example.org")
    assert status == 2 and out == ""
    for name in ("tenant", "client-id", "client-secret", "mail-from", "mail-to"):
        assert name in errors
    assert "mail-server" not in errors.split("missing:")[1].split(";")[0]
    for words, said in (
            (["--answer", "tennant=x"], "did you mean 'tenant'?"),
            (["--answer", "client-secret=" + SECRET], "is a secret"),
            (["--answer", "mail-to=nobody"], "mail-to: "),
            (["--answers", "/nonexistent"], "cannot be read")):
        status, out, errors = world.setup(*words)
        assert status == 2 and said in errors and SECRET not in errors, (words, errors)
    assert not world.dropin.exists()


def test_a_failed_check_writes_nothing(world):
    """Without --keep; with it all the same, and nothing is sent."""
    world.azure.fault(path="*/Microsoft.Security/alerts", arm="forbidden")
    status, out, errors = world.setup("--answers", world.answers())
    assert status == 1 and "nothing was changed" in errors
    assert "next  az role assignment create --assignee" in out
    assert not world.dropin.exists() and not list(world.site.credentials.iterdir())
    status, out, errors = world.setup("--answers", world.answers(), "--keep")
    assert status == 0 and world.dropin.exists() and world.smtp.messages() == []
    # What the settings themselves refuse is told with its real place.
    world.dropin.unlink()
    world.site.file.write_text(world.site.file.read_text() + "sources: [{name: azure}]\n")
    status, out, errors = world.setup("--answers", world.answers())
    assert status == 1 and f"{world.site.file}:" in out and "triaged-setup-" not in out


def test_elsewhere_without_root(world, tmp_path):
    """--output makes a site of its own; where nothing may be written is said with the way out."""
    there = tmp_path / "made by anna's hand"
    dry = world.setup("--answers", world.answers(), "--output", there, "--dry-run")
    assert dry[0] == 0 and "new " in dry[1] and not there.exists(), dry
    status, out, errors = world.setup("--answers", world.answers(), "--no-test-notice",
                                      "--output", there)
    assert status == 0, errors
    assert (there / DROPIN).exists() and (there / "triaged.yaml").exists()
    assert stat.S_IMODE((there / "credentials").stat().st_mode) == 0o700
    said = next(line for line in out.splitlines() if "triaged -c" in line)
    assert shlex.split(said) == [f"CREDENTIALS_DIRECTORY={there}/credentials", "triaged", "-c",
                                 f"{there}/triaged.yaml"]
    env = {**world.site.environment(), "CREDENTIALS_DIRECTORY": str(there / "credentials")}
    done = subprocess.run([harness.TRIAGED, "-c", there / "triaged.yaml", "--check-config"],
                          env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    status, _, errors = world.setup("--yes", "--output", world.site.file / "made")
    assert status == 1 and "--output" in errors


def test_secrets_stay_secret(world):
    """Not in words or environment of anything that runs for it, nor in what it says."""
    process = subprocess.Popen(
        [TRIAGECTL, "-c", world.site.file, "setup", "--answers", world.answers(**world.hook())],
        env=world.site.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    seen = set()
    while process.poll() is None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes() + (path.parent / "environ").read_bytes()
            except OSError:
                continue
            if b"triaged" in words:
                seen.add(words)
    said = process.stdout.read()
    assert process.returncode == 0, said
    assert any(b"--check-live" in words for words in seen)
    for word in (SECRET, PASSWORD, HOOK):
        assert word.encode() not in b"\n".join(seen) + said


def test_the_screen_of_the_readme(world):
    """Each line that it shows is one of those a person sees."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    block = readme.split("$ sudo triagectl setup\n")[1].split("\n   The secrets lie")[0]
    shown = [line.strip().replace("/etc/triaged", str(world.folder))
             for line in block.splitlines() if line.strip()]
    assert len(shown) > 15
    world.azure.fault(path="*/Microsoft.Security/alerts", arm="forbidden")
    one = world.terminal(*world.quiet(), columns=80)
    one.answer(*interview(world))
    one.read("keep or stop?")
    world.azure.heal()
    one.answer(("keep or stop?", ""), ("to mail now?", ""), ("Write these files?", ""))
    assert one.ended() == 0
    assert [line for line in shown if line not in one.all] == []


def test_each_question_is_in_the_manual():
    """A name for --answer is no use to who cannot find it."""
    root = Path(__file__).parents[2]
    names = re.findall(r'^\{ \.name = "([a-z-]+)"',
                       (root / "src/cli/setup_questions.c").read_text(), re.M)
    chapter = (root / "man/triagectl.1").read_text().split(".It Cm setup")[1].split(".It Cm import")[0]
    said = {word for line in re.findall(r"^\.It (.*)", chapter, re.M) for word in line.split(" , ")}
    assert len(names) > 40 and said == set(names)
