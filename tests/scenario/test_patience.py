"""Faults worth another try that never end: the poll gives up by name, and heals later.

They began long ago, see hopeless in conftest.py: each takes half a minute.
"""
import pytest

import proofs

ERRORS = {
    "token": ["sign-in", "not a token", "gave up"],
    "empty": ["ends in the middle", "gave up"],
    "broken": ["500", "InternalServerError", "gave up"],
}


@pytest.mark.row("C1", "C3")
@pytest.mark.parametrize("name", ERRORS)
def test_gives_up_by_name(hopeless, name):
    """Exit status 1, the reason in the ledger, few requests, no alert lost; then it heals."""
    site, azure = hopeless[name]
    assert site.ended() == 1, site.log_text()
    polls = proofs.polls_since(site, 0)
    failed = [poll for poll in polls.values() if not poll["complete"]]
    assert failed
    for poll in failed:
        for word in ERRORS[name]:
            assert word.lower() in poll["error"].lower()
    if name == "token":
        assert not azure.requests("/subscriptions*")
        assert azure.state()["token_requests"] <= 7
    else:
        assert len(failed) == 1
        assert len(azure.requests("*/alerts")) <= 10
        assert len(proofs.stored(site)) == 50
    proofs.check_healed(site, azure)
