"""Completion of bash and zsh, driven as the shells drive it, and the manual's list of
commands: all of it made from the one table of commands."""
import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from harness import BUILD, TRIAGECTL
from kit import FILES, alert, put, wait_alert

SCRIPT = BUILD / "completion/triagectl"
ROUTES = """
targets:
  - {name: oncall, type: exec, command: [/bin/true]}
  - {name: soc-desk, type: exec, command: [/bin/true]}
routes: [{ladder: [{after: 0s, notify: [oncall]}]}]
fallback: oncall
"""


def environment(folder):
    return {"PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8",
            "TERM": "dumb", **{name: value for name, value in os.environ.items()
                               if name.endswith("SAN_OPTIONS")}}


def complete(folder, *words):
    """What bash offers where the last of @words is being typed; readline has
    taken the line apart at blanks and at =."""
    program = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
               '_triagectl "$1" "${COMP_WORDS[COMP_CWORD]}" ""; '
               '[ ${#COMPREPLY[@]} = 0 ] || printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-c", program, "bash", SCRIPT, "triagectl", *words],
                          env=environment(folder), cwd=folder, capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


SEVERITIES = ["critical", "high", "medium", "low", "info"]


@pytest.mark.parametrize("words, offered", [
    (["stat"], ["status"]),
    (["list", "--sev"], ["--severity"]),
    (["list", "--severity", ""], SEVERITIES),
    (["list", "--severity", "=", "cri"], ["critical"]),
    (["list", "--severity", "="], SEVERITIES),
    (["list", "--severity", "high,l"], ["high,low"]),
    (["--json", "list", "--state", "ac"], ["acknowledged"]),
    (["list", "--state", "open", "--sort", "d"], ["due"]),
    (["list", "--overdue", ""], []),
    (["phase", "7", "8", "inv"], ["investigate"]),
    (["close", "7", "--as", "f"], ["false-positive"]),
    (["outbox", "re"], ["retry"]),
    (["outbox", "frobnicate", ""], []),
    (["outbox", "--state", "de"], ["dead"]),
    (["silence", ""], ["add", "list", "end"]),
    (["help", "test"], ["test-notify"]),
    (["sql", "que"], ["queue"]),
    (["note", "7", ""], []),
    (["frobnicate", ""], []),
])
def test_bash_offers_what_the_table_says(tmp_path, words, offered):
    assert complete(tmp_path, *words) == offered


def test_bash_offers_every_command_and_every_option(tmp_path):
    """Both ways against what the program itself says."""
    help_of = subprocess.run([TRIAGECTL, "help"], capture_output=True, text=True, check=True)
    commands = re.findall(r"^([a-z][a-z-]*)  +\S",
                          help_of.stdout.split("Options of every command")[0], re.M)
    assert complete(tmp_path, "") == commands and len(commands) > 25
    for command in commands:
        own = subprocess.run([TRIAGECTL, "help", command], capture_output=True, text=True,
                             check=True).stdout
        # A command may have an option of its own in place of one of all.
        assert set(complete(tmp_path, command, "--")) == set(
            re.findall(r"^(?:    |-., )(--[a-z-]+)", own, re.M)), command


def test_bash_offers_files(tmp_path):
    (tmp_path / "tried.yaml").touch()
    assert complete(tmp_path, "what-if", "--config", "tri") == ["tried.yaml"]
    assert complete(tmp_path, "-c", "tri") == ["tried.yaml"]


@pytest.fixture
def filled(site):
    """A database with alerts and an owner that would like to be run."""
    site.settings(FILES + ROUTES)
    site.start()
    put(site, alert(1), alert(2))
    ids = [str(wait_alert(site, f"Suspicious process {n}")["id"]) for n in (1, 2)]
    assert site.ctl("assign", ids[0], "$(touch pwned) `touch pwned`;*")[0] == 0
    yield site, ids
    site.stop()


def test_bash_asks_the_database(filled):
    """Ids, sources, targets and owners that there are now; also while the
    daemon is down."""
    site, ids = filled
    site.stop()
    folder, where = site.folder, ["-c", str(site.file)]
    assert set(complete(folder, *where, "show", "")) == set(ids)
    assert set(complete(folder, *where, "ack", ids[0], "")) == set(ids)
    assert complete(folder, *where, "list", "--source", "e") == ["exported"]
    assert complete(folder, *where, "test-notify", "so") == ["soc-desk"]
    assert complete(folder, *where, "outbox", "enable", "on") == ["oncall"]
    assert complete(folder, *where, "show", "999") == []
    # Without a database nothing is offered, and nothing is said.
    assert complete(folder, "--database", str(folder / "none"), "show", "") == []


def test_names_from_the_database_are_never_run(filled):
    site, _ = filled
    offered = complete(site.folder, "-c", str(site.file), "list", "--owner", "$")
    assert offered == [r"\$\(touch\ pwned\)\ \`touch\ pwned\`\;\*"]
    assert not list(site.folder.rglob("pwned"))


def test_bash_completes_at_the_tab_key(tmp_path):
    """Readline itself, on a terminal of its own."""
    child, terminal = pty.fork()
    if child == 0:
        env = environment(tmp_path)
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], env)
    try:
        os.write(terminal, f"PS1='> '; bind 'set enable-bracketed-paste off'; "
                           f". {SCRIPT}\n".encode())
        os.write(terminal, b"triagectl li\t--seve\tcri\t #\n")
        seen, end = b"", time.monotonic() + 30
        while b"list --severity critical" not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536)
        assert b"list --severity critical" in seen, seen
    finally:
        os.write(terminal, b"\x15exit\n")
        os.close(terminal)
        os.waitpid(child, 0)


def test_zsh_reads_its_completion():
    """The whole grammar of it where zsh is; else that the tables are in it."""
    text = (BUILD / "completion/_triagectl").read_text()
    assert text.startswith("#compdef triagectl\n") and "['list']=" in text
    if shutil.which("zsh"):
        done = subprocess.run(["zsh", "-f", "-n", BUILD / "completion/_triagectl"],
                              capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


ZSH = r"""
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell "PROMPT='> '; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; print re''ady"
until [[ $seen = *ready* ]]; do zpty -r -t shell part && seen+=$part || sleep 0.05; done
zpty -w -n shell $'triagectl li\t--seve\tcri\t#\n'
zpty -w -n shell $'triagectl outbox ret\t#\n'
integer n
while (( n++ < 400 )) && ! [[ $seen = *critical*retry* ]]; do
	zpty -r -t shell part && seen+=$part || sleep 0.05
done
print -r -- "$seen"
"""


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes_at_the_tab_key(tmp_path):
    done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", BUILD / "completion"],
                          env=environment(tmp_path), cwd=tmp_path, capture_output=True,
                          text=True, check=False, timeout=60)
    shown = re.sub(r"[ \b]+", " ", done.stdout)
    assert "triagectl list --severity critical#" in shown, done.stdout
    assert "triagectl outbox retry #" in shown, done.stdout


def test_manual_has_the_table_and_the_prose_around_it():
    """The page that is installed is the one of the tree with the table in it."""
    table = subprocess.run([TRIAGECTL, "help", "--format", "man"], capture_output=True, text=True,
                           check=True).stdout
    mark = '.\\" the table of commands is put here when this page is built\n'
    before, after = (Path(__file__).parents[2] / "man/triagectl.1").read_text().split(mark)
    assert (BUILD / "man/triagectl.1").read_text() == before + mark + table + after
    assert table.count("\n.It Cm ") > 25 and ".It Fl Fl severity Ar SEVERITY\n" in table
