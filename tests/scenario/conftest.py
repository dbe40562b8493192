"""Fixtures of the scenario tests."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import harness  # noqa: E402


@pytest.fixture
def site(tmp_path):
    """A fresh installation; whatever runs is killed at the end."""
    s = harness.Site(tmp_path)
    yield s
    if s.process is not None:
        s.kill()
