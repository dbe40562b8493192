"""The identity of a machine of Azure Arc: its agent names a file that only this machine's users
can read, and what is in it proves who asks. Whoever listens at the agent's place could name any
file, so nothing but a small .key file of the agent's own folder is ever sent to it.

That folder is fixed, so the daemon runs with a /var/opt of its own.
"""
import os

import pytest

import doors
import fakes
from mounts import mounts_of_its_own
from test_sign_in import ESTATE, REFUSED

TOKENS = "/var/opt/azcmagent/tokens"
KEY = "the-key-of-the-agent"
OTHER = "what-nobody-outside-may-know"


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, ESTATE) as fake:
        yield fake


@pytest.fixture
def tokens(site):
    """The agent's folder as the daemon sees it; here it lies somewhere else."""
    opt = site.folder / "opt"
    folder = opt / "azcmagent/tokens"
    folder.mkdir(parents=True)
    mounts_of_its_own(site, 'mount --bind "$0" /var/opt', opt)
    return folder


def configure(site, azure):
    site.more_environment["IDENTITY_ENDPOINT"] = f"{azure.url}/metadata/identity/oauth2/token"
    doors.configure(site, doors.block("arm", azure, sign_in="""    tenant: {tenant}
    auth: managed-identity
"""))


def sent(azure):
    """What was sent as a proof of who asks."""
    return [line["headers"]["authorization"] for line in azure.requests("/metadata/*")
            if "authorization" in line["headers"]]


def test_the_key_opens(site, azure, tokens):
    (tokens / "one.key").write_text(KEY + "\n")
    azure.script(arc={"key": KEY, "file": f"{TOKENS}/one.key"})
    configure(site, azure)
    errors = doors.poll(site)
    doors.check_equal("arm", site, azure)
    state = azure.state()
    assert (state["identity_requests"], state["token_requests"]) == (2, 0)
    assert sent(azure) == [f"Basic {KEY}"]
    assert KEY not in errors + site.log_text()


def test_a_key_that_is_not_right(site, azure, tokens):
    """Sent once; the second 401 ends it, though it names a file again."""
    (tokens / "one.key").write_text("another-key")
    azure.script(arc={"key": KEY, "file": f"{TOKENS}/one.key"})
    configure(site, azure)
    errors = doors.poll(site, 1)
    assert "usermod -aG himds" in errors and "another-key" not in errors
    assert azure.state()["identity_requests"] == 2
    assert sent(azure) == ["Basic another-key"]
    assert [row["title"] for row in site.rows(REFUSED)] == ["Source arm is refused"]


# What the challenge is, and a word of what is said.
HOSTILE = {
    "elsewhere": (f"Basic realm={{folder}}/secret.key", "not a .key file in"),
    "upwards": (f"Basic realm={TOKENS}/../secret.key", "not a .key file in"),
    "deeper": (f"Basic realm={TOKENS}/deeper/secret.key", "not a .key file in"),
    "alike": (f"Basic realm={TOKENS}-other/secret.key", "not a .key file in"),
    "another-ending": (f"Basic realm={TOKENS}/secret.txt", "not a .key file in"),
    "no-name": (f"Basic realm={TOKENS}/.key", "not a .key file in"),
    "relative": ("Basic realm=secret.key", "not a .key file in"),
    "too-large": (f"Basic realm={TOKENS}/large.key", "larger than"),
    "link": (f"Basic realm={TOKENS}/link.key", "symbolic link"),
    "pipe": (f"Basic realm={TOKENS}/pipe.key", "not a regular file"),
    "folder": (f"Basic realm={TOKENS}/folder.key", "not a regular file"),
    "absent": (f"Basic realm={TOKENS}/absent.key", "No such file"),
    "digest": (f"Digest realm={TOKENS}/one.key", "401"),
    "bearer": (f"Bearer realm={TOKENS}/one.key", "401"),
    "no-realm": ("Basic", "401"),
    "none": (None, "401"),
}


def lay_out(site, tokens):
    """A file of each kind, and what is to stay at home."""
    (tokens / "one.key").write_text(KEY)
    (tokens / "large.key").write_text(OTHER + "x" * 5000)
    (tokens / "pipe.key").parent.mkdir(exist_ok=True)
    os.mkfifo(tokens / "pipe.key")
    (tokens / "folder.key").mkdir()
    (tokens / "link.key").symlink_to(site.folder / "secret.key")
    other = tokens.with_name("tokens-other")
    for folder in (site.folder, tokens.parent, tokens / "deeper", other):
        folder.mkdir(exist_ok=True)
        (folder / "secret.key").write_text(OTHER)
    (tokens / "secret.txt").write_text(OTHER)
    (tokens / ".key").write_text(OTHER)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_challenge(name, site, azure, tokens):
    """One request, nothing sent, nothing said of what a file holds, one alert."""
    challenge, word = HOSTILE[name]
    lay_out(site, tokens)
    headers = {} if challenge is None else {
        "WWW-Authenticate": challenge.replace("{folder}", str(site.folder))}
    azure.fault(path="/metadata/*", status=401, headers=headers, body="{}",
                type="application/json")
    configure(site, azure)
    errors = doors.poll(site, 1)
    assert word in errors
    assert azure.state()["identity_requests"] == 1
    assert not sent(azure)
    told = site.rows(REFUSED)
    assert [row["title"] for row in told] == ["Source arm is refused"]
    for text in (errors, site.log_text(), told[0]["description"]):
        assert OTHER not in text and KEY not in text
