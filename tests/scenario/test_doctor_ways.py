"""What lies between this machine and a service, as triagectl doctor names it: names,
proxies, TLS.

A poll is given up after half a minute of tries: all sites run at once.
"""
import contextlib
import os
import socket
import subprocess
import threading

import pytest

import fakes
import proofs
from checkup import named
from harness import WATCHER, Site
from mounts import mounts_of_its_own
from ports import free_port


def configure(site, endpoint, more=""):
    """One source that reads from @endpoint."""
    site.secret("azure-secret", "correct horse")
    text = proofs.SOURCE
    for key, value in {"name": "azure", "interval": "1s", "subscriptions": "all",
                       "azure": endpoint}.items():
        text = text.replace("{" + key + "}", value)
    site.settings("sources:\n" + text + more + """
targets: [{name: ops, type: folder, path: "{outbox}/ops"}]
fallback: ops
""")


# --- TLS ---

def certificate(folder, subject, name="IP:127.0.0.1", days=2):
    """Self-signed, of @subject: (certificate, key)."""
    cert, key = folder / "server.pem", folder / "server.key"
    request = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-keyout", key, "-subj", subject, "-addext", f"subjectAltName={name}"]
    made = subprocess.run(request, check=True, capture_output=True).stdout
    # OpenSSL 3.5 refuses days below 0, and 3.0 knows no dates.
    lives = ([["-days", str(days)]] if days > 0 else
             [["-days", "-1"],
              ["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"]])
    for life in lives:
        done = subprocess.run(["openssl", "x509", "-req", "-signkey", key, "-copy_extensions",
                               "copy", *life, "-out", cert], input=made, capture_output=True,
                              check=False)
        if done.returncode == 0:
            return cert, key
    raise AssertionError(done.stderr)


# --- proxy ---

@contextlib.contextmanager
def proxy(answer):
    """Answers every CONNECT so; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    with peer:
                        peer.recv(65536)
                        peer.sendall(answer)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


# --- names ---

DEAD, LIVE = "127.53.0.2", "127.53.0.1"


def name_server(question):
    """NXDOMAIN for whatever was asked."""
    return question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12:]


@contextlib.contextmanager
def serve_names():
    """On an address of its own; only root may have port 53."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LIVE, 53))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    question, peer = server.recvfrom(512)
                    if not question:
                        return
                    server.sendto(name_server(question), peer)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        server.sendto(b"", (LIVE, 53))
        thread.join(10)


def use_names(site, address):
    """The site asks the name server at that address, and no other."""
    file = site.folder / "resolv.conf"
    file.write_text(f"nameserver {address}\noptions timeout:1 attempts:1\n")
    mounts_of_its_own(site, 'mount --bind "$0" /etc/resolv.conf', file)


# --- the sites ---

# Beyond loopback, which no proxy is asked for.
FAR = "https://service.contoso.example"
NO, PASSWORD = b"HTTP/1.1 403 Forbidden", b"HTTP/1.1 407 Proxy Authentication Required"
END = b"\r\nContent-Length: 0\r\n\r\n"


def tls(site, stack, subject, trusted=False, **options):
    pair = certificate(site.folder, subject, **options)
    fake = stack.enter_context(fakes.Azure(site.folder, {"alerts": 1}, tls=pair))
    configure(site, fake.url, f"    ca-file: {pair[0]}\n" if trusted else "")
    return fake.port


def through(site, stack, answer):
    port = stack.enter_context(proxy(answer)) if answer else free_port()
    configure(site, FAR, f"    proxy: http://127.0.0.1:{port}\n")
    return port


def no_such_name(site, stack):
    if os.geteuid() != 0:
        return "port 53 is for root"
    stack.enter_context(serve_names())
    configure(site, "https://login.contoso.invalid")
    return use_names(site, LIVE)


def dead_server(site, _stack):
    configure(site, FAR)
    return use_names(site, DEAD)


# name: (how it is made, step, what the cause says, what Next has); {} is the port
CASES = {
    "TLS interception":
        (lambda s, k: tls(s, k, "/C=US/O=Zscaler Inc./CN=Zscaler Root CA"), "TLS interception",
         ("issued by CN=Zscaler Root CA,O=Zscaler Inc.", "have 127.0.0.1 exempted", "ca-file"),
         "-connect 127.0.0.1:{} "),
    # A private CA is no device: nobody is accused.
    "certificate of an unknown CA":
        (lambda s, k: tls(s, k, "/O=Our own/CN=Our own CA"), "TLS",
         ("issued by CN=Our own CA,O=Our own", "a private CA needs ca-file"), "-showcerts"),
    "expired certificate of the server":
        (lambda s, k: tls(s, k, "/CN=service", trusted=True, days=0), "TLS",
         ("certificate has expired", "its owner must renew it"), "x509 -noout -subject -dates"),
    "certificate of another name":
        (lambda s, k: tls(s, k, "/CN=other", trusted=True, name="DNS:other.example"), "TLS",
         ("another machine answers in the place of 127.0.0.1",), "subjectAltName"),
    "proxy refuses (403)":
        (lambda s, k: through(s, k, NO + END), "proxy",
         ("the proxy 127.0.0.1:{}", "let this machine through"),
         "--proxy http://127.0.0.1:{} " + FAR),
    "proxy wants a password (407)":
        (lambda s, k: through(s, k, PASSWORD + b"\r\nProxy-Authenticate: Basic" + END), "proxy",
         ("the proxy 127.0.0.1:{}", "triaged has no password for a proxy"), "--proxy "),
    "proxy: nobody listens":
        (lambda s, k: through(s, k, None), "proxy",
         ("connection refused by the proxy 127.0.0.1:", "nobody answers where proxy: of the settings points"),
         "--proxy "),
    "proxy: its name is unknown":
        (lambda s, _: configure(s, FAR, "    proxy: http://proxy.contoso.invalid:3128\n"), "proxy",
         ("cannot resolve the proxy",), "getent ahosts proxy.contoso.invalid"),
    "DNS: no such name":
        (no_such_name, "name resolution",
         ("the name servers say that there is no login.contoso.invalid",),
         "getent ahosts login.contoso.invalid"),
    "DNS: dead name server":
        (dead_server, "name resolution",
         (f"no name server answers ({DEAD}, of /etc/resolv.conf)",), "ss -lnup 'sport = :53'"),
}

# triagectl asks the resolver itself there, and glibc's thread for that (getaddrinfo_a) is one
# that ThreadSanitizer does not know: it crashes in it.
RESOLVED = {"proxy: its name is unknown", "DNS: no such name", "DNS: dead name server"}


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """{name: (site, what its maker returned)}; those that could be made run."""
    begun = {}
    with contextlib.ExitStack() as stack:
        for name, case in CASES.items():
            site = Site(tmp_path_factory.mktemp("way"))
            begun[name] = site, case[0](site, stack)
            if not isinstance(begun[name][1], str):
                site.launch()
        yield begun
        for site, _ in begun.values():
            if site.process is not None:
                site.kill()


@pytest.mark.row("C15")
@pytest.mark.parametrize("cause", CASES)
def test_the_way(cause, sites):
    if cause in RESOLVED and WATCHER == "tsan":
        pytest.skip("ThreadSanitizer does not know the threads of glibc's resolver")
    site, made = sites[cause]
    if isinstance(made, str):
        pytest.skip(made)
    _, step, says, following = CASES[cause]
    f = named(site, cause, "source", "azure", step, [word.format(made) for word in says])
    assert following.format(made) in f["next"], f
