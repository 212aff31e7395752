#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Live readings with nothing but Python's protobuf runtime (Debian: python3-protobuf) and the .proto:
#	protoc -I proto --python_out=. dragoman/v1/dragoman.proto
#	PYTHONPATH=. python3 watch.py 127.0.0.1:7531
import socket, sys
from dragoman.v1.dragoman_pb2 import Frame, Hello, Subscribe
from google.protobuf.internal.encoder import _VarintBytes

host, port = (sys.argv[1:] or ["127.0.0.1:7531"])[0].rsplit(":", 1)
stream = socket.create_connection((host, int(port))).makefile("rwb")
for frame in Frame(hello=Hello(version=1, name="watch.py")), Frame(subscribe=Subscribe()):
    stream.write(_VarintBytes(frame.ByteSize()) + frame.SerializeToString())
stream.flush()
while head := stream.read(1):
    while head[-1] & 0x80:
        head += stream.read(1)
    event = Frame.FromString(stream.read(sum((byte & 0x7F) << 7 * i for i, byte in enumerate(head)))).event
    for value in event.reading.values:
        print(event.device, value.tag, getattr(value, value.WhichOneof("value") or "reason"), flush=True)
