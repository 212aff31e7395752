#!/usr/bin/env python3
"""Our hub among the peers: its configuration, and the bytes by which the load programs speak to it. They are
written out by hand here, so that the drivers need nothing but Python's standard library."""
import struct

TOKEN = "a token for the bench, and nothing else"


def token(name):
    return f"{TOKEN}: {name}"


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def data(number, content):
    """A field of bytes, text or a message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def fixed64(number, value):
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def integer(number, value):
    return varint(number << 3) + varint(value)


def frame(body):
    return varint(len(body)) + body


HELLO, SUBSCRIBE, REGISTER, DECLARE, EVENT, READING = 10, 20, 40, 42, 3, 6


def subscriber(pattern="#", start=b""):
    """Hello and Subscribe to readings in one write; two frames answer: Welcome, Subscribed."""
    hello = data(HELLO, integer(1, 1) + data(2, "bench"))
    return frame(hello) + frame(data(SUBSCRIBE, data(1, pattern) + data(2, bytes([READING])) + start))


EARLIEST = data(7, b"")     # a start, for subscriber()


def publisher(devices=("plc01",), name="bench", incarnation=1):
    """Hello, Register, Declare in one write; three frames answer: Welcome, Registered, Declared."""
    declared = b"".join(data(1, data(1, d)) for d in devices)
    return (
        frame(data(HELLO, integer(1, 1) + data(3, token(name))))
        + frame(data(REGISTER, data(1, name) + fixed64(2, incarnation)))
        + frame(data(DECLARE, declared))
    )


def reading(payload=64, device="plc01", name="bench", incarnation=1, prompt=False):
    """A publish frame with a value of so many bytes, and where in it the publisher's number is: 8 bytes. prompt:
    it is to be on disk at once."""
    head = fixed64(1, 1700000000000000000) + data(2, name) + fixed64(3, incarnation)
    text = b"plc01/temp=23.75 C ok 2024-05-01T12:00:00.000Z "
    text = text + b"x" * (payload - len(text))
    value = data(1, "temp") + data(7, text)
    event = head + fixed64(4, 0) + data(5, device) + data(READING, data(3, value))
    whole = frame(data(EVENT, event) + (integer(5, 1) if prompt else b""))
    return whole, len(whole) - len(event) - 2 * prompt + len(head) + 1


def count_frames(received):
    """How many whole frames stand in these bytes."""
    n = at = 0
    while True:
        length = shift = 0
        while True:
            if at >= len(received):
                return n
            byte = received[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                break
        at += length
        if at > len(received):
            return n
        n += 1


def part(s, publishers=("bench",), memory="16MiB", store="enabled: false"):
    """The hub's part of a configuration, in the server's directory. store counts for a hub with --store."""
    path = f"{s.dir}/part.yaml"
    with open(path, "w") as f:
        f.write(f"store: {{ {store} }}\n")
        f.write(f"hub: {{ memory: {memory}, max_clients: 20000 }}\npublishers:\n")
        f.writelines(f"  {name}: {{ token: '{token(name)}' }}\n" for name in publishers)
    return path


def config(s, path, device, plugins, more=""):
    """A whole gateway's configuration: one line, the tty at path, with one device."""
    file = f"{s.dir}/dragoman.yaml"
    with open(file, "w") as f:
        f.write(f"""paths: {{ plugins: {plugins} }}
listen: {{ tcp: [ {{ port: {s.port} }} ] }}
channels:
  line:
    port: {{ tty: {path} }}
    {more}
    devices: {{ plc01: {device} }}
""")
    return file


if __name__ == "__main__":
    whole, at = reading()
    print(f"--ours-hello {subscriber().hex()} --ours-hello-frames 2")
    print(f"--ours-pub-hello {publisher().hex()} --ours-pub-hello-frames 3")
    print(f"--ours-pub-frame {whole.hex()} --ours-pub-number-at {at}")
