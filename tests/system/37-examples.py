#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example clients: Python and Node with their stock protobuf runtimes and the .proto, C with libdragoman.
Node also through the whole gateway, as 39 and 70 do it for the others."""

import os
import re
import signal
import subprocess

from dragoman_test import SOURCE, Process, check, main, program, wait_for
from gateway import COUNTER, Gateway, check_consecutive
from stock import PROTO, node_modules
from wire import Hub, pb

EXAMPLES = os.path.join(SOURCE, "examples")
PROTO_FILE = os.path.join(PROTO, "dragoman", "v1", "dragoman.proto")
PROFILES = os.path.join(SOURCE, "adapters", "profiles")

CONFIG = """
gateway: test
listen: {tcp: [{port: 0}]}
paths: {profiles: ["%s"]}
channels:
  yard:
    port: {tcp: "127.0.0.1:%s"}
    devices: {yard/scale: {profile: mt-sics}}
  counter:
    port: {exec: %s}
    link: {delimiter: "\\n"}
    devices: {count: {adapter: raw, options: {as: text}}}
"""


def expect_readings(args, server=lambda hub: "127.0.0.1:%d" % hub.port, env=None, cwd=None):
    """Runs a client against a hub; it must print what is published, and nothing else."""
    hub = Hub()
    p = hub.publisher()
    client = Process(args(server(hub)), env={**os.environ, **(env or {})}, cwd=cwd)
    wait_for(lambda: client.popen.poll() is not None or subscribed(hub), "the client's subscription")
    check(client.popen.poll() is None, client.log())
    values = [
        pb.Value(tag="weight", number=12.5),
        pb.Value(tag="stable", boolean=True),
        pb.Value(tag="count", integer=-3),
        pb.Value(tag="unit", text="kg"),
        pb.Value(tag="tare", quality=pb.QUALITY_BAD, reason="limit"),
    ]
    p.publish(pb.Frame(event=p.event(reading=pb.Reading(values=values))))
    client.expect("scale tare limit")
    lines = [line.lower() for line in client.log().splitlines()]
    check(
        lines == ["scale weight 12.5", "scale stable true", "scale count -3", "scale unit kg", "scale tare limit"],
        lines,
    )
    hub.stop()


def subscribed(hub):
    return any(c.subscribed for c in hub.status().clients)


def python_reads_with_its_stock_runtime():
    subprocess.run(["protoc", "-I" + PROTO, "--python_out=.", "dragoman/v1/dragoman.proto"], check=True)
    watch = os.path.join(EXAMPLES, "python", "watch.py")
    with open(watch) as f:
        code = [line for line in f if line.strip() and not line.startswith("#")]
    check(len(code) < 15, "%d lines" % len(code))
    expect_readings(lambda address: ["/usr/bin/python3", watch, address], env={"PYTHONPATH": os.getcwd()})


def node_home():
    return node_modules(os.path.join(EXAMPLES, "node", "watch.mjs"))


def node_reads_with_protobufjs():
    home = node_home()
    expect_readings(lambda address: ["node", "watch.mjs", address, PROTO_FILE], cwd=home)


def node_reads_every_device_of_a_whole_gateway():
    home = node_home()
    scale = Process(
        [program("dragoman"), "simulate", "--listen-tcp", "127.0.0.1:0", "--set", "weight=12.5", "--profiles", PROFILES]
        + ["mt-sics"],
        name="scale",
    )
    port = scale.expect(r"127\.0\.0\.1:(\d+)").group(1)
    gateway = Gateway(CONFIG % (PROFILES, port, COUNTER))
    address = re.search(r"listening on (127\.0\.0\.1:\d+)", gateway.log()).group(1)
    client = Process(["node", "watch.mjs", address, PROTO_FILE], cwd=home)
    wait_for(lambda: client.popen.poll() is not None or subscribed(gateway), "the client's subscription")
    client.expect(r"yard/scale weight 12\.5\n")
    counted = lambda: re.findall(r"^count data (\d+)\n", client.log(), re.M)
    wait_for(lambda: len(counted()) >= 100, "a hundred readings of the counter")
    check_consecutive(counted())
    gateway.stop()
    scale.kill()


KEPT = """
gateway: test
listen: {tcp: [{port: 0}]}
channels:
  counter:
    port: {exec: %s}
    link: {delimiter: "\\n"}
    devices: {count: {adapter: raw, options: {as: text}}}
"""
COUNT = re.compile(r'text: "(\d+)"')


def kill_in_turns(gateway, start, counted, rounds=8):
    """Kills hub and client again and again while the counter counts; what the client has at last."""
    client = start()
    for i in range(rounds):
        before = counted()
        wait_for(lambda: counted() > before or client.popen.poll() is not None, "more of the counter")
        check(client.popen.poll() is None, client.log())
        if i % 2:
            os.kill(gateway.last_pid("hub"), signal.SIGKILL)
            gateway.pid_of("hub")
        if i % 4 != 1:
            client.kill(signal.SIGKILL)
            client.end()
            client = start()
    last = counted()
    wait_for(lambda: counted() >= last + 50, "fifty more of the counter")
    client.kill(signal.SIGKILL)
    client.end()


def kept_gateway():
    gateway = Gateway(KEPT % COUNTER)
    return gateway, re.search(r"listening on (127\.0\.0\.1:\d+)", gateway.log()).group(1)


def python_keeps_each_event_once_over_kills():
    subprocess.run(["protoc", "-I" + PROTO, "--python_out=.", "dragoman/v1/dragoman.proto"], check=True)
    gateway, address = kept_gateway()
    args = ["/usr/bin/python3", os.path.join(EXAMPLES, "python", "keep.py"), "historian", "events.txt", address]

    def lines():
        if not os.path.exists("events.txt"):
            return []
        with open("events.txt") as f:
            return [line for line in f if line.endswith("\n")]

    counts = lambda: [int(n) for n in COUNT.findall("".join(lines()))]
    kill_in_turns(
        gateway,
        lambda: Process(args, env={**os.environ, "PYTHONPATH": os.getcwd()}),
        lambda: (counts() or [0])[-1],
    )
    gateway.stop()
    seqs = [int(line.split()[1]) for line in lines()]
    check(counts() == list(range(1, len(counts()) + 1)), counts())
    check(seqs == sorted(set(seqs)) and not any("reason: " in line and "first" in line for line in lines()), lines())


def node_keeps_its_place_over_kills():
    home = node_modules(os.path.join(EXAMPLES, "node", "keep.mjs"))
    gateway, address = kept_gateway()
    args = ["node", "keep.mjs", os.path.abspath("place.json"), address, PROTO_FILE]
    clients = []

    def start():
        clients.append(Process(args, cwd=home))
        return clients[-1]

    def said():
        """Of each line the publisher's number and the count, in the order in which they were said; what comes a second
        time, known by that number, left out."""
        found, last = [], 0
        for line in "".join("".join(c.whole_lines()) for c in clients).splitlines():
            check(not line.startswith("gap"), line)
            words = line.split()
            if words[0] == "counter" and words[-2] == "data" and int(words[2]) > last:
                last = int(words[2])
                found.append(int(words[-1]))
        return found

    kill_in_turns(gateway, start, lambda: (said() or [0])[-1])
    gateway.stop()
    check(said() == list(range(1, len(said()) + 1)), said())


def c_reads_with_libdragoman():
    watch = program("examples/c/watch")
    expect_readings(lambda address: [watch, address])
    expect_readings(lambda address: [watch, address], server=lambda hub: hub.path)


main(
    python_reads_with_its_stock_runtime,
    node_reads_with_protobufjs,
    node_reads_every_device_of_a_whole_gateway,
    python_keeps_each_event_once_over_kills,
    node_keeps_its_place_over_kills,
    c_reads_with_libdragoman,
)
