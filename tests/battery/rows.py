"""The experiments of the fault battery, and which tests they are.

Each row is something that must be survived. A test says which rows it belongs to:

    @pytest.mark.row("A6")            a scenario; pytestmark for all of a file
    @pytest.mark.row("A1", soak=True) only in make soak: it takes minutes
     * Battery: A8 A9.                a line in the comment at the head of a C test

Nothing is imported to find that out, so the table is there without a build.
"""
import ast
import re
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parents[1]

# {row: what is done to triaged}. Those of SOAK_ONLY need minutes; all others run in
# make check too, with few seeds.
ROWS = {
    "A1": "kill -9 at random moments, while alerts arrive and messages go out",
    "A2": "kill -9 at each system call of a whole --once that changes something",
    "A3": "each system call of a whole --once fails once",
    "A4": "the power goes while it writes; ext4 and xfs",
    "A5": "one fdatasync fails",
    "A6": "the disk is full for ten polls, then there is room",
    "A7": "the disk is read-only, the state directory is gone, not ours, over its quota",
    "A8": "the database is damaged, cut short, or none",
    "A9": "a second daemon on the same state directory",
    "A10": "others hold a read transaction, or the write lock, for long",
    "A11": "a backup under load, and back to it",
    "A12": "an upgrade from each schema: killed, disk full, a call fails; a newer schema",
    "A13": "readers while the daemon is up, stopped, killed",
    "A14": "each allocation of a whole --once fails once",
    "A15": "few descriptors, few threads, little memory",
    "B1": "the clock on the wall jumps, forth and back",
    "B2": "the process stands still for hours; the machine is off over a weekend",
    "B3": "both changes of eight time zones, against a second implementation",
    "B4": "times that no calendar has, from an API",
    "C1": "sign-in refused, lost in the middle, down, slow, nonsense",
    "C2": "told to wait: every form of Retry-After",
    "C3": "server errors for an hour; answers that only look like success",
    "C4": "a body cut short, in each framing",
    "C5": "answers that never end or never begin",
    "C6": "answers that are too large, as they are or once unpacked",
    "C7": "links that lead in circles, to nothing, or on without end",
    "C8": "items that move between pages while they are read",
    "C9": "alerts that change, change back, come late, flap",
    "C10": "ids and titles that are none",
    "C11": "one item of a hundred is not JSON that anybody accepts",
    "C12": "words, fields and shapes that nobody announced",
    "C13": "recorded samples, mutated",
    "C14": "a next link that leads to another host, in every costume",
    "C15": "TLS that cannot be trusted, proxies that refuse",
    "D1": "a webhook that hangs, drips, resets, floods, and is well again",
    "D2": "nobody knows whether the webhook took it",
    "D3": "a webhook that sends us elsewhere",
    "D4": "each status that a webhook may answer",
    "D5": "a webhook that leads to a private address",
    "D6": "signatures, checked by another implementation",
    "E1": "a mail server refuses, at each stage",
    "E2": "a mail server falls silent or hangs up, at each stage",
    "E3": "a mail server without TLS that can be trusted",
    "E4": "hostile text on its way into a mail",
    "F1": "stopped in the middle of everything, twice, and then killed",
    "F2": "reloads without number, faulty ones, ones that take away what is owed",
    "F3": "a part of it hangs: the watchdog hears nothing",
    "F4": "a long run at ten times the load, with every fault at random",
    "F5": "nobody reads the log",
    "G1": "alerts that speak SQL, FTS5, glob and printf",
    "G2": "alerts that drive terminals",
    "G3": "alerts that speak HTML",
    "G4": "alerts that are formulas",
    "G5": "alerts that speak Slack and Teams",
    "G6": "alerts that write lines of the log",
    "G7": "hooks that misbehave, alerts that try to reach them",
    "G8": "settings, calendars, templates and frames from strangers",
    "G9": "secrets, looked for everywhere",
}
SOAK_ONLY = {"A4"}


class Experiment(NamedTuple):
    rows: tuple
    name: str  # a node of pytest, or a C program as ROOM/test_x
    tried: str  # its first line in words, "" for C
    soak: bool


def _marks(nodes):
    """[(rows, soak)] of the decorators, or of a pytestmark."""
    found = []
    for node in nodes:
        if isinstance(node, (ast.List, ast.Tuple)):
            found += _marks(node.elts)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.row":
            soak = any(word.arg == "soak" and ast.literal_eval(word.value)
                       for word in node.keywords)
            found.append((tuple(ast.literal_eval(arg) for arg in node.args), soak))
    return found


def _first_line(function):
    return " ".join((ast.get_docstring(function) or function.name).split("\n\n")[0].split())


def scenarios(folder=TESTS / "scenario"):
    """The experiments in Python."""
    found = []
    for path in sorted(folder.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        whole = [node.value for node in tree.body if isinstance(node, ast.Assign)
                 and ast.unparse(node.targets[0]) == "pytestmark"]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = _marks([*node.decorator_list, *whole])
                rows = tuple(row for mark, _ in marks for row in mark)
                if rows:
                    found.append(Experiment(rows, f"tests/scenario/{path.name}::{node.name}",
                                            _first_line(node), any(soak for _, soak in marks)))
    return found


def programs(folder=TESTS):
    """The experiments in C."""
    found = []
    for path in sorted(folder.glob("*/test_*.c")):
        head = path.read_text(encoding="utf-8").split("*/", 1)[0]
        line = re.search(r"Battery: ([A-G0-9 ]+)\.", head)
        if line:
            found.append(Experiment(tuple(line[1].split()), f"{path.parent.name}/{path.stem}",
                                    "", False))
    return found


def experiments():
    return scenarios() + programs()


def by_row(found=None):
    """{row: [experiment]}, in the order of ROWS; those without any too."""
    found = experiments() if found is None else found
    return {row: [one for one in found if row in one.rows] for row in ROWS}


def table(found=None):
    """The rows and their tests, for people."""
    lines = []
    for row, tests in by_row(found).items():
        where = "soak" if row in SOAK_ONLY else "check"
        lines.append(f"{row:<4}{where:<6}{ROWS[row]}")
        lines += [f"          {'soak  ' if one.soak else ''}{one.name}" for one in tests] or [
            "          NO EXPERIMENT"]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
