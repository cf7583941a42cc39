"""A real server that speaks clamd's INSTREAM, and ones that behave badly."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
Answer = Callable[[bytes], bytes | None]
"""What it says of a file; None: nothing at all, the line stays open."""


def honest(content: bytes) -> bytes:
    """What clamd says."""
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR[:20] in content else b"stream: OK\0"


@contextmanager
def clamd(answer: Answer = honest, path: Path | None = None) -> Iterator[str]:
    """Serve for the time of the block, over TCP or at a path; the address as the setting names it."""
    if path is None:
        door = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{door.getsockname()[1]}"
    else:
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        door.bind(str(path))
        door.listen()
        address = f"unix:{path}"
    held: list[socket.socket] = []
    thread = Thread(target=_serve, args=(door, answer, held), daemon=True)
    thread.start()
    yield address
    with suppress(OSError):
        door.shutdown(socket.SHUT_RDWR)
    door.close()
    thread.join()
    for line in held:
        line.close()


def _serve(door: socket.socket, answer: Answer, held: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            line, _ = door.accept()
            said = answer(_read(line))
            if said is None:
                held.append(line)
                continue
            line.sendall(said)
            line.close()


def _read(line: socket.socket) -> bytes:
    with line.makefile("rb") as stream:
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack(">I", stream.read(4))[0]:
            content += stream.read(size)
        return content
