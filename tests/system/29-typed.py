#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiles as schemas: their locks and the .proto that comes from them."""

import glob
import os
import subprocess

from dragoman_test import SOURCE, check, main, program, skip, write

PROFILES = sorted(glob.glob(os.path.join(SOURCE, "adapters", "profiles", "*.yaml")))

PROFILE = """profile: 1
title: A scale
source: here
readings:
  net:
    description: what lies on it
    tags:
      weight: {type: number, unit: kg}
      state: {type: text, description: how it is}
      %s
  big-clock:
    tags: {weight: {type: number, unit: kg}, 24h.time: {type: integer}}
frames:
  net:
    text: 'N {weight:number} {state:choice(A|B)}'
    values: {state: {table: {A: at rest, B: "moving \\\"fast\\\"\\n"}}}
  big-clock: {text: 'C {weight:number} {24h.time:integer}'}
tests: [{received: "C 1 2", reading: big-clock, values: {weight: 1, 24h.time: 2}, source: {manual: page 1}}]
"""


def profile(*args, status=0):
    run = subprocess.run([program("dragoman"), "profile", *args], capture_output=True, timeout=60)
    check(run.returncode == status, "%s: status %d\n%s%s" % (args, run.returncode, run.stdout, run.stderr))
    return run.stdout.decode(errors="replace") if not status else run.stderr.decode()


def lock_lines(path="scale.lock"):
    with open(path) as f:
        return [line.strip() for line in f]


def every_shipped_profile_is_locked():
    profile("lock", "--check", *PROFILES)


def a_tag_keeps_its_number():
    write("scale.yaml", PROFILE % "tare: {type: number}")
    profile("lock", "scale.yaml")
    check("package: dragoman.profile.scale" in lock_lines() and "tare: 3 number" in lock_lines(), lock_lines())
    profile("lock", "--check", "scale.yaml")

    # It goes, and its number with it; what is new gets another one.
    write("scale.yaml", PROFILE % "gross: {type: number}")
    check("is behind" in profile("test", "--strict", "scale.yaml", status=1))
    check("behind" in profile("lock", "--check", "scale.yaml", status=1))
    profile("lock", "scale.yaml")
    check("3: tare number" in lock_lines() and "gross: 5 number" in lock_lines(), lock_lines())
    check("reserved 3;" in profile("proto", "scale.yaml"))

    # It comes back as something else, and then as it was.
    write("scale.yaml", PROFILE % "tare: {type: text}")
    profile("lock", "scale.yaml")
    check("tare: 6 text" in lock_lines() and "3: tare number" in lock_lines(), lock_lines())
    write("scale.yaml", PROFILE % "tare: {type: number}")
    profile("lock", "scale.yaml")
    check("tare: 3 number" in lock_lines() and "6: tare text" in lock_lines(), lock_lines())


def strict_wants_the_lock():
    write("free.yaml", PROFILE % "")
    check("has no lock" in profile("test", "--strict", "free.yaml", status=1))
    check("has no lock" in profile("proto", "free.yaml", status=1))
    run = subprocess.run([program("dragoman"), "check", "--strict", "free.yaml"], capture_output=True, timeout=60)
    check(run.returncode == 1 and b"has no lock" in run.stderr, run.stderr)


def a_lock_that_is_wrong_is_told_with_its_place():
    write("wrong.yaml", PROFILE % "")
    write("wrong.lock", "lock: 1\npackage: p\nfields:\n  weight: 1 number\n  state: 1 text\n  other: 19000 text\n")
    said = profile("lock", "wrong.yaml", status=1)
    check("wrong.lock:5:10: field number 1 stands twice" in said and "wrong.lock:6:10: expected" in said, said)


def names_that_protobuf_takes_for_one_are_refused():
    write("same.yaml", PROFILE % "We_ight: {type: number}")
    profile("lock", "same.yaml")
    check("the same name" in profile("proto", "same.yaml", status=1))


def compiled(path):
    """What protoc makes of the profile's .proto, and what we say it is."""
    try:
        from google.protobuf import descriptor_pb2
    except ImportError:
        skip("Python has no google.protobuf")
    name = os.path.basename(path)[: -len(".yaml")]
    write(name + ".proto", profile("proto", path))
    try:
        subprocess.run(["protoc", "-I.", "--descriptor_set_out=" + name + ".set", name + ".proto"], check=True)
    except FileNotFoundError:
        skip("protoc is not installed")
    with open(name + ".set", "rb") as f:
        theirs = descriptor_pb2.FileDescriptorSet.FromString(f.read())
    run = subprocess.run([program("dragoman"), "profile", "proto", "--descriptor", path], capture_output=True, check=True)
    return theirs, descriptor_pb2.FileDescriptorSet.FromString(run.stdout)


def expect_same(path):
    theirs, ours = compiled(path)
    check(len(theirs.file) == len(ours.file) == 1)
    check(ours.file[0].name.startswith("dragoman/profile/"), ours.file[0].name)
    theirs.file[0].name = ours.file[0].name
    for message in theirs.file[0].message_type:
        for field in message.field:
            field.ClearField("json_name")
    check(theirs == ours, "%s: protoc has\n%s\nand we have\n%s" % (path, theirs, ours))


def protoc_takes_every_profile_as_we_describe_it():
    for path in PROFILES:
        expect_same(path)
    write("names.yaml", PROFILE % "old: {type: data}")
    profile("lock", "names.yaml")
    write("names.yaml", PROFILE % "string: {type: boolean}")
    profile("lock", "names.yaml")
    expect_same("names.yaml")


def variants_have_fields_in_the_same_messages():
    write("family.yaml", (PROFILE % "mode: {type: text}") + """variants:
  large:
    readings:
      net: {tags: {mode: {type: integer}, tare: {}}}
      total: {tags: {total: {type: integer}}}
    frames: {total: {text: 'T {total:integer}'}}
""")
    profile("lock", "family.yaml")
    profile("lock", "--check", "family.yaml")
    proto = profile("proto", "family.yaml")
    for piece in ("optional string mode = 3;", "optional sint64 mode_sint64 = ", "optional double tare = ", "message Total {"):
        check(piece in proto, "%s is not in\n%s" % (piece, proto))
    expect_same("family.yaml")


def comments_have_units_and_names():
    write("scale.yaml", PROFILE % "")
    profile("lock", "scale.yaml")
    proto = profile("proto", "scale.yaml")
    for piece in (
        "// what lies on it\nmessage Net {",
        "  // Unit (UCUM): kg\n  optional double weight = 1;",
        '  // how it is\n  // One of "at rest", "moving \\"fast\\"\\x0a"\n  optional string state = 2;',
        "message BigClock {",
        "  // The tag 24h.time\n  optional sint64 t24h_time = ",
    ):
        check(piece in proto, "%s is not in\n%s" % (piece, proto))


main(
    every_shipped_profile_is_locked,
    a_tag_keeps_its_number,
    strict_wants_the_lock,
    a_lock_that_is_wrong_is_told_with_its_place,
    names_that_protobuf_takes_for_one_are_refused,
    protoc_takes_every_profile_as_we_describe_it,
    variants_have_fields_in_the_same_messages,
    comments_have_units_and_names,
)
