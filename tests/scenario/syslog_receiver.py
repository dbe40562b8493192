"""A receiver of syslog over TCP or TLS that can be killed, hang, drip and reset.

It stands on the standard library alone and takes messages apart by RFC 5424 and
RFC 6587, so that no mistake of triaged hides in both ends.
"""
import re
import select
import socket
import ssl
import struct
import threading
import time

MESSAGE = re.compile(
    rb"<(\d+)>1 (\S+) (\S+) triaged - (\S+) \[triaged@(\d+) event=\"(\d+)\"([^\n\]]*)\] (.*)",
    re.DOTALL)


class Message:
    def __init__(self, raw):
        match = MESSAGE.fullmatch(raw)
        assert match, raw[:300]
        self.priority, self.event = int(match[1]), int(match[6])
        self.at, self.host, self.kind = (match[i].decode() for i in (2, 3, 4))
        self.enterprise = int(match[5])
        self.parameters, self.text = match[7].decode(), match[8].decode()


class Receiver:
    """One port; @mode is read, hang (keeps the connection, reads nothing), drip
    (one byte a second) or reset (reads a little, then resets)."""

    def __init__(self, tls=None, lines=False, client_ca=None):
        self.lines, self.mode, self.port = lines, "read", 0
        self.connections, self.lock = [], threading.Lock()  # [[Message]]
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.generation, self.listener, self.acceptor, self.open = 0, None, None, []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.generation += 1
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Small, so that a peer which hangs is soon felt at the other end.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._bind()
        self.port = self.listener.getsockname()[1]
        self.listener.listen(8)
        self.acceptor = threading.Thread(target=self._accept, daemon=True,
                                         args=(self.listener, self.generation))
        self.acceptor.start()
        return self

    def _bind(self):
        """Connections of before may hold the port for a moment."""
        end = time.monotonic() + 20
        while True:
            try:
                return self.listener.bind(("127.0.0.1", self.port))
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def kill(self):
        """As a process that dies: what was not read is lost, the peer is reset."""
        self.generation += 1
        self.acceptor.join()  # it holds the port as long as it waits there
        self.listener.close()
        self.reset()

    def reset(self):
        with self.lock:
            for one in self.open:
                try:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
                    one.close()
                except OSError:
                    pass
            self.open.clear()

    def _accept(self, listener, generation):
        while generation == self.generation:
            try:
                if not select.select([listener], [], [], 0.1)[0]:
                    continue
                connection, _ = listener.accept()
            except (OSError, ValueError):
                return
            threading.Thread(target=self._serve, args=(connection, generation),
                             daemon=True).start()

    def _serve(self, connection, generation):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            connection.settimeout(0.1)
        except OSError:
            return
        with self.lock:
            if generation != self.generation:  # killed during the handshake
                return connection.close()
            self.open.append(connection)
            messages = []
            self.connections.append(messages)
        data = b""
        while generation == self.generation:
            if self.mode == "hang":
                time.sleep(0.05)
                continue
            try:
                part = connection.recv(1 if self.mode == "drip" else 65536)
            except TimeoutError:
                continue
            except (OSError, ValueError):
                return
            if not part:
                return
            data = self._take(data + part, messages)
            if self.mode == "drip":
                time.sleep(1)
            if self.mode == "reset" and messages:
                self.mode = "read"
                self.reset()
                return

    def _take(self, data, messages):
        while data:
            if self.lines:
                raw, end, rest = data.partition(b"\n")
                if not end:
                    break
            else:
                length, end, rest = data.partition(b" ")
                if not end or len(rest) < int(length):
                    break
                raw, rest = rest[:int(length)], rest[int(length):]
            with self.lock:
                messages.append(Message(raw))
            data = rest
        return data

    def events(self):
        """Numbers of all events, repeats too, in the order they came."""
        with self.lock:
            return [m.event for one in self.connections for m in one]

    def messages(self):
        with self.lock:
            return [m for one in self.connections for m in one]

    def has_order(self):
        """On each connection the numbers rise by one."""
        with self.lock:
            lists = [[m.event for m in one] for one in self.connections]
        return all(b == a + 1 for one in lists for a, b in zip(one, one[1:]))
