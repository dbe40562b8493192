"""make check-asan, check-tsan and check-valgrind go red when something was found."""
import subprocess
from pathlib import Path

import pytest

import harness

TOOL = Path(__file__).parents[1] / "tools/valgrind.sh"
CLEAN = """==7== Memcheck, a memory error detector
==7== Command: build/triaged -c /tmp/site/triaged.yaml --once
==7== FILE DESCRIPTORS: 3 open (3 std) at exit.
==7== Open file descriptor 3:
==7==    <inherited from parent>
==7== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)
"""
# Of one that was killed: there is no summary.
KILLED = """==8== Memcheck, a memory error detector
==8== Conditional jump or move depends on uninitialised value(s)
==8==    at 0x10917B: strbuf_add (strbuf.c:84)
==8==    by 0x109190: main (triaged.c:170)
"""


@pytest.mark.parametrize("text", [
    "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010",
    "\n==7==ERROR: LeakSanitizer: detected memory leaks\n",
    "==================\nWARNING: ThreadSanitizer: data race (pid=7)\n",
    "src/util/strbuf.c:84:9: runtime error: signed integer overflow: 1 + 2",
])
def test_what_a_sanitizer_writes_is_seen(text):
    harness.check_nothing_found("triaged: reading starts\n")
    with pytest.raises(AssertionError, match="Sanitizer|runtime error"):
        harness.check_nothing_found("triaged: reading starts\n" + text)


def judge(folder):
    done = subprocess.run(["sh", TOOL, "judge", folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_what_valgrind_writes_is_judged(tmp_path):
    """Also of a program that was killed; and it is no good news when nothing ran."""
    (tmp_path / "found").mkdir()
    status, said = judge(tmp_path)
    assert status != 0 and "no program" in said
    (tmp_path / "found/7").write_text(CLEAN)
    status, said = judge(tmp_path)
    assert status == 0 and "1 processes" in said
    (tmp_path / "found/8").write_text(KILLED)
    status, said = judge(tmp_path)
    assert status != 0 and "strbuf_add" in said and "1 of 2" in said and "Command" not in said
