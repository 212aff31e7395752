#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Every event once in a file, whatever is killed meanwhile: the gateway keeps the place of this durable subscriber, which
# acknowledges what it has written. What comes again, because it was killed in between, is known by its number.
#	PYTHONPATH=. python3 keep.py historian events.txt 127.0.0.1:7531
import os, socket, sys, time
from dragoman.v1.dragoman_pb2 import ERROR_SHUTTING_DOWN, ERROR_STORAGE, Ack, Durable, Frame, Hello, Subscribe
from google.protobuf.internal.encoder import _VarintBytes

name, path, address = (sys.argv[1:] + ["historian", "events.txt", "127.0.0.1:7531"][len(sys.argv) - 1 :])[:3]


def send(stream, frame):
    stream.write(_VarintBytes(frame.ByteSize()) + frame.SerializeToString())
    stream.flush()


def take(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise ConnectionError("the gateway is gone")
    return data


def frames(stream):
    while True:
        head = take(stream, 1)
        while head[-1] & 0x80:
            head += take(stream, 1)
        yield Frame.FromString(take(stream, sum((byte & 0x7F) << 7 * i for i, byte in enumerate(head))))


def last_line(file):
    """The stream and the number of the last line that was written to its end; half a line goes."""
    data = file.read()
    file.truncate(data.rfind(b"\n") + 1)
    words = data[: data.rfind(b"\n") + 1].splitlines()[-1:]
    return (words[0].split()[0].decode(), int(words[0].split()[1])) if words else ("", 0)


def keep(file, stream, seq, text):
    file.write(("%s %d %s\n" % (stream, seq, text)).encode())
    file.flush()
    os.fsync(file.fileno())


def follow(connection, file, place):
    stream = ""
    send(connection, Frame(hello=Hello(version=1, name="keep.py")))
    send(connection, Frame(id=1, subscribe=Subscribe(durable=Durable(name=name, window=1000, earliest=True))))
    for frame in frames(connection):
        body, seq = frame.WhichOneof("body"), frame.seq or frame.position.seq or frame.gap.last
        if body == "error" and frame.error.code in (ERROR_SHUTTING_DOWN, ERROR_STORAGE):
            raise ConnectionError(frame.error.text)  # later, perhaps
        elif body == "error":
            sys.exit(frame.error.text)
        elif body == "subscribed":
            stream = frame.subscribed.stream.hex()
        elif body in ("event", "gap") and (stream != place[0] or seq > place[1]):
            keep(file, stream, seq, str(getattr(frame, body)).replace("\n", " "))
            place = (stream, seq)
        if body in ("event", "gap", "position"):
            send(connection, Frame(ack=Ack(seq=seq)))


while True:
    try:
        host, port = address.rsplit(":", 1)
        with open(path, "a+b") as file, socket.create_connection((host, int(port))) as s:
            file.seek(0)
            follow(s.makefile("rwb"), file, last_line(file))
    except OSError as error:
        print(error, file=sys.stderr)
        time.sleep(0.5)
