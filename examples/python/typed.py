#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Messages of devices' own types (`payload: typed` in their configuration), without generated classes for them: what
# their fields are is said by the descriptors in the gateway's catalogue.
#	protoc -I proto --python_out=. dragoman/v1/dragoman.proto
#	PYTHONPATH=. python3 typed.py 127.0.0.1:7531
import socket, sys
from dragoman.v1.dragoman_pb2 import Browse, Frame, Hello, Subscribe
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.encoder import _VarintBytes

host, port = (sys.argv[1:] or ["127.0.0.1:7531"])[0].rsplit(":", 1)
stream = socket.create_connection((host, int(port))).makefile("rwb")
classes = {}


def send(frame):
    stream.write(_VarintBytes(frame.ByteSize()) + frame.SerializeToString())
    stream.flush()


def learn(descriptors):
    pool = descriptor_pool.DescriptorPool()  # one for each set: variants of a device may have the same names
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        pool.Add(file)
        for message in pool.FindFileByName(file.name).message_types_by_name.values():
            classes[message.full_name] = message_factory.MessageFactory(pool).GetPrototype(message)


send(Frame(hello=Hello(version=1, name="typed.py")))
send(Frame(browse=Browse()))
while head := stream.read(1):
    while head[-1] & 0x80:
        head += stream.read(1)
    frame = Frame.FromString(stream.read(sum((byte & 0x7F) << 7 * i for i, byte in enumerate(head))))
    for descriptors in frame.catalogue.descriptors:
        learn(descriptors)
    if frame.HasField("catalogue") and not frame.catalogue.more:
        send(Frame(subscribe=Subscribe()))
    typed = frame.event.reading.typed
    if typed.type in classes:
        fields = classes[typed.type].FromString(typed.message).ListFields()
        print(frame.event.device, typed.type, *("%s=%s" % (field.name, value) for field, value in fields), flush=True)
