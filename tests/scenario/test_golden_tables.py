"""The golden tables of triage are what their generators print.

The tables are committed, and the unit tests read them; here it is proven that
nobody has mended a row by hand.
"""
import subprocess
import sys
from pathlib import Path

import pytest

TRIAGE = Path(__file__).resolve().parents[1] / "triage"


@pytest.mark.row("B3")
@pytest.mark.parametrize("table", sorted(TRIAGE.glob("golden_*.inc")),
                         ids=lambda path: path.stem)
def test_table_is_what_its_generator_prints(table):
    pytest.importorskip("zoneinfo")
    script = table.with_suffix(".py")
    printed = subprocess.run([sys.executable, "-B", script.name], cwd=TRIAGE,
                             capture_output=True, text=True, check=True)
    assert printed.stdout == table.read_text()
