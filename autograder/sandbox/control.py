"""Short messages between the judge and the trusted processes inside the sandbox (the zygote and the wardens).

Both ends are ours; student code never holds one of these sockets. A message is one JSON object in one packet, and may
carry open descriptors.
"""

from __future__ import annotations

import json
import socket
from typing import Any

LARGEST = 128 << 10


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends; closing one is seen at the other."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(end: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Send one message. Raises OSError when nobody listens any more."""
    socket.send_fds(end, [json.dumps(message).encode()], descriptors)


def receive(end: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next message and its descriptors. Raises EOFError when the other end is closed, OSError, TimeoutError."""
    data, descriptors, _, _ = socket.recv_fds(end, LARGEST, 4)
    if not data:
        raise EOFError("the other end is closed")
    return json.loads(data), descriptors
