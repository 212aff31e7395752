#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Devices that publish messages of their own type, read by stock protobuf runtimes: with generated classes, and by
reflection from the descriptors that the catalogue serves."""

import json
import os
import re
import subprocess
import sys

from dragoman_test import SOURCE, Process, check, main, program, skip, wait_for, write
from gateway import Gateway
from stock import PROTO, java_classes, node_modules
from wire import Hub, pb

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError:
    print("SKIP: Python has no google.protobuf")
    sys.exit(77)

TYPED = os.path.join(SOURCE, "tests", "system", "typed")
PROFILES = os.path.abspath(os.path.join(SOURCE, "adapters", "profiles"))
WEIGHT = "dragoman.profile.mt_sics.Weight"
PAYLOADS = ("values", "typed", "both")


class Scales:
    """A gateway with a simulated balance for each payload: scale/values, scale/typed, scale/both."""

    def __init__(self, **settings):
        config = "gateway: test\nlisten: {tcp: [{port: 0}]}\npaths: {profiles: ['%s']}\nchannels:\n" % PROFILES
        for payload in PAYLOADS:
            settings_of = {"weight": "12.5", "unit": "kg", "stable": "true", **settings.get(payload, {})}
            options = [o for pair in settings_of.items() for o in ("--set", "%s=%s" % pair)]
            args = ["simulate", "--profiles", PROFILES, "mt-sics", "--listen-tcp", "127.0.0.1:0"]
            device = Process([program("dragoman"), *args, *options], name="balance-" + payload)
            port = device.expect(r"127\.0\.0\.1:(\d+)").group(1)
            config += "  %s:\n    port: {tcp: '127.0.0.1:%s'}\n" % (payload, port)
            config += "    devices: {scale/%s: {profile: mt-sics, payload: %s}}\n" % (payload, payload)
        self.gateway = Gateway(config)
        wait_for(lambda: len(self.catalogue("scale/#").devices) == len(PAYLOADS), "the channels' devices")
        self.port = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.gateway.log()).group(1)

    def catalogue(self, *patterns):
        client = self.gateway.client()
        pages = client.pages(pb.Frame(browse=pb.Browse(patterns=patterns)), "catalogue")
        whole = pb.Catalogue()
        for page in pages:
            whole.MergeFrom(page.catalogue)
        client.close()
        return whole

    def weight(self, device):
        """The next reading of the weight."""
        subscriber = self.gateway.subscriber(device, kinds=[pb.KIND_READING])
        while True:
            frame = subscriber.next()
            if frame.WhichOneof("body") == "event" and frame.event.reading.key == "weight":
                subscriber.close()
                return frame.event.reading


def reflected(descriptors, name):
    """The class of a message, from an encoded FileDescriptorSet and nothing else."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))


def proto_file():
    """The .proto of the balance, as a user gets it."""
    run = subprocess.run(
        [program("dragoman"), "profile", "proto", "--profiles", PROFILES, "mt-sics"], capture_output=True, text=True, check=True
    )
    return write("mt_sics.proto", run.stdout)


def generated():
    subprocess.run(["protoc", "-I.", "--python_out=.", proto_file()], check=True)
    sys.path.insert(0, os.getcwd())
    try:
        import mt_sics_pb2
    finally:
        sys.path.pop(0)
    return mt_sics_pb2


def python_reads_both_ways():
    scales = Scales(both={"weight": "bad: overload"})
    catalogue = scales.catalogue("scale/#")
    check(len(catalogue.descriptors) == 1, "%d descriptors" % len(catalogue.descriptors))
    for make in (lambda: reflected(catalogue.descriptors[0], WEIGHT), lambda: generated().Weight):
        Weight = make()
        typed = scales.weight("scale/typed")
        check(not typed.values and typed.typed.type == WEIGHT and not typed.typed.qualities, typed)
        weight = Weight.FromString(typed.typed.message)
        check((weight.weight, weight.unit, weight.stable) == (12.5, "kg", True), weight)

        # What is not good is not in the message, and its quality is beside it, by the number of its field.
        both = scales.weight("scale/both")
        weight = Weight.FromString(both.typed.message)
        check(not weight.HasField("weight"), weight)
        quality = next(q for q in both.typed.qualities if q.field == Weight.DESCRIPTOR.fields_by_name["weight"].number)
        check((quality.quality, quality.reason) == (pb.QUALITY_BAD, "overload"), both)
        check({v.tag for v in both.values} == {"weight", "unit", "stable"}, both)
    check(not scales.weight("scale/values").HasField("typed"))
    scales.gateway.stop()


def the_catalogue_names_types_and_fields():
    scales = Scales()
    devices = {d.name: d for d in scales.catalogue("scale/#").devices}
    for payload in PAYLOADS:
        device = devices["scale/" + payload]
        key = next(k for k in device.keys if k.name == "weight")
        weight = next(t for t in device.tags if t.name == "weight")
        wanted = ("", 0) if payload == "values" else (WEIGHT, 1)
        check((key.type, weight.field) == wanted, device)
    check(len(scales.catalogue("scale/values").descriptors) == 0)
    check(len(scales.catalogue("scale/typed").descriptors) == 1)
    scales.gateway.stop()


def watch_and_get_show_values_of_messages():
    scales = Scales(typed={"stable": "false"})
    args = ["--server", scales.gateway.socket, "--json", "scale/typed"]
    watch = Process([program("dragoman"), "watch", *args])
    watch.expect(r'"key":"weight".*"tag":"unit","type":"text","value":"kg","quality":"good"')
    plain = Process([program("dragoman"), "watch", *(a for a in args if a != "--json")])
    plain.expect(r"scale/typed +weight +- .*uncertain: unstable\n.*scale/typed +unit +kg")
    listed = subprocess.run([program("dragoman"), "list", *args], capture_output=True, text=True, timeout=60)
    device = json.loads(listed.stdout)
    check({"key": "weight", "message_type": WEIGHT} in device["messages"], device)
    check([t["field"] for t in device["tags"] if t["tag"] == "weight"] == [1], device)
    run = subprocess.run([program("dragoman"), "get", *args], capture_output=True, text=True, timeout=60)
    readings = [json.loads(line) for line in run.stdout.splitlines()]
    weight = next(r for r in readings if r.get("key") == "weight")
    tags = {v["tag"]: v for v in weight["values"]}
    check(tags["unit"]["value"] == "kg" and tags["weight"]["quality"] == "uncertain", weight)
    check(weight["message_type"] == WEIGHT, weight)
    scales.gateway.stop()


def the_example_in_python_reads_by_reflection():
    subprocess.run(["protoc", "-I" + PROTO, "--python_out=.", "dragoman/v1/dragoman.proto"], check=True)
    scales = Scales()
    path = os.path.join(SOURCE, "examples", "python", "typed.py")
    client = Process(
        ["/usr/bin/python3", path, "127.0.0.1:" + scales.port], name="typed.py", env={**os.environ, "PYTHONPATH": os.getcwd()}
    )
    client.expect(r"scale/(typed|both) %s weight=12\.5 unit=kg stable=True\n" % re.escape(WEIGHT))
    client.kill()
    scales.gateway.stop()


def node_reads_both_ways():
    home = node_modules(os.path.join(SOURCE, "examples", "node", "typed.mjs"))
    proto, scales = os.path.abspath(proto_file()), Scales()
    dragoman = os.path.join(PROTO, "dragoman", "v1", "dragoman.proto")
    client = Process(["node", "typed.mjs", "127.0.0.1:" + scales.port, dragoman, "scale/typed", proto], cwd=home)
    line = re.escape('scale/typed %s {"weight":12.5,"unit":"kg","stable":true}\n' % WEIGHT)
    client.expect(line + line)  # by the .proto, and by the catalogue
    client.kill()
    scales.gateway.stop()


def java_reads_both_ways():
    proto_file()
    protos = [("dragoman/v1/dragoman.proto", PROTO), ("mt_sics.proto", ".")]
    classes = java_classes(os.path.join(TYPED, "Typed.java"), *protos)
    scales = Scales()
    client = Process(["java", "-XX:TieredStopAtLevel=1", "-cp", classes, "Typed", "127.0.0.1", scales.port, "scale/typed"])
    client.expect(r"generated 12\.5 kg true\nreflected weight=12\.5 unit=kg stable=true\n")
    client.kill()
    scales.gateway.stop()


def descriptors_are_kept_once_and_as_long_as_a_device_has_them():
    hub = Hub()
    p = hub.publisher(devices=())
    catalogue = lambda *patterns: [
        bytes(d)
        for page in client.pages(pb.Frame(browse=pb.Browse(patterns=patterns)), "catalogue")
        for d in page.catalogue.descriptors
    ]
    client = hub.client()

    def declare(descriptors, *names, refused=0):
        devices = [pb.Device(name=n) for n in names]
        answer = p.ask(pb.Frame(declare=pb.Declare(devices=devices, descriptors=descriptors)))
        check(len(answer.declared.refusals) == refused, answer)

    declare(b"one", "a/1", "a/2")
    declare(b"two", "b/1")
    declare(b"one", "c/1")
    check(catalogue() == [b"one", b"two"], catalogue())
    check(catalogue("b/#", "c/#") == [b"one", b"two"] and catalogue("b/#") == [b"two"])
    declare(b"", "b/1")
    check(catalogue() == [b"one"])
    p.declare(removed=["a/1", "a/2"])
    check(catalogue() == [b"one"] and catalogue("a/#") == [])
    large = b"x" * (256 << 10)
    declare(large, *("d/%d" % i for i in range(3)))
    declare(large[1:] + b"y", "e/1")
    check(catalogue() == [b"one", large, large[1:] + b"y"])
    declare(large + b"x", "f/1", refused=1)
    hub.stop()


def a_device_without_field_numbers_is_refused():
    write("free.yaml", "profile: 1\ntitle: Free\ntags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n")
    write("gateway.yaml", "channels: {line: {port: none, devices: {it: {profile: ./free.yaml, payload: typed}}}}\n")
    run = subprocess.run([program("dragoman"), "check", "gateway.yaml"], capture_output=True, text=True, timeout=60)
    check(run.returncode == 1 and "error" in run.stderr and "dragoman profile lock makes it" in run.stderr, run.stderr)
    write("raw.yaml", "channels: {line: {port: none, devices: {it: {adapter: raw, payload: both}}}}\n")
    run = subprocess.run([program("dragoman"), "check", "raw.yaml"], capture_output=True, text=True, timeout=60)
    check(run.returncode == 1 and "only a device with a profile" in run.stderr, run.stderr)


FAMILY = """profile: 1
title: A family
source: here
tags: {a: {}, b: {type: integer}}
frames: {f: {text: '{a:number} {b:integer}'}}
tests: [{received: '1 2', values: {a: 1, b: 2}, source: {manual: here}}]
variants:
  small: {tags: {a: {type: text}, b: ~, c: {}}, frames: {f: {text: '{a} {c:number}'}}}
  large: {tags: {c: {}}, frames: {f: {text: '{a:number} {b:integer} {c:number}'}}}
"""


def variants_have_the_same_messages():
    write("family.yaml", FAMILY)
    subprocess.run([program("dragoman"), "profile", "lock", "./family.yaml"], check=True, timeout=60)
    config = "gateway: test\nlisten: {tcp: [{port: 0}]}\nchannels:\n"
    for name, variant in (("s", "small"), ("l", "large"), ("x", "auto")):
        config += "  %s:\n    port: {pty: '%s'}\n" % (name, os.path.abspath("line-" + name))
        config += "    devices: {family/%s: {profile: ./family.yaml, payload: typed, options: {variant: %s}}}\n" % (name, variant)
    gateway = Gateway(config)
    catalogue = pb.Catalogue()

    def all_are_there():
        client = gateway.client()
        catalogue.Clear()
        for page in client.pages(pb.Frame(browse=pb.Browse(patterns=["family/#"])), "catalogue"):
            catalogue.MergeFrom(page.catalogue)
        client.close()
        return len(catalogue.devices) == 3

    wait_for(all_are_there, "the three devices")
    check(len(catalogue.descriptors) == 1, "%d descriptors" % len(catalogue.descriptors))
    numbers = {d.name: {t.name: t.field for t in d.tags} for d in catalogue.devices}
    check(numbers == {"family/s": {"a": 3, "c": 4}, "family/l": {"a": 1, "b": 2, "c": 4},
                      "family/x": {"a": 1, "b": 2}}, numbers)
    gateway.stop()


main(
    variants_have_the_same_messages,
    descriptors_are_kept_once_and_as_long_as_a_device_has_them,
    a_device_without_field_numbers_is_refused,
    python_reads_both_ways,
    the_catalogue_names_types_and_fields,
    watch_and_get_show_values_of_messages,
    the_example_in_python_reads_by_reflection,
    node_reads_both_ways,
    java_reads_both_ways,
)
