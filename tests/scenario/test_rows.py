"""Every row of the fault battery is an experiment, and the battery says which."""
import rows


def test_every_row_has_an_experiment():
    """One that runs in make check, unless it takes minutes by its nature."""
    for row, tests in rows.by_row().items():
        brief = [one for one in tests if not one.soak]
        found = tests if row in rows.SOAK_ONLY else brief
        assert found, f"{row}: {rows.ROWS[row]}"


def test_no_test_names_a_row_that_is_none():
    """A slip of the pen would be an experiment that nobody runs."""
    for one in rows.experiments():
        assert set(one.rows) <= rows.ROWS.keys(), one


def test_programs_are_found(tmp_path):
    """The head of a C test names them; what stands below is no head."""
    folder = tmp_path / "room"
    folder.mkdir()
    (folder / "test_a.c").write_text("/*\n * One.\n *\n * Battery: A8 A9.\n */\n")
    (folder / "test_b.c").write_text("/* Two. */\n/* Battery: A8. */\n")
    assert [(one.name, one.rows) for one in rows.programs(tmp_path)] == [
        ("room/test_a", ("A8", "A9"))]


def test_scenarios_are_found(tmp_path):
    """By the mark of a test, or of its file; the first sentence says what is tried."""
    (tmp_path / "test_a.py").write_text(
        'pytestmark = pytest.mark.row("E1")\n'
        '@pytest.mark.row("E2", soak=True)\ndef test_x():\n    """Two\n    lines.\n\n    More."""\n'
        "def test_y():\n    pass\ndef helper():\n    pass\n")
    assert [(one.name.rsplit("/", 1)[1], one.rows, one.tried, one.soak)
            for one in rows.scenarios(tmp_path)] == [
        ("test_a.py::test_x", ("E2", "E1"), "Two lines.", True),
        ("test_a.py::test_y", ("E1",), "test_y", False)]


def test_the_table_shows_what_is_missing():
    assert "NO EXPERIMENT" in rows.table([])
