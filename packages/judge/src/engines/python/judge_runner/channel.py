"""Frames of a big-endian length and JSON on the inherited descriptor, one answer for one question."""

import json
import os
import struct

CHANNEL = 3
FRAME_LIMIT_BYTES = 4 * 1024 * 1024


def read_exactly(count):
    parts = []
    while count > 0:
        part = os.read(CHANNEL, min(count, 65536))
        if not part:
            # The judge is gone.
            os._exit(70)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    (length,) = struct.unpack(">I", read_exactly(4))
    if length > FRAME_LIMIT_BYTES:
        os._exit(70)
    return json.loads(read_exactly(length))


def send(message):
    body = json.dumps(message).encode("utf-8", "replace")
    data = struct.pack(">I", len(body)) + body
    while data:
        data = data[os.write(CHANNEL, data) :]
