#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""doc/protocol.md: the bytes in it are what stands beside them, and its client works."""

import os
import re
import sys

from dragoman_test import SOURCE, Process, check, main
from wire import Hub, delimited, pb, split

with open(os.path.join(SOURCE, "doc", "protocol.md")) as f:
    PAGE = f.read()


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```$" % language, PAGE, re.M | re.S)


def scalar(field, value):
    if field.type == field.TYPE_STRING:
        return '"%s"' % value
    if field.type == field.TYPE_BYTES:
        return "%d bytes" % len(value)
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values_by_number[value].name
    if field.type == field.TYPE_BOOL:
        return "true" if value else "false"
    if field.type == field.TYPE_FIXED64 and 1 << 32 <= value < 1 << 40:
        return "%d x 2^32 + %d" % (value >> 32, value & 0xFFFFFFFF)
    return str(value)


def told(message):
    """What has to stand beside the fields of a message, in the order of their bytes."""
    for field, value in message.ListFields():
        for v in value if field.label == field.LABEL_REPEATED else [value]:
            if field.message_type:
                yield "%s: %s, %d bytes" % (field.name, field.message_type.name, v.ByteSize())
                yield from told(v)
            else:
                yield "%s = %s" % (field.name, scalar(field, v))


def each_block_is_what_stands_beside_it():
    check(len(blocks("hex")) > 10, "no blocks")
    for block in blocks("hex"):
        rows = [line.partition("|") for line in block.splitlines()]
        data = bytes.fromhex("".join(row[0] for row in rows))
        expected = []
        while data:
            payload, data = split(data)
            check(payload is not None, block)
            frame = pb.Frame.FromString(payload)
            check(len(delimited(frame)) == len(payload) + 1, block)
            expected += ["length: %d" % len(payload), *told(frame)]
        check([row[2].strip() for row in rows if row[1]] == expected, (block, expected))


def the_client_of_the_page_prints_events():
    hub = Hub()
    (code,) = blocks("python")
    with open("client.py", "w") as f:
        f.write(code.replace("7531", str(hub.port)))
    with open("dragoman_pb2.py", "w") as f:
        f.write(pb.SOURCE)
    client = Process([sys.executable, "-u", "client.py"])
    client.expect("subscribed")
    p = hub.publisher()
    p.publish(*[p.reading(text="number %d" % i) for i in range(3000)])
    client.expect('text: "number 2999"')
    client.kill()
    hub.stop()


main(each_block_is_what_stands_beside_it, the_client_of_the_page_prints_events)
