"""Ways to sign in beside a secret: a certificate, a workload identity, the machine's own."""
import os

import pytest

import doors
import fakes
import harness
from test_sign_in import ESTATE, REFUSED, check_no_secret, complete, failed


@pytest.fixture
def azure(tmp_path):
    with fakes.Azure(tmp_path, ESTATE) as fake:
        yield fake


@pytest.fixture
def clouds(tmp_path):
    """A function that starts one cloud for each of the things given: {thing: fake}."""
    running = []

    def start(things):
        for thing in things:
            folder = tmp_path / thing
            folder.mkdir()
            running.append(fakes.Azure(folder, ESTATE))
        return dict(zip(things, running))
    yield start
    for fake in running:
        fake.stop()


def test_one_token_for_sources_that_sign_in_alike(site, azure):
    doors.configure(site, doors.block("graph", azure), doors.block("hunting", azure),
                    doors.block("arm", azure))
    doors.poll(site)
    # One for Graph, one for Resource Manager.
    assert azure.state()["token_requests"] == 2


def certificate_block(kind, azure):
    return doors.block(kind, azure, sign_in="""    tenant: {tenant}
    auth: client-certificate
    client-id: {client}
    client-certificate: {credential: azure-certificate}
""")


def test_a_certificate(site, azure, tmp_path):
    """Signed as Entra wants it; another certificate is refused, by its code, once."""
    certificate, both = fakes.signing_certificate(tmp_path)
    other, _ = fakes.signing_certificate(tmp_path, "other")
    azure.script(token={"certificate": certificate})
    site.secret("azure-certificate", both)
    doors.configure(site, certificate_block("arm", azure))
    doors.poll(site)
    doors.check_equal("arm", site, azure)
    assert {line["aadsts"] for line in azure.sign_ins()} == {0}
    azure.script(token={"certificate": other}, revoke=True)
    before = azure.state()["token_requests"]
    errors = doors.poll(site, 1)
    assert "AADSTS700027" in errors and "PRIVATE KEY" not in errors
    assert azure.state()["token_requests"] - before <= 2
    check_no_secret(site, errors)


def test_a_certificate_that_ends_soon(site, azure, tmp_path):
    certificate, both = fakes.signing_certificate(tmp_path, days=5)
    azure.script(token={"certificate": certificate})
    site.secret("azure-certificate", both)
    doors.configure(site, certificate_block("arm", azure))
    doors.poll(site)
    titles = [row["title"] for row in site.rows(
        "SELECT title FROM v_alerts WHERE title LIKE '%certificate%' AND state <> 'closed'")]
    assert titles == ["The certificate of source arm ends within 7 days"]


def test_a_workload_identity_file_that_rotates(site, azure):
    """Read anew for each token: what the platform wrote last counts."""
    token = site.folder / "federated"
    token.write_text("header.first.signature")
    azure.script(token={"federated": "header.first.signature"})
    doors.configure(site, doors.block("arm", azure, interval="1s", sign_in=f"""    tenant: {{tenant}}
    auth: workload-identity
    client-id: {{client}}
    federated-token-file: {token}
"""))
    site.start()
    harness.wait_for(lambda: complete(site, "arm"), "the first poll")
    fresh = site.folder / "fresh"
    fresh.write_text("header.second.signature\n")
    os.replace(fresh, token)
    azure.script(token={"federated": "header.second.signature"}, revoke=True)
    before = complete(site, "arm")
    harness.wait_for(lambda: azure.state()["token_requests"] == 2, "another token")
    harness.wait_for(lambda: complete(site, "arm") > before, "another poll")
    site.stop()
    assert [line["client_assertion"].split(".")[1] for line in azure.sign_ins()] == [
        "first", "second"]
    assert {line["aadsts"] for line in azure.sign_ins()} == {0}
    doors.check_equal("arm", site, azure)


def identity_block(azure, name="arm"):
    return doors.block("arm", azure, name=name, sign_in="""    tenant: {tenant}
    auth: managed-identity
""").replace("endpoints: {", f'endpoints: {{instance-metadata: "{azure.url}", ')


def test_a_machine_identity(site, azure):
    doors.configure(site, identity_block(azure))
    doors.poll(site)
    doors.check_equal("arm", site, azure)
    state = azure.state()
    assert (state["identity_requests"], state["token_requests"]) == (1, 0)


def test_a_machine_identity_that_is_being_updated(site, clouds):
    """410 and 404 pass; no such identity does not."""
    fakes_by_name = clouds(["updating", "starting", "throttled", "no-identity"])
    for name, fake in fakes_by_name.items():
        fake.fault(path="/metadata/*", identity=name,
                   **({} if name == "no-identity" else {"times": 1}))
    doors.configure(site, *(identity_block(fake, name).replace("interval: 1d", "interval: 1s")
                            for name, fake in fakes_by_name.items()))
    site.start()
    for name in ("updating", "starting", "throttled"):
        harness.wait_for(lambda name=name: complete(site, name), f"{name} to pass", limit=90)
    harness.wait_for(lambda: failed(site, "no-identity") >= 2, "the other to fail twice")
    site.stop()
    for name in ("updating", "starting", "throttled"):
        assert fakes_by_name[name].state()["identity_requests"] == 2, name
    assert fakes_by_name["no-identity"].state()["identity_requests"] == 1
    assert [row["title"] for row in site.rows(REFUSED)] == ["Source no-identity is refused"]
