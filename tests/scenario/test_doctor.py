"""What is wrong, why, and the next command: triagectl doctor."""
import email.utils
import grp
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import time

import pytest

import fakes
import harness
import kit
import proofs
from checkup import doctor, found, named, wait_found, wait_well
from harness import CLIENT, Clock, wait_for


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, {"seed": 22, "alerts": 20, "subscriptions": 1}) as fake:
        yield fake


def self_alerts(site, like):
    return site.rows("SELECT native_id, state, episode, severity FROM v_alerts "
                     "WHERE source = 'triaged' AND native_id LIKE ?", like)


def test_nothing_is_wrong(site, azure):
    """Exit status 0, and it says so; no request leaves for it."""
    proofs.configure(site, azure)
    site.start()
    wait_well(site)
    wait_for(lambda: doctor(site)[1] == [], "the first poll")
    before = len(azure.log())
    status, out, _ = site.ctl("doctor")
    assert status == 0 and "No trouble found." in out
    assert len(azure.log()) == before


def test_the_secret_is_wrong(site, azure):
    """The step, the code, the command; one alert about it, closed on recovery by itself."""
    azure.script(token={"client_secret": "battery staple"})
    proofs.configure(site, azure, interval="1s")
    site.start()
    finding = wait_found(site, "source", "azure")
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
    # Before the first poll has ended nothing is wrong either.
    wait_for(lambda: self_alerts(site, "source-refused/%")[0]["state"] == "closed",
             "the alert to be closed")
    [alert] = self_alerts(site, "source-refused/%")
    assert alert["episode"] == 1


def test_the_role_is_missing(site, azure):
    """403: the permission by name, and the command that grants it where it is missing."""
    azure.fault(path="*/alerts", arm="forbidden")
    proofs.configure(site, azure, interval="1s")
    site.start()
    finding = wait_found(site, "source", "azure")
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
    finding = wait_found(site, "daemon", "clock")
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
    finding = wait_found(site, "source", "azure")
    assert finding["step"] == "sign-in" and finding["next"] == "timedatectl"
    assert found(site, "daemon", "clock")
    [alert] = self_alerts(site, "clock-off/%")
    assert (alert["state"], alert["severity"]) == ("open", "high")
    site.stop()
    azure.heal()
    site.start()
    wait_well(site)
    wait_for(lambda: self_alerts(site, "clock-off/%")[0]["state"] == "closed",
             "the alert to be closed")


def test_nobody_listens(site, azure):
    """The connection is the step that failed."""
    proofs.configure(site, azure, interval="1s")
    site.start()
    wait_well(site)
    azure.kill()
    finding = wait_found(site, "source", "azure")
    assert finding["step"] == "connection" and finding["last_good_at"]
    assert finding["next"].endswith(azure.url)


def test_the_secret_has_expired(site, azure):
    """The command makes a new one; the cause says where it must be stored."""
    azure.fault(path="*/token", aadsts=7000222)
    proofs.configure(site, azure, interval="1s")
    site.start()
    named(site, "expired secret", "source", "azure", "sign-in",
          ("AADSTS7000222", "has expired", "store it as credential azure-secret"),
          f"az ad app credential reset --id {CLIENT} --append")


def test_a_missing_role(site, azure):
    azure.fault(path="*/alerts", arm="forbidden")
    proofs.configure(site, azure, interval="1s")
    site.start()
    named(site, "missing role", "source", "azure", "permission", ("403", "Security Reader"))


def test_a_missing_permission_of_graph(site, azure):
    azure.fault(path="/v1.0/*", graph="forbidden")
    site.secret("azure-secret", "correct horse")
    text = proofs.azure_source(azure, "xdr", "1s").replace("defender-for-cloud", "graph-security")
    text = text.replace("resource-manager", "graph").replace("    subscriptions: all\n", "")
    site.settings("sources:\n" + text + """
targets: [{name: ops, type: folder, path: "{outbox}/ops"}]
fallback: ops
""")
    site.start()
    named(site, "missing permission of Graph", "source", "xdr", "permission",
          "SecurityAlert.Read.All")


def test_a_clock_that_is_off(site, azure):
    lie(azure, 10, path="*/token", aadsts=700024)
    proofs.configure(site, azure, interval="1s")
    site.start()
    named(site, "clock skew", "daemon", "clock", "clock", "sign-ins may be refused", "timedatectl")
    # The clock is mended first, and then the sign-in needs nothing.
    about = [f["about"] for f in doctor(site)[1]]
    assert about.index("daemon") < about.index("source")


def test_told_to_wait(site, azure):
    """429: until when, by the clock on the wall."""
    azure.fault(path="*/alerts", status=429, headers={"Retry-After": "1800"})
    proofs.configure(site, azure, interval="1s")
    site.start()
    f = named(site, "429", "source", "azure", "throttling", ("HTTP 429", "1800 s"))
    assert abs(f["until_ms"] / 1000 - time.time() - 1800) < 60, f
    moment = time.strftime("%H:%M", time.gmtime(f["until_ms"] / 1000))
    assert f"{moment} UTC" in " ".join(site.ctl("doctor")[1].split())


def test_a_certificate_that_ends(site, azure):
    """Trouble in the last week, a remark in the last month."""
    for days, grade in ((5, "trouble"), (20, "remark")):
        certificate, both = fakes.signing_certificate(site.folder, days=days)
        azure.script(token={"certificate": certificate})
        site.secret("azure-secret", both)
        text = proofs.azure_source(azure).replace(
            "client-secret: {cred", "auth: client-certificate\n    client-certificate: {cred")
        site.settings("sources:\n" + text + """
targets: [{name: ops, type: folder, path: "{outbox}/ops"}]
fallback: ops
""")
        site.start()
        named(site, f"certificate ends in {days} days", "source", "azure", "certificate",
              "from then on nothing is read", grade=grade,
              following=f"az ad app credential reset --id {CLIENT} --create-cert --append")
        site.stop()


def test_certificates_that_receivers_are_shown(site, azure):
    """Where it is stored, and what it takes for a newer one to be shown."""
    site.secret("azure-secret", "correct horse")
    mailer = "22222222-3333-4444-5555-666666666666"
    for days, grade in ((5, "trouble"), (20, "remark")):
        site.secret("pager-pem", fakes.signing_certificate(site.folder, days=days)[1])
        site.settings("sources:\n" + proofs.azure_source(azure) + f"""
tenants:
  - name: mailing
    id: contoso.example
    auth: client-certificate
    client-id: {mailer}
    client-certificate: {{credential: pager-pem}}
targets:
""" + """
  - {name: ops, type: folder, path: "{outbox}/ops"}
  - {name: mail, type: email, server: "https://graph.microsoft.com", oauth: mailing,
     from: triaged@example.org, to: soc@example.org}
  - name: pager
    type: webhook
    url: "https://192.0.2.1/x"
    client-certificate: {credential: pager-pem}
forward:
  - name: siem
    type: syslog-tls
    server: "192.0.2.1:6514"
    client-certificate: {file: "{folder}/triaged.both"}
fallback: ops
""")
        file = site.folder / "triaged.both"
        file.write_text((site.folder / "credentials" / "pager-pem").read_text())
        file.chmod(0o600)
        site.start()
        named(site, f"certificate of mail ends in {days} days", "target", "mail", "certificate",
              "from then on no mail is sent through it", grade=grade,
              following=f"az ad app credential reset --id {mailer} --create-cert --append")
        for about, name, place in (("target", "pager", "credential pager-pem"),
                                   ("forward", "siem", f"file {file}")):
            f = named(site, f"certificate of a {about} ends in {days} days", about, name,
                      "certificate", f"ends in {days} d", "systemctl restart triaged", grade)
            assert f["cause"].endswith("make a new one that the receiver takes and store it "
                                       f"as {place}")
        kit.wait_alert(site, "The certificate of target pager ends within "
                             f"{7 if days == 5 else 30} days")
        site.stop()


def test_a_chain_that_ends_first(site):
    """The receiver looks at what stands between the certificate and its own authority, too."""
    site.secret("pager-pem", fakes.issued_certificate(site.folder, "pager", days=300, above_days=5))
    site.settings(kit.FILES + """
targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
  - {name: pager, type: webhook, url: "https://192.0.2.1/x", client-certificate: {credential: pager-pem}}
fallback: ops
""")
    site.start()
    named(site, "a chain that ends first", "target", "pager", "certificate",
          "CN=Above us, above the certificate it shows, ends in 5 d", "systemctl restart triaged", "trouble")
    kit.wait_alert(site, "The certificate chain of target pager ends within 7 days")


def test_certificates_are_looked_at_within_the_day(site, tmp_path):
    """A last day that is told when it is over is no warning."""
    clock = Clock(tmp_path)
    site.more_environment = clock.environment
    site.secret("pager-pem", fakes.signing_certificate(site.folder, days=8)[1])
    site.settings(kit.FILES + """
targets:
  - {name: ops, type: folder, path: "{outbox}/ops"}
  - name: pager
    type: webhook
    url: "https://192.0.2.1/x"
    client-certificate: {credential: pager-pem}
fallback: ops
""")
    clock.jump(2 * 3600, mono=False)
    site.start()
    kit.wait_alert(site, "The certificate of target pager ends within 14 days")
    clock.jump(23 * 3600)
    kit.wait_alert(site, "The certificate of target pager ends within 7 days")
    site.stop()


def test_a_folder_without_a_file(site):
    """The database has it as never read, which is what blindspots says; here is why."""
    (site.folder / "in").mkdir(exist_ok=True)
    site.settings(kit.FILES + """
targets: [{name: box, type: folder, path: "{outbox}"}]
routes: [{ladder: [{after: 0s, notify: [box]}]}]
fallback: box
""")
    site.start()
    remark = wait_for(lambda: [f for f in doctor(site)[1] if f["about"] == "source" and "no file" in f["cause"]],
                      "the remark")[0]
    assert remark["grade"] == "remark" and remark["cause"].endswith("in/*.json has come yet")
    assert remark["next"] == f"ls -l {site.folder}/in/*.json"
    kit.put(site, kit.alert())
    kit.wait_alert(site, "Suspicious process 1")
    assert not [f for f in doctor(site)[1] if f["about"] == "source"]


def test_no_daemon(site, azure):
    """That is a finding too, and what the database tells is told all the same."""
    azure.script(seed=22, alerts=20, subscriptions=1)
    azure.fault(path="*/alerts", shape="bad_item", item="17")
    proofs.configure(site, azure)
    assert site.once()[0] == 0
    status, findings = doctor(site)
    assert status == 1 and (findings[0]["about"], findings[0]["name"]) == ("daemon", "triaged")
    assert findings[0]["step"] == "control socket"
    remark = found(site, "coverage", "quarantine")
    assert remark["grade"] == "remark" and "unknown-items" in remark["next"]
    named(site, "daemon down", "daemon", "triaged", "control socket", "cannot be reached",
          "systemctl status triaged")


def test_no_daemon_and_a_source_that_failed(site, azure):
    """Why it failed last stands in the ledger, and so does what to do."""
    azure.fault(path="*/alerts", arm="forbidden")
    proofs.configure(site, azure)
    assert site.once()[0] == 1
    f = named(site, "daemon down, missing role", "source", "azure", "permission", "403")
    assert azure.subscriptions()[0] in f["next"]


def test_faulty_settings(site, azure):
    """The daemon goes on with what it had; the doctor says what the next start would meet."""
    proofs.configure(site, azure)
    site.start()
    wait_well(site)
    site.file.write_text(site.file.read_text() + "no-such-key: 1\n")
    named(site, "faulty settings", "settings", str(site.file), "configuration",
          "would not start with them", f"triaged -c {site.file} --check-config")


def test_a_newer_schema(site, azure):
    """After a downgrade: the newer release is what helps."""
    proofs.configure(site, azure)
    assert site.once()[0] == 0
    db = sqlite3.connect(site.state / "triaged.db")
    db.execute("PRAGMA user_version = 9999")
    db.close()
    named(site, "schema newer than the program", "database", "triaged.db", "schema", "newer",
          "apt-get install --only-upgrade triaged")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("member", [False, True])
def test_somebody_who_is_not_in_the_group(member):
    """The folders of the service do not even let others see what is in them; who is in the group
    and may not read all the same is not told to join it."""
    group = grp.getgrnam("adm")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        site = harness.Site(folder)
        site.settings(kit.FILES + proofs.FOLDER)
        site.file.write_text(site.file.read_text().replace(f"{folder}/control.sock", f"{site.state}/control.sock"))
        assert site.once()[0] == 0
        os.chown(site.state, -1, group.gr_gid)
        os.chmod(site.state, 0o750)
        database = site.state / "triaged.db"
        os.chown(database, -1, group.gr_gid)
        if member:
            os.chmod(database, 0o600)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--groups",
                               str(group.gr_gid) if member else "65534", harness.TRIAGECTL, "-c", site.file,
                               "--json", "doctor"], env=site.environment(), capture_output=True, text=True,
                              check=False, timeout=60)
        told = {(f["about"], f["step"]): f["next"] for f in json.loads(done.stdout)["findings"]}
        access = told["database", "access"]
        if member:
            assert access == f"ls -l {database}", told
        else:
            assert access == "sudo usermod -aG adm nobody  # then log in again", told
            assert told["daemon", "control socket"] == access
