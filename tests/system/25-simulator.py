#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a simulated device puts on its line: with and without its link, by itself, and until it is acknowledged."""

import os
import socket

from dragoman_test import SOURCE, Process, check, main, program, write

PATIENCE = 60

RECORDS = """
profile: 1
title: A device that keeps its records
link: {ack: <ACK>, nak: <NAK>, resend: 100ms, link: {start_end: {start: <STX>, end: <ETX>, check: {algorithm: xor, place: after-end}}}}
tags: {weight: {type: number, typical: [5, 5]}}
frames:
  hello: {text: 'HELLO', means: nothing, on_connect: true, framed: false}
  weight: {text: 'W{weight:number(.1)}'}
requests:
  weight: {send: '?', expect: [weight], every: 1s}
"""


def simulate(profile, *options):
    device = Process(
        [program("dragoman"), "simulate", profile, "--listen-tcp", "127.0.0.1:0", *options],
        name="simulate-%d" % (len(os.listdir("."))),
    )
    port = int(device.expect(r"127\.0\.0\.1:(\d+)").group(1))
    s = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return device, s


def receive(s, expected):
    got = b""
    while len(got) < len(expected):
        piece = s.recv(len(expected) - len(got))
        check(piece, "the line was closed behind %r" % got)
        got += piece
    check(got == expected, "%r is not %r" % (got, expected))


def library(name):
    return os.path.join(SOURCE, "adapters", "profiles", name + ".yaml")


def a_meter_says_who_it_is_without_a_checksum():
    device, s = simulate(library("iskra-mt174"), "--set", "maker=ISk", "--set", "rate=5", "--set", "model=MT174-0002")
    s.sendall(b"/?!\r\n")
    receive(s, b"/ISk5MT174-0002\r\n")
    s.sendall(b"\x06050\r\n")
    data = b""
    while len(data) < 2 or data[-2] != 3:
        data += s.recv(4096)
    bcc = 0
    for byte in data[1:-1]:
        bcc ^= byte
    check(data[-1] == bcc, data)
    device.kill()


def a_device_greets_and_repeats_its_record_until_it_is_acknowledged():
    device, s = simulate(write("records.yaml", RECORDS))
    record = b"\x02W5.0\x03" + bytes([0x02 ^ 0x57 ^ 0x35 ^ 0x2E ^ 0x30])
    receive(s, b"HELLO")
    s.sendall(b"\x02?\x03" + bytes([0x02 ^ 0x3F]))
    receive(s, record)
    receive(s, record)  # silence
    s.sendall(b"\x15")
    receive(s, record)
    s.sendall(b"\x06\x02?\x03" + bytes([0x02 ^ 0x3F]))
    receive(s, record)
    s.sendall(b"\x06")
    device.kill()


main(
    a_meter_says_who_it_is_without_a_checksum,
    a_device_greets_and_repeats_its_record_until_it_is_acknowledged,
)
