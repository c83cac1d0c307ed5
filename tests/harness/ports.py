"""Free ports on loopback that stay free for a server that stops and comes back.

They lie below the range from which the kernel takes ports for outgoing connections, so that no
client grabs the port of a stopped server. Two callers at once may still draw the same one; a server
that finds its port taken fails at once and says so.
"""

import random
import socket

RANGE = range(20_000, 32_000)


def free() -> int:
    """A port that nobody listens on now, drawn at random."""
    for port in random.sample(RANGE, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port on 127.0.0.1 between {RANGE.start} and {RANGE.stop}")
