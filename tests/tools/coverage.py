"""What the tests run of our own code, from gcov: `make coverage` prints it.

    coverage.py BUILD               lines, branches and errors of each room, and the
                                    files with the least
    coverage.py BUILD src/a/b.c...  what was not run of these files, line by line

Branches are those of the compiler without optimization; an assert counts for none,
since it is for our own bugs alone. Errors are the lines that make an error or hand
one on (err_set, "return rc", a negative errno). A process that is killed with -9,
or ends by _exit, leaves no counts: what only such ones run stands here as not run.
"""
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEAST = 25
# What issue 8 asks for.
GOAL_LINES, GOAL_BRANCHES = 90, 80
ASSERT = re.compile(r"^\s*(assert|_Static_assert)\(")
ERROR = re.compile(r"err_set\(|err_prefix\(|return rc;|return -E?[A-Za-z]|return ERR_")
GCOV_AT_ONCE = 100


class File:
    """Counts of one source file, added up over everything it was compiled into."""

    def __init__(self, path):
        self.path = path
        self.lines = Counter()
        self.branches = defaultdict(Counter)
        self.text = (ROOT / path).read_text(encoding="utf-8").splitlines()

    def add(self, line):
        number = line["line_number"]
        self.lines[number] += line["count"]
        if not ASSERT.match(self.source(number)):
            for i, branch in enumerate(line["branches"]):
                self.branches[number][i] += branch["count"]

    def source(self, number):
        return self.text[number - 1] if number <= len(self.text) else ""

    def totals(self):
        """(lines, run, branches, taken, errors, run)"""
        errors = [n for n in self.lines if ERROR.search(self.source(n))]
        taken = [count for b in self.branches.values() for count in b.values()]
        return (len(self.lines), sum(c > 0 for c in self.lines.values()),
                len(taken), sum(c > 0 for c in taken),
                len(errors), sum(self.lines[n] > 0 for n in errors))

    def show(self):
        print(self.path)
        for number, count in sorted(self.lines.items()):
            ways = self.branches.get(number, {})
            never = [str(i) for i, c in sorted(ways.items()) if c == 0]
            if count == 0:
                mark = "not run"
            elif never:
                mark = f"{len(never)} of {len(ways)} ways never"
            else:
                continue
            error = "!" if ERROR.search(self.source(number)) else " "
            print(f"{number:5} {error} {mark:20} {self.source(number).strip()}")


def gcov(folder):
    """Everything that was compiled below the folder; what never ran has notes alone."""
    notes = sorted(p.resolve() for p in folder.rglob("*.gcno"))
    data = [str(counts if (counts := n.with_suffix(".gcda")).exists() and counts.stat().st_size
                else n) for n in notes]
    for at in range(0, len(data), GCOV_AT_ONCE):
        # It fails for one file that was built anew meanwhile, and tells of the others.
        run = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                              *data[at:at + GCOV_AT_ONCE]],
                             cwd=ROOT, capture_output=True, text=True, check=False)
        sys.stderr.writelines(f"{line}\n" for line in run.stderr.splitlines()
                              if "mismatch" in line or "corrupted" in line)
        for line in run.stdout.splitlines():
            if line.startswith("{"):
                yield from json.loads(line)["files"]


def read(folder):
    """Files by their path, also those of which nothing ever ran."""
    files = {}
    for counted in gcov(folder):
        path = ROOT / counted["file"]
        if ROOT / "src" not in path.parents or path.suffix != ".c":
            continue
        path = path.relative_to(ROOT)
        one = files.setdefault(str(path), File(path))
        for line in counted["lines"]:
            one.add(line)
    return files


def percent(part, of):
    return f"{100 * part / of:5.1f}" if of else "    -"


def row(name, totals, width):
    lines, run, branches, taken, errors, errors_run = totals
    below = (lines and 100 * run < GOAL_LINES * lines,
             branches and 100 * taken < GOAL_BRANCHES * branches)
    mark = {(True, True): " lines, branches", (True, False): " lines",
            (False, True): " branches"}.get(tuple(map(bool, below)), "")
    print(f"{name:{width}} {lines:7} {percent(run, lines)} {branches:9} "
          f"{percent(taken, branches)} {errors:7} {percent(errors_run, errors)} {mark}")


def heading(width):
    print(f"{'':{width}} {'lines':>7} {'run %':>5} {'branches':>9} {'run %':>5} "
          f"{'errors':>7} {'run %':>5}  below {GOAL_LINES} / {GOAL_BRANCHES} %")


def add(one, other):
    return tuple(a + b for a, b in zip(one, other))


def table(files):
    nothing = (0,) * 6
    rooms = defaultdict(lambda: nothing)
    for path, one in files.items():
        room = str(Path(path).parent)
        rooms[room] = add(rooms[room], one.totals())
    heading(24)
    total = nothing
    for room, totals in sorted(rooms.items()):
        row(room, totals, 24)
        total = add(total, totals)
    row("all", total, 24)
    print(f"\nThe {LEAST} files with the most branches that were never taken")
    heading(34)
    for path in sorted(files, key=lambda p: files[p].totals()[3] - files[p].totals()[2])[:LEAST]:
        row(path, files[path].totals(), 34)


def main(arguments):
    files = read(Path(arguments[0]))
    if not files:
        sys.exit(f"{arguments[0]} has no counts: run make coverage")
    for path in arguments[1:]:
        if path not in files:
            sys.exit(f"nothing of {path} ever ran")
        files[path].show()
    if not arguments[1:]:
        table(files)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
