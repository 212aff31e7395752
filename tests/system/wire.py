# SPDX-License-Identifier: Apache-2.0
"""The hub and those who talk to it, as the system tests play them: nothing but the .proto, a stock protobuf
runtime and a socket."""

import collections
import os
import socket
import subprocess
import sys
import tempfile

from dragoman_test import BUILD, SOURCE, Failed, Process, check, program, skip, wait_for, write

PATIENCE = 20


def _load():
    """The classes that protoc makes of the .proto."""
    with tempfile.TemporaryDirectory(prefix="dragoman.") as out:
        proto = os.path.join(SOURCE, "proto")
        try:
            subprocess.run(["protoc", "-I" + proto, "--python_out=" + out, "dragoman/v1/dragoman.proto"], check=True)
            sys.path.insert(0, os.path.join(out, "dragoman", "v1"))
            import dragoman_pb2

            with open(os.path.join(out, "dragoman", "v1", "dragoman_pb2.py")) as f:
                dragoman_pb2.SOURCE = f.read()
        except FileNotFoundError:
            print("SKIP: protoc is not installed")
            sys.exit(77)
        except ImportError:
            print("SKIP: Python has no google.protobuf")
            sys.exit(77)
        finally:
            sys.path.pop(0)
    return dragoman_pb2


pb = _load()

TOKEN = b"a token for the tests"


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def delimited(frame):
    data = frame.SerializeToString()
    return varint(len(data)) + data


def split(data):
    """The first frame in data and what is behind it; (None, data) if there is no whole one."""
    length = shift = at = 0
    while True:
        if at == len(data):
            return None, data
        byte = data[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            break
    if len(data) - at < length:
        return None, data
    return bytes(data[at : at + length]), data[at + length :]


class Hub(Process):
    """dragoman-hub by itself, on a Unix socket and a TCP port. store: the directory of its stream, which is in
    memory without one."""

    def __init__(self, part="", publishers=("bench",), options=(), store=None, **more):
        path = "part.%d.yaml" % id(self)
        names = "".join("  %s: { token: %s }\n" % (p, TOKEN.decode() + " " + p) for p in publishers)
        write(path, (("publishers:\n" + names) if names else "") + part)
        self.path = os.path.abspath("hub.sock")
        super().__init__(
            [program("dragoman-hub"), "--part=" + path, "--listen-local=" + self.path, "--listen-tcp=127.0.0.1:0"]
            + (["--store=" + os.path.abspath(store)] if store else [])
            + list(options),
            **more
        )
        self.port = int(self.expect(r"listening on TCP port (\d+)").group(1))

    def connect(self, tcp=False, **options):
        if tcp:
            s = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        else:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(PATIENCE)
            wait_for(lambda: s.connect_ex(self.path) == 0, "the hub's socket")
        return Connection(s, **options)

    def client(self, tcp=False, **hello):
        c = self.connect(tcp)
        c.welcome = c.ask(pb.Frame(hello=pb.Hello(version=1, **hello))).welcome
        return c

    def subscriber(self, *patterns, tcp=False, kinds=(), **start):
        c = self.client(tcp)
        c.subscribed = c.ask(subscribe(*patterns, kinds=kinds, **start)).subscribed
        return c

    def publisher(self, name="bench", devices=("scale",), incarnation=1, **options):
        c = Publisher(self.connect(), name, incarnation)
        c.introduce(**options)
        if devices:
            c.declare(*devices)
        return c

    def memory_kb(self):
        with open("/proc/%d/status" % self.pid) as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))

    def is_sanitized(self):
        """Built with sanitizers, whose own memory says nothing of the program's."""
        with open("/proc/%d/maps" % self.pid) as f:
            maps = f.read()
        return "libasan" in maps or "libclang_rt" in maps

    def status(self):
        """All pages of a Status as one."""
        c, whole = self.client(), pb.Status()
        for frame in c.pages(pb.Frame(get_status=pb.GetStatus()), "status"):
            whole.MergeFrom(frame.status)
        c.close()
        return whole

    def stop(self):
        self.kill()
        status = self.end()
        check(status == 0, "dragoman-hub ended with status %d; it said:\n%s" % (status, self.log()))


def subscribe(*patterns, kinds=(), **start):
    message = pb.Subscribe(patterns=patterns, kinds=kinds)
    for key, value in start.items():
        if value is True:
            getattr(message, key).SetInParent()
        elif isinstance(value, (int, float)):
            setattr(message, key, value)
        else:
            getattr(message, key).CopyFrom(value)
    return pb.Frame(subscribe=message)


class Connection:
    def __init__(self, s):
        self.socket, self.data, self.ids = s, b"", 0

    def send(self, *frames):
        self.socket.sendall(b"".join(f if isinstance(f, bytes) else delimited(f) for f in frames))

    def receive(self):
        """The next frame; None at the end of the stream."""
        while True:
            payload, rest = split(self.data)
            if payload is not None:
                self.data = rest
                return pb.Frame.FromString(payload)
            try:
                more = self.socket.recv(1 << 20)
            except ConnectionResetError:
                more = b""
            except socket.timeout:
                raise Failed("nothing came for %d s" % PATIENCE)
            if not more:
                return None
            self.data += more

    def next(self, *kinds):
        """The next frame, which must be of one of these kinds if any is given."""
        frame = self.receive()
        check(frame is not None, "the connection was closed")
        got = frame.WhichOneof("body")
        check(not kinds or got in kinds, "%s, not %s: %s" % (got, " or ".join(kinds), frame))
        return frame

    def ask(self, frame):
        """Sends a request and returns the first frame of its answer, which must be the next one."""
        self.ids += 1
        frame.id = self.ids
        self.send(frame)
        answer = self.next()
        check(answer.id == self.ids, answer)
        return answer

    def pages(self, frame, body):
        answers = [self.ask(frame)]
        while getattr(answers[-1], body).more:
            answers.append(self.next(body))
            check(answers[-1].id == self.ids, answers[-1])
        return answers

    def refusal(self, frame):
        """The Error that answers a request."""
        answer = self.ask(frame)
        check(answer.WhichOneof("body") == "error", answer)
        return answer.error

    def end(self):
        """What comes before the end of the stream."""
        frames = []
        while True:
            frame = self.receive()
            if frame is None:
                return frames
            frames.append(frame)

    def close(self):
        self.socket.close()


class Publisher(Connection):
    def __init__(self, connection, name, incarnation):
        super().__init__(connection.socket)
        self.name, self.incarnation, self.number = name, incarnation, 0
        self.kept = 0

    def next(self, *kinds):
        """The next frame but for a Ping, which is answered: a test may be slower than the hub is patient."""
        while True:
            frame = super().next(*kinds, *(("ping",) if kinds else ()))
            if frame.WhichOneof("body") != "ping":
                return frame
            self.send(pb.Frame(pong=pb.Pong(data=frame.ping.data)))

    def introduce(self, token=None):
        self.welcome = self.ask(pb.Frame(hello=pb.Hello(version=1, token=token or TOKEN + b" " + self.name.encode())))
        self.registered = self.ask(
            pb.Frame(register=pb.Register(publisher=self.name, incarnation=self.incarnation))
        ).registered
        self.number = self.registered.received

    def declare(self, *devices, removed=()):
        """Devices are names, or Device messages."""
        devices = [pb.Device(name=d) if isinstance(d, str) else d for d in devices]
        return self.ask(pb.Frame(declare=pb.Declare(devices=devices, removed=removed))).declared

    def event(self, device="scale", **body):
        self.number += 1
        return pb.Event(
            time=1700000000000000000 + self.number,
            publisher=self.name,
            incarnation=self.incarnation,
            number=self.number,
            device=device,
            **body
        )

    def reading(self, device="scale", key="", text="", **more):
        values = [pb.Value(tag="text", text=text)]
        return pb.Frame(event=self.event(device, reading=pb.Reading(key=key, values=values)), **more)

    def publish(self, *frames):
        self.send(*frames)

    def wait_kept(self, number=None):
        number = number or self.number
        while self.kept < number:
            self.kept = self.next("kept").kept.number


def events(c, n):
    """The next n events; of what else comes, Positions only."""
    got = []
    while len(got) < n:
        frame = c.next("event", "position")
        if frame.WhichOneof("body") == "event":
            got.append(frame)
    return got


def numbers(frames):
    return [f.event.number for f in frames]


def sizes(frames):
    return collections.Counter(f.WhichOneof("body") for f in frames)
