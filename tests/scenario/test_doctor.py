"""What is wrong, why, and the next command: triagectl doctor."""
import email.utils
import json
import re
import time

import pytest

import fakes
import proofs
from harness import CLIENT, wait_for


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 22, "alerts": 20, "subscriptions": 1}) as fake:
        yield fake


def doctor(site):
    """(status, {(about, name): finding}) of triagectl doctor."""
    status, out, errors = site.ctl("--json", "doctor")
    assert out, errors
    answer = json.loads(out)
    assert answer["healthy"] == (status == 0)
    return status, {(f["about"], f["name"]): f for f in answer["findings"]}


def wait_finding(site, about, name, grade="trouble"):
    """The finding, once it is there."""
    def there():
        finding = doctor(site)[1].get((about, name))
        return finding if finding and finding["grade"] == grade else None
    return wait_for(there, f"a finding about {about} {name}")


def wait_well(site):
    wait_for(lambda: doctor(site)[0] == 0, "the doctor to be content")


def self_alerts(site, like):
    return site.rows("SELECT native_id, state, episode, severity FROM v_alerts "
                     "WHERE source = 'triaged' AND native_id LIKE ?", like)


def test_nothing_is_wrong(site, azure):
    """Exit status 0, and it says so; no request leaves for it."""
    proofs.configure(site, azure)
    site.start()
    wait_well(site)
    wait_for(lambda: doctor(site)[1] == {}, "the first poll")
    before = len(azure.log())
    status, out, _ = site.ctl("doctor")
    assert status == 0 and "No trouble found." in out
    assert len(azure.log()) == before


def test_the_secret_is_wrong(site, azure):
    """The step, the code, the command; one alert about it, closed on recovery by itself."""
    azure.script(token={"client_secret": "battery staple"})
    proofs.configure(site, azure, interval="1s")
    site.start()
    finding = wait_finding(site, "source", "azure")
    assert finding["step"] == "sign-in"
    assert "AADSTS7000215" in finding["cause"]
    assert finding["next"] == f"az ad app credential reset --id {CLIENT} --append"
    status, out, _ = site.ctl("doctor")
    assert status == 1 and "source azure: sign-in" in out
    assert "correct horse" not in out
    [alert] = self_alerts(site, "source-refused/%")
    assert (alert["state"], alert["severity"]) == ("open", "high")
    assert azure.state()["token_requests"] == 1
    # The operator mends it; a restart reads the credential again.
    site.stop()
    azure.script(token={})
    site.start()
    wait_well(site)
    [alert] = self_alerts(site, "source-refused/%")
    assert (alert["state"], alert["episode"]) == ("closed", 1)


def test_the_role_is_missing(site, azure):
    """403: the permission by name, and the command that grants it where it is missing."""
    azure.fault(path="*/alerts", arm="forbidden")
    proofs.configure(site, azure, interval="1s")
    site.start()
    finding = wait_finding(site, "source", "azure")
    assert finding["step"] == "permission"
    assert "403" in finding["cause"] and "Security Reader" in finding["cause"]
    assert finding["next"].startswith(
        f'az role assignment create --assignee {CLIENT} --role "Security Reader" --scope ')
    assert azure.subscriptions()[0] in finding["next"]
    assert self_alerts(site, "source-refused/%")


def lie(azure, minutes, **more):
    """Every answer bears a Date that is so many minutes from now."""
    date = email.utils.formatdate(time.time() + 60 * minutes, usegmt=True)
    azure.fault(headers={"Date": date}, **more)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_clock_is_off(minutes, site, azure):
    """Told by the answers, even when all is well otherwise; not below five minutes."""
    lie(azure, minutes)
    proofs.configure(site, azure, interval="1s")
    site.start()
    finding = wait_finding(site, "daemon", "clock")
    assert (finding["step"], finding["next"]) == ("clock", "timedatectl")
    where = "behind" if minutes > 0 else "ahead of"
    assert re.search(rf"is (9|10) min( \d+ s)? {where} that of the service behind source azure",
                     finding["cause"]), finding
    assert not self_alerts(site, "clock-off/%")
    azure.heal()
    lie(azure, minutes / 3)
    wait_well(site)


def test_the_clock_is_why_the_sign_in_is_refused(site, azure):
    """One alert that says so; closed when the sign-in works again."""
    lie(azure, 10, path="*/token", aadsts=700024)
    proofs.configure(site, azure, interval="1s")
    site.start()
    finding = wait_finding(site, "source", "azure")
    assert finding["step"] == "sign-in" and finding["next"] == "timedatectl"
    assert ("daemon", "clock") in doctor(site)[1]
    [alert] = self_alerts(site, "clock-off/%")
    assert (alert["state"], alert["severity"]) == ("open", "high")
    site.stop()
    azure.heal()
    site.start()
    wait_well(site)
    assert self_alerts(site, "clock-off/%")[0]["state"] == "closed"


def test_nobody_listens(site, azure):
    """The connection is the step that failed."""
    proofs.configure(site, azure, interval="1s")
    site.start()
    wait_well(site)
    azure.kill()
    finding = wait_finding(site, "source", "azure")
    assert finding["step"] == "connection" and finding["last_good_at"]
    assert finding["next"].endswith(azure.url)


def test_a_dead_target(site, azure, tmp_path):
    """Given up, and gone for good: both are named; an operator gives it a new
    chance."""
    with fakes.Sink(tmp_path) as sink:
        sink.fault(path="/soc", status=410)
        proofs.configure(site, azure, sink, interval="1s")
        site.start()
        wait_finding(site, "target", "soc")
        status, out, _ = site.ctl("doctor")
        assert status == 1
        assert "triagectl outbox enable soc" in out
        assert "given up" in out and "gone for good" in out
        sink.heal()
        assert site.ctl("outbox", "enable", "soc")[0] == 0
        assert "outbox enable" not in site.ctl("doctor")[1]


def test_no_daemon(site, azure):
    """That is a finding too, and what the database tells is told all the same."""
    azure.script(seed=22, alerts=20, subscriptions=1)
    azure.fault(path="*/alerts", shape="bad_item", item="17")
    proofs.configure(site, azure)
    assert site.once()[0] == 0
    status, found = doctor(site)
    assert status == 1
    assert found["daemon", "triaged"]["next"] == "systemctl status triaged"
    remark = found["coverage", "quarantine"]
    assert remark["grade"] == "remark" and "unknown-items" in remark["next"]


def test_faulty_settings(site, azure):
    """The daemon goes on with what it had; the doctor says what the next start would meet."""
    proofs.configure(site, azure)
    site.start()
    wait_well(site)
    site.file.write_text(site.file.read_text() + "no-such-key: 1\n")
    status, found = doctor(site)
    assert status == 1
    assert found["settings", str(site.file)]["next"] == "triaged --check-config"
