"""What a monitor asks: is it alive, is it ready, and if not, what to do next."""
import contextlib
import http.client
import json
import socket
import sqlite3
import tempfile
from pathlib import Path

import pytest

import fakes
import kit
import proofs
from harness import MAY_LOOK_INSIDE, Clock, wait_for
from ports import free_port
from test_life import FOLDER, get


README = (Path(__file__).parents[2] / "README.md").read_text()


def ask_unix(path, request):
    """The whole answer to a request by a Unix socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(str(path))
        s.sendall(request)
        parts = []
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def test_well(site):
    """One word and 200; HEAD is the same without a body, and nothing else is taken."""
    port = free_port()
    site.settings(f"listen: 127.0.0.1:{port}\n" + kit.FILES + FOLDER)
    site.start()
    for path, word in (("/-/healthy", "ok\n"), ("/-/ready", "ready\n")):
        assert get(port, path)[::2] == (200, word)
        status, headers, body = get(port, path, "HEAD")
        assert (status, body) == (200, "") and headers["Content-Length"] == str(len(word))
        for method in ("PUT", "DELETE", "OPTIONS"):
            status, headers, _ = get(port, path, method)
            assert status == 405 and headers["Allow"] == "GET, HEAD"
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        c.request("POST", path, "a=b", {"Content-Type": "application/x-www-form-urlencoded"})
        assert c.getresponse().status == 405
        c.close()


def test_a_store_that_refuses(site):
    """Alive, as a restart would not help; not ready, with the reason and a command."""
    port = free_port()
    site.settings(f"listen: 127.0.0.1:{port}\n" + kit.FILES + FOLDER)
    site.start()
    kit.put(site, kit.alert())
    kit.wait_delivery(site, "state = 'sent'")
    lock = sqlite3.connect(site.state / "triaged.db", isolation_level=None)
    lock.execute("begin immediate")
    kit.put(site, kit.alert(2))
    wait_for(lambda: get(port, "/-/ready")[0] == 503, "a change that is refused")
    shown = README.split("/-/ready\n")[1].split("\n\n")[0]
    assert " ".join(shown.split()) == " ".join(get(port, "/-/ready")[2].replace(
        str(site.state), "/var/lib/triaged").split())
    head, part, next_command, *rest = get(port, "/-/ready")[2].splitlines()
    assert head == "not ready" and not rest
    assert part.startswith("database: the database refuses changes: ") and "triaged.db" in part
    assert next_command == "  next: triagectl doctor"
    assert get(port, "/-/healthy")[::2] == (200, "ok\n")
    lock.execute("rollback")
    lock.close()
    wait_for(lambda: get(port, "/-/ready")[::2] == (200, "ready\n"), "the recovery")


@pytest.mark.row("C5")
def test_a_source_that_hangs(site, tmp_path):
    """Neither alive nor ready, and it is named: only a restart helps."""
    clock = Clock(tmp_path)
    port = free_port()
    with fakes.Azure(tmp_path, {"alerts": 3, "subscriptions": 1}, env=clock.environment) as azure:
        proofs.configure(site, azure)
        site.file.write_text(site.file.read_text().replace(
            "listen: off", f"listen: 127.0.0.1:{port}"))
        site.more_environment = {**site.more_environment, **clock.environment}
        azure.fault(path="*/alerts", hang=True)
        site.start()
        azure.wait_requests(1, "*/alerts")
        assert get(port, "/-/healthy")[::2] == (200, "ok\n")
        clock.jump(2 * 3600)
        stuck = "sources: a source makes no progress: azure\n  next: systemctl restart triaged\n"
        # Until it has looked, what was owed at the jump stands still, too.
        wait_for(lambda: get(port, "/-/healthy")[::2] == (503, "not healthy\n" + stuck),
                 "the source alone to be stuck")
        assert get(port, "/-/ready")[::2] == (503, "not ready\n" + stuck)


def test_unix_socket(site):
    """The same by a Unix socket, which the group of the daemon may use and others not."""
    path = site.folder / "http.sock"
    site.settings(f"listen: 'unix:{path}'\n" + kit.FILES + FOLDER)
    site.start()
    answer = ask_unix(path, b"GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 ") and answer.endswith("\r\n\r\nready\n")
    assert path.stat().st_mode & 0o777 == 0o660
    site.stop()
    assert not path.exists()


@pytest.mark.parametrize("by", ["port", "socket"])
def test_an_address_that_somebody_else_has(site, tmp_path, by):
    """Alerts do not wait for a page: the daemon starts without it and says so in the journal, by an
    alert, in its status and in doctor; it is served as soon as the address is free."""
    clock = Clock(tmp_path)
    path = site.folder / "http.sock"
    other = socket.socket(socket.AF_UNIX if by == "socket" else socket.AF_INET)
    other.bind(str(path) if by == "socket" else ("127.0.0.1", 0))
    other.listen()
    port = 0 if by == "socket" else other.getsockname()[1]
    listen = f"'unix:{path}'" if by == "socket" else f"127.0.0.1:{port}"
    site.settings(f"listen: {listen}\n" + kit.FILES + FOLDER)
    site.more_environment = clock.environment
    kit.put(site, kit.alert())
    site.start()
    kit.wait_delivery(site, "alert_id = 1 and state = 'sent'")
    why = (f"another process serves {path}: is triaged already running?" if by == "socket"
           else f"cannot listen on 127.0.0.1:{port}: Address already in use")
    alert = kit.wait_alert(site, "Health, metrics and the page are not served")
    assert alert["state"] == "open" and alert["severity"] == "high"
    assert alert["description"].startswith(why)  # a screen cuts the end
    kit.wait_delivery(site, "alert_id = ? and state = 'sent'", alert["id"])
    assert "Page not served: " + why in kit.flat(site.ctl("status")[1])
    assert json.loads(site.ctl("status", "--json")[1])["daemon"]["page_trouble"] == why
    checks = json.loads(site.ctl("check", "--json")[1])["checks"]
    assert ("WARNING", f"the page is not served: {why}; see: triagectl doctor") in [
        (c["state"], c["text"]) for c in checks if c["name"] == "page"]
    [found] = [f for f in json.loads(site.ctl("doctor", "--json")[1])["findings"] if f["name"] == "page"]
    assert found["cause"] == why and found["grade"] == "trouble"
    assert found["next"] == (f"fuser -v {path}" if by == "socket" else f"ss -ltnp sport = :{port}")
    assert why in site.log.read_text()
    other.close()
    path.unlink(missing_ok=True)
    clock.jump(11)
    wait_for(lambda: site.value("select state from v_alerts where id = ?", alert["id"]) == "closed", "its end")
    answer = (ask_unix(path, b"GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n") if by == "socket"
              else get(port, "/-/ready")[2])
    assert answer.endswith("ready\n")
    assert "not served" not in site.ctl("status")[1] + site.ctl("check")[1]
    assert not [f for f in json.loads(site.ctl("doctor", "--json")[1])["findings"] if f["name"] == "page"]


@pytest.mark.parametrize("lacks", ["folder", "place"])
def test_a_socket_that_cannot_be_made(site, lacks):
    """Who looks for another program in vain is led astray: doctor shows the folder, or what lies in
    the place. Settings that have not to do with it are taken all the same."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as elsewhere:
        path = Path(elsewhere) / "run/http.sock"
        if lacks == "place":
            path.parent.mkdir()
            path.write_text("kept")
        site.settings(f"listen: 'unix:{path}'\n" + kit.FILES + FOLDER)
        site.start()
        alert = kit.wait_alert(site, "Health, metrics and the page are not served")
        [found] = [f for f in json.loads(site.ctl("doctor", "--json")[1])["findings"] if f["name"] == "page"]
        assert found["next"] == f"ls -ld {path if lacks == 'place' else path.parent}"
        shown = kit.flat(site.ctl("show", alert["id"])[1])
        assert "End what has the address" not in shown and found["next"] in shown
        path.parent.mkdir(exist_ok=True)
        status, out, errors = site.ctl("reload")
        assert status == 0, (out, errors)
        if lacks == "place":
            assert path.read_text() == "kept"
        else:
            site.stop()
            site.start()
            wait_for(lambda: site.value("select state from v_alerts where id = ?", alert["id"]) == "closed", "its end")
        site.stop()


def test_an_alert_about_the_page_ends_with_another_run(site):
    """The next run has the address, or is told not to listen at all."""
    for listen in ("'unix:{}'".format(site.folder / "http.sock"), "off"):
        with socket.create_server(("127.0.0.1", 0)) as other:
            site.settings(f"listen: 127.0.0.1:{other.getsockname()[1]}\n" + kit.FILES + FOLDER)
            site.start()
            wait_for(lambda: site.value("select count(*) from v_alerts where state = 'open'"), "the alert")
            site.stop()
        site.settings(f"listen: {listen}\n" + kit.FILES + FOLDER)
        site.start()
        wait_for(lambda: not site.value("select count(*) from v_alerts where state = 'open'"), "its end")
        site.stop()


@pytest.mark.skipif(not MAY_LOOK_INSIDE, reason="only root sees whose a socket is")
def test_off(site):
    """Nothing listens."""
    site.settings("listen: off\n" + kit.FILES + FOLDER)
    site.start()
    with open(f"/proc/{site.process.pid}/net/tcp", encoding="ascii") as f:
        inodes = {line.split()[9] for line in f if line.split()[3] == "0A"}
    own = set()
    for link in Path(f"/proc/{site.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            own.add(link.readlink().name)
    assert not {f"socket:[{inode}]" for inode in inodes} & own
