"""A port for who must be told one before he listens. Standard library only."""
import random
import socket
from pathlib import Path

HELD = []
# Who connects somewhere gets a port of these; one of them could be taken until somebody listens.
CONNECTING = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def free_port():
    """A TCP port of 127.0.0.1. The same one of UDP is held until this program ends: so do the
    others that ask, and none is given twice."""
    while True:
        port = random.randrange(max(1024, CONNECTING - 12000), CONNECTING)
        token = socket.socket(type=socket.SOCK_DGRAM)
        try:
            token.bind(("127.0.0.1", port))
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            token.close()
            continue
        HELD.append(token)
        return port
