"""A network of its own for one program: what an address is, and which name leads to it, the
test alone decides. Needs no root, but a kernel that allows namespaces.

A socket belongs to the network it was made in, whoever holds it. So a helper makes them inside
and hands them over, and the test serves them here, beside fakes that know nothing of it.
"""
import contextlib
import ipaddress
import shutil
import socket
import subprocess
import sys
import threading

NEEDED = ("unshare", "nsenter", "ip")

# Inside: argv is the folder, then the addresses; then one line for each socket to make.
HELPER = r"""
import os, socket, subprocess, sys
folder, addresses = sys.argv[1], sys.argv[2:]
def run(*words):
    subprocess.run(words, check=True)
run("ip", "link", "set", "lo", "up")
for address in addresses:
    run("ip", "address", "add", address, "dev", "lo")
for name in ("resolv.conf", "nsswitch.conf"):
    run("mount", "--bind", f"{folder}/{name}", f"/etc/{name}")
with socket.socket(fileno=0) as door:
    door.send(b"up")
    while order := door.recv(200).decode():
        kind, host, port = order.split()
        s = socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        s.bind((host, int(port)))
        if kind == "tcp":
            s.listen(socket.SOMAXCONN)
        socket.send_fds(door, [b"made"], [s.fileno()])
        s.close()
"""


class Island:
    """A site's daemon and the sockets of listen() are in it, nothing else is."""

    def __init__(self, site, addresses):
        """Fails with OSError where this machine allows none."""
        missing = [name for name in NEEDED if not shutil.which(name)]
        if missing:
            raise OSError(f"{missing[0]} is not installed")
        (site.folder / "resolv.conf").write_text("nameserver 127.0.0.1\n"
                                                 "options timeout:1 attempts:1\n")
        (site.folder / "nsswitch.conf").write_text("hosts: files dns\npasswd: files\ngroup: files\n")
        self.door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.threads, self.open = [], []
        with theirs:
            self.process = subprocess.Popen(
                ["unshare", "--user", "--map-root-user", "--net", "--mount", sys.executable, "-c",
                 HELPER, str(site.folder), *addresses], stdin=theirs, stderr=subprocess.PIPE)
        if self.door.recv(8) != b"up":
            _, errors = self.process.communicate()
            self.close()
            raise OSError("this kernel or sandbox allows no network of one's own: "
                          + errors.decode(errors="replace").strip().rpartition("\n")[2])
        site.wrapper = ["nsenter", "--target", str(self.process.pid), "--user", "--net", "--mount",
                        "--preserve-credentials"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.door.close()
        self.process.wait(20)
        for s in self.open:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        for thread in self.threads:
            thread.join(20)

    def socket(self, kind, host, port):
        self.door.send(f"{kind} {host} {port}".encode())
        _, (fd,), _, _ = socket.recv_fds(self.door, 8, 1)
        s = socket.socket(fileno=fd)
        self.open.append(s)
        return s

    def serve(self, work):
        thread = threading.Thread(target=work, daemon=True)
        self.threads.append(thread)
        thread.start()

    def names(self, answers):
        """A name server: answers(name, "A" or "AAAA") are the addresses, each for no longer than
        this one question."""
        server = self.socket("udp", "127.0.0.1", 53)

        def work():
            with contextlib.suppress(OSError):
                while True:
                    question, peer = server.recvfrom(512)
                    if not question:
                        return
                    server.sendto(answer(question, answers), peer)
        self.serve(work)

    def lead(self, host, port, to):
        """Who connects to @host:@port is led to port @to here, for one conversation; the list of
        who did."""
        listener = self.socket("tcp", host, port)
        came = []

        def work():
            with contextlib.suppress(OSError):
                while True:
                    peer, address = listener.accept()
                    came.append(address)
                    with peer, socket.create_connection(("127.0.0.1", to)) as fake:
                        relay(peer, fake)
        self.serve(work)
        return came


def relay(one, other):
    """All bytes both ways, until one of them says that it is the end."""
    def forth():
        with contextlib.suppress(OSError):
            while piece := one.recv(65536):
                other.sendall(piece)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
    thread = threading.Thread(target=forth, daemon=True)
    thread.start()
    with contextlib.suppress(OSError):
        while piece := other.recv(65536):
            one.sendall(piece)
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    thread.join(20)


TYPES = {1: "A", 28: "AAAA"}


def answer(question, answers):
    """RFC 1035: the one question there is, and its records with a life of 0 seconds."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    asked = question[12:at + 5]
    kind = int.from_bytes(asked[-4:-2], "big")
    found = answers(".".join(labels).lower(), TYPES[kind]) if kind in TYPES else []
    packed = [ipaddress.ip_address(one).packed for one in found]
    records = b"".join(b"\xc0\x0c" + asked[-4:] + bytes(4) + len(one).to_bytes(2, "big") + one
                       for one in packed)
    return (question[:2] + b"\x81\x80\x00\x01" + len(packed).to_bytes(2, "big") + bytes(4)
            + asked + records)
