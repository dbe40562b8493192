"""What the benchmark makes of its figures: the table of goals and the chart. Nothing is measured.
"""
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import chart  # noqa: E402
import common  # noqa: E402


@pytest.fixture
def report():
    report = common.Report()
    report.area = "ingest"
    report.goal("first poll / the floor", 0.2, 0.5, 1.0, at_least=True)
    report.goal("page, p99", 12.3, 100, 40, unit="ms")
    report.goal("objects <parsed>", 6.0, 6, 0, unit="%")
    return report


def test_a_goal_says_whether_it_is_met(report):
    assert [goal.met for goal in report.goals] == [False, True, True]
    assert [round(goal.share, 2) for goal in report.goals] == [0.4, 8.13, 1.0]


def test_the_verdict_names_what_is_missed_and_the_command(report):
    lines = report.verdict().splitlines()
    assert lines[2] == ("| first poll / the floor | 0.200 | >= 0.5 | >= 1 | **missed** "
                        "| `make bench-ingest` |")
    assert lines[3] == "| page, p99 | 12.3 ms | <= 100 | <= 40 | met | `make bench-ingest` |"
    assert lines[-1] == "Missed: first poll / the floor."


@pytest.mark.parametrize("value, text", [(0, "0"), (0.01234, "0.0123"), (5.5, "5.50"),
                                         (123.4, "123"), (1234567, "1,234,567")])
def test_numbers_have_three_digits_that_count(value, text):
    assert common.number(value) == text


def test_p99_leaves_out_one_in_a_hundred():
    assert common.p99(range(1000)) == 990


def test_the_chart_is_a_picture_with_every_goal(report):
    rows = [(goal.what, goal.share, "x") for goal in report.goals]
    text = chart.draw("triaged", rows, [
        ("Growth", "alerts", "ms", {"queue": [(1e4, 1), (1e5, 0.5), (3e6, 12)], "one": [(1e4, 2)]}),
    ])
    root = ElementTree.fromstring(text)
    name = "{http://www.w3.org/2000/svg}"
    words = [element.text for element in root.iter(name + "text")]
    assert {"objects <parsed>", "Growth", "queue", "1M", "10M"} <= set(words)
    bars = [(r.get("class"), float(r.get("width"))) for r in root.iter(name + "rect")]
    assert [kind for kind, _ in bars] == ["missed", "met", "met"]
    # More than eight times better is as long as the chart is wide, no longer.
    assert bars[1][1] == (chart.WIDTH - chart.LEFT - chart.RIGHT) / 2
    assert "prefers-color-scheme: dark" in text
    high, wide = float(root.get("height")), float(root.get("width"))
    for line in root.iter(name + "polyline"):
        for point in line.get("points").split():
            x, y = map(float, point.split(","))
            assert 0 < x < wide and 0 < y < high
