#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dragoman profile: what its tools show of profiles, and of bytes."""

import json
import os
import pty
import re
import struct
import subprocess

from dragoman_test import SOURCE, Process, check, main, program, write
from gateway import Gateway
from wire import pb

PROFILES = os.path.join(SOURCE, "adapters", "profiles")
DONE, FAILED, USAGE, NOTHING = 0, 1, 2, 4


def profile(tool, *args, status=DONE):
    run = subprocess.run(
        [program("dragoman"), "profile", tool, "--profiles", PROFILES, *args], capture_output=True, text=True, timeout=60
    )
    check(run.returncode == status, "%s: status %d\n%s%s" % (args, run.returncode, run.stdout, run.stderr))
    return run.stdout if status in (DONE, FAILED) and run.stdout else run.stderr


def objects(*args, **more):
    return [json.loads(line) for line in profile(*args, "--json", **more).splitlines()]


def expect(text, *pieces):
    for piece in pieces:
        check(piece in text, "%s is not in\n%s" % (piece, text))


def a_text_is_taken_apart():
    said = profile("decode", "mt-sics", "S D     129.02 g\\r\\n")
    expect(said, "received 16 bytes: frame stable", "number(10)", "20 20 20 20 31 32 39 2e 30 32", "uncertain: unstable")
    (frame,) = objects("decode", "mt-sics", "S S     100.00 g\\r\\n")
    (reading,) = frame["readings"]
    check(frame["frame"] == "stable" and reading["reading"] == "weight" and frame["verdict"] == "taken", frame)
    weight = [f for f in frame["fields"] if f.get("field") == "weight"][0]
    check(weight["offset"] == 4 and weight["type"] == "number(10)" and weight["value"] == "100", weight)
    check({"tag": "stable", "value": True, "quality": "good"} in reading["values"], frame)


def binary_is_taken_apart():
    said = profile("decode", "sds011", "aa", "c0", "d4 04 3a 0a a1 60 1d ab")
    expect(said, "frame dust", "u16, little", "1236", "123.6", "µg/m³")
    (refused,) = objects("decode", "sds011", "aa c0 d4 04 3a 0a a1 60 1c ab", status=FAILED)
    check(refused["verdict"] == "bad check", refused)
    check(refused["problem"] == "expected 1d (sum8 over bytes 2 to 7), found 1c", refused)
    said = profile("decode", "sds011", "aa c0 d4 04 3a 0a a1 60 1c ab", status=FAILED)
    expect(said, "expected 1d (sum8 over bytes 2 to 7), found 1c")
    said = profile("decode", "honeywell-hpm", "40 05 04 00 30 00 31 57", status=FAILED)
    expect(said, "check; nearest is frame dust", "at byte 7: expected 56 (sum8-twos over bytes 0 to 6); found 57")
    bits = profile("decode", "--payload", "--hex", "voltronic-ups", "51", status=FAILED)
    expect(bits, "received 1 bytes")


def where_it_fails_and_why():
    said = profile("decode", "mt-sics", "S S   10\\r\\n", status=FAILED)
    expect(said, "short; nearest is frame wide", "at byte 8: expected", "found the end")
    (frame,) = objects("decode", "mt-sics", "S S   1x.00 g\\r\\n", status=FAILED)
    check(frame["verdict"] != "taken" and frame["failed_at"] == 7 and frame["expected"] == '" "', frame)
    expect(profile("decode", "mt-sics", "what\\r\\n", status=FAILED), "no kind of frame begins like this")


def the_link_may_be_left_out():
    said = profile("decode", "mt-sics", "I4 A \"B525\"")
    expect(said, "the link makes no frame of it", "frame serial_number", "B525")
    expect(profile("decode", "mt-sics", "--payload", "ES"), "frame not_understood, which means error: not understood")


def packet(direction, data, number):
    body = struct.pack(">IIBBH", 0, number, direction, 0, 0) + data
    padded = body + b"\0" * (-len(body) % 4)
    length = 32 + len(padded)
    return struct.pack("<IIIIIII", 6, length, 0, 0, number, len(body), len(body)) + padded + struct.pack("<I", length)


def capture(path, *packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28))
        f.write(struct.pack("<IIHHII", 1, 20, 250, 0, 0, 20))
        for number, (direction, data) in enumerate(packets):
            f.write(packet(direction, data, number))
    return path


SENT, RECEIVED = 1, 2


PAGE = """profile: 1
title: A logger
link: {fixed: 15}
readings: {archive: {tags: {t: {unit: Cel}, battery: {unit: V}}}}
frames:
  page:
    reading: archive
    each: true
    bytes: [{field: battery, type: u8}, {repeat: [{field: at, type: u32}, {field: t, type: i16}, {skip: 1}], max: 5}]
    time: {ticks: at}
    values: {t: {scale: 0.1}, battery: {scale: 0.1}}
variants:
  fine: {frames: {page: {values: {t: {scale: 0.01}}}}}
"""


def each_element_is_a_reading_with_its_time():
    write("logger.yaml", PAGE)
    data = "0c 00 00 00 0a 00 64 00 00 00 00 14 00 65 01"
    (frame,) = objects("decode", "./logger.yaml", data)
    first, second = frame["readings"]
    check(first["device_time"].startswith("1970-01-01T00:00:10"), first)
    check(second["device_time"].startswith("1970-01-01T00:00:20"), second)
    check({"tag": "t", "value": 10, "unit": "Cel", "quality": "good"} in first["values"], first)
    (frame,) = objects("decode", "./logger.yaml", "--variant", "fine", data)
    check({"tag": "t", "value": 1, "unit": "Cel", "quality": "good"} in frame["readings"][0]["values"], frame)
    expect(profile("decode", "./logger.yaml", data), "of 1970-01-01 ", "°C")
    expect(profile("decode", "./logger.yaml", "--variant", "fien", data, status=FAILED), "fine")


def what_was_sent_is_read_as_the_device_reads_it():
    """Its frames start otherwise, and its acknowledgements are no frames."""
    meter = capture("meter.pcapng", (SENT, bytes.fromhex("803f0235e90d")), (RECEIVED, bytes.fromhex("403f0201234567e9560d")))
    sent, received = objects("decode", "kamstrup-kmp", "--capture", meter)
    check((sent["direction"], sent["frame"]) == ("sent", "serial"), sent)
    check(received["readings"][0]["values"][0]["value"] == 19088743, received)
    controller = capture(
        "controller.pcapng",
        (SENT, bytes.fromhex("100209000100010011000210 03e2".replace(" ", ""))),
        (RECEIVED, bytes.fromhex("100610020009410001 00ffff1003b7".replace(" ", ""))),
        (SENT, bytes.fromhex("1006")),
    )
    options = ["--variant", "bcc", "--parameter", "station=9", "--parameter", "cif_address=17", "--parameter", "cif_bytes=2"]
    frames = objects("decode", "allen-bradley-df1", *options, "--capture", controller)
    check([f["frame"] for f in frames] == ["cif", "cif"], frames)


def a_capture_is_decoded_both_ways():
    path = capture(
        "balance.pcapng", (SENT, b"SI\r\n"), (RECEIVED, b"S S   "), (RECEIVED, b"  100.00 g\r\nI4 A"), (RECEIVED, b' "7"\r\n')
    )
    sent, weight, serial = objects("decode", "mt-sics", "--capture", path)
    check((sent["direction"], sent["frame"]) == ("sent", "weight"), sent)
    check(weight["readings"][0]["values"][0] == {"tag": "weight", "value": 100, "quality": "good"}, weight)
    check(serial["readings"][0]["values"][0]["value"] == "7", serial)
    brief = profile("decode", "mt-sics", "--readings", "--capture", path)
    check("OFFSET" not in brief and "weight  100" in brief, brief)
    with open("balance.pcapng", "rb") as f:
        whole = f.read()
    with open("cut.pcapng", "wb") as f:
        f.write(whole[:-3])
    expect(profile("decode", "mt-sics", "--capture", "cut.pcapng", status=FAILED), "frame stable")
    expect(profile("decode", "mt-sics", "--capture", capture("empty.pcapng"), status=NOTHING), "no frame")


def test_takes_captures_and_says_json():
    path = capture("ups.pcapng", (SENT, b"SI\r\n"), (RECEIVED, b"S S     100.00 g\r\nnonsense\r\n"))
    said = profile("test", "--capture", path, "mt-sics", status=FAILED)
    expect(said, "sent 2 bytes: request weight", "weight  100", "no kind of frame begins like this")
    (good,) = objects("test", "mt-sics")
    check(good["good"] and good["failed"] == 0 and good["passed"] > good["unproven"] > 0, good)


def a_line_that_was_recorded_is_decoded():
    args = ["simulate", "--profiles", PROFILES, "mt-sics", "--listen-tcp", "127.0.0.1:0", "--set", "weight=12.5", "--set", "unit=kg"]
    port = Process([program("dragoman"), *args], name="balance").expect(r"127\.0\.0\.1:(\d+)").group(1)
    config = "gateway: test\nlisten: {tcp: []}\npaths: {profiles: ['%s']}\nchannels:\n  line:\n" % PROFILES
    config += "    port: {tcp: '127.0.0.1:%s'}\n    capture: %s\n" % (port, os.path.abspath("line.pcapng"))
    gateway = Gateway(config + "    devices: {scale: {profile: mt-sics}}\n")
    subscriber = gateway.subscriber("scale", kinds=[pb.KIND_READING], snapshot=True)
    seen = set()
    while not seen >= {"weight", "device"}:  # the balance's serial number is asked for once
        frame = subscriber.next("event", "snapshot", "snapshot_end")
        event = frame.snapshot.event if frame.HasField("snapshot") else frame.event
        seen.add(event.reading.key)
    gateway.stop()
    frames = objects("decode", "mt-sics", "--capture", "line.pcapng")
    asked = [f["frame"] for f in frames if f["direction"] == "sent"]
    check(asked[0] == "weight" and "serial_number" in asked, asked)
    weights = [f["readings"][0]["values"][0]["value"] for f in frames if f.get("frame") == "stable"]
    check(weights and set(weights) == {12.5}, frames)


def a_plain_file_is_what_the_device_said():
    write("terminal.log", "S S     100.00 g\r\nS +\r\n")
    check([f["frame"] for f in objects("decode", "mt-sics", "--capture", "terminal.log")] == ["stable", "overload"])


def show_tells_what_is_sent_and_expected():
    said = profile("show", "sds011")
    expect(said, "maker     Nova Fitness", "frames\n  dust: reading dust", "3-4    2       pm10    u16, little  pm10 in ug/m3")
    said = profile("show", "mt-sics")
    expect(said, "requests\n  weight: every 1 s; answered by stable", "constant  SI", "not_understood: error: not understood")
    for path in sorted(os.listdir(PROFILES)):
        if path.endswith(".yaml"):
            parts = objects("show", path[: -len(".yaml")])
            check({p["event"] for p in parts} >= {"frame", "tag"}, path)
            check(all(p["field"] for p in parts if p["event"] == "tag"), path)


def the_library_is_listed_and_searched():
    names = {p["name"] for p in objects("list")}
    check(names >= {"mt-sics", "sds011"} and len(names) == len(os.listdir(PROFILES)) // 2, names)
    check({p["name"] for p in objects("search", "mettler", "SICS")} == {"mt-sics"})
    check("sds011" in {p["name"] for p in objects("search", "sds021")}, "by model")
    check({p["category"] for p in objects("search", "scale", "ohaus")} == {"scale"}, "by category")
    expect(profile("search", "fine", "dust"), "sds011", "Fine dust (PM2.5) sensors")
    profile("search", "no such device at all", status=NOTHING)


def a_page_has_all_of_it():
    page = profile("doc", "mt-sics")
    expect(
        page,
        "# Balances and scales that speak MT-SICS",
        "| maker | Mettler-Toledo |",
        "device: {profile: mt-sics}",
        "### `weight`: the net weight",
        "| `weight` | number |  | 1 | net weight, in what \\`unit\\` says |",
        "## What it is asked",
        "### `not_understood`\n\nerror: not understood",
    )
    check(re.search(r"\n\d+ tests in the profile: \d+ on bytes of a manual; .*another implementation\.\n$", page), page)
    names = [p["name"] for p in objects("list")]
    os.mkdir("pages")
    profile("doc", "--output", "pages")
    check(sorted(os.listdir("pages")) == sorted(n + ".md" for n in names + ["index"]))
    with open("pages/index.md") as f:
        index = f.read()
    check(sorted(re.findall(r"^\| \[(\S+)\]\(\1\.md\) \|", index, re.M)) == sorted(names), index)
    check(index.startswith("# Devices\n\n%d profiles; " % len(names)), index)
    expect(profile("doc"), "\n## Scales and balances\n", "| `mt-sics` | ")
    for name in names:
        with open("pages/%s.md" % name) as f:
            rows = [line for line in f if line.startswith("|")]
        cells = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
        check(cells and min(cells) >= 3, "%s: %s" % (name, rows[cells.index(min(cells))]))


def new(*args, **more):
    return profile("new", *args, **more)


def what_new_writes_passes_its_tests():
    said = new("scale", "--yes", "--title", "A scale", "--ask", "W", "--answer", "ST,+0012.50 kg", "--tags", "weight:kg")
    expect(said, "./scale.yaml: written", "./scale.lock: written", "good: 2 tests passed")
    said = profile("decode", "./scale.yaml", "ST,-0003.25 kg\\r\\n")
    expect(said, "number(+08.2)", "weight  -3.25  kg")
    new("scale", "--yes", "--answer", "1", status=FAILED)  # nothing is written over
    with open("scale.yaml") as f:
        check("A scale" in f.read())
    for name, answer in (
        ("climate", "T  21.4 H 40% x{2}[3] <STX> 'quoted' \\\\ -5 12345678901234567890 1.5E+03"),
        ("words", "no number at all"),
        ("one", "7"),
    ):
        expect(new(name, "--yes", "--answer", answer, "--end", "<CR>"), "good: 1 tests passed")
    said = new("mount", "--yes", "--ask", "E#", "--answer", "34AB,12CE#", "--end", "#")  # copied with its end
    expect(said, "good: 2 tests passed")
    said = new("page33", "--yes", "--ask", "W\\r", "--answer", "ST,+  12.50 kg\\r\\n", "--tags", "weight:kg")
    expect(said, "good: 2 tests passed")
    expect(profile("decode", "./page33.yaml", "ST,-   3.25 kg\\r\\n"), "number(+8.2)", "weight  -3.25  kg")
    with open("page33.yaml") as f:
        expect(f.read(), "send: '\\r'", "sent: 'W\\r'\n")
    expect(profile("decode", "./mount.yaml", "34AC,12CE#"), "hex(4)", "value_1  13484")
    said = new("sensor", "--yes", "--kind", "binary", "--ask", "ff 01 86", "--answer", "ff 86 02 20 00 00 00 00 58")
    expect(said, "good: 2 tests passed")
    expect(new("byte", "--yes", "--kind", "binary", "--answer", "aa"), "good: 1 tests passed")
    expect(new("none", "--yes", status=USAGE), "--answer BYTES")
    expect(new("bad", "--yes", "--answer", "1 2", "--tags", "a,a", status=USAGE), "two values have the name a")


def new_asks_on_a_terminal():
    answers = ["A scale", "", "BX60, BX120", "BX60 manual, page 33", "7E1", "", "", "W", "ST,+0012.50 kg", "weight:kg"]
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [program("dragoman"), "profile", "new", "asked", "--baud", "4800"], stdin=theirs, stdout=subprocess.PIPE, text=True
    )
    os.close(theirs)
    os.write(ours, "".join(a + "\n" for a in answers).encode())
    said, _ = run.communicate(timeout=60)
    os.close(ours)
    expect(said, "What is it, in one line [A device]: ", "What is +0012.50 (name, or name:unit) [value_1]: ", "good: 2 tests")
    check("Bits a second" not in said, said)
    shown = profile("show", "./asked.yaml")
    expect(shown, "models    BX60, BX120", "baud: 4800, format: 7E1", "weight in kg")


def a_tool_or_an_option_that_is_none_is_refused():
    expect(profile("shwo", "mt-sics", status=USAGE), 'did you mean "profile show"?')
    expect(profile("show", "--check", "mt-sics", status=USAGE), "profile show has no option --check")
    expect(profile("decode", "mt-sics", status=USAGE), "either bytes or --capture")
    expect(profile("show", "mt-sicks", status=FAILED), "did you mean mt-sics?")
    expect(profile("search", "xyzzy", status=NOTHING), "no profile matches")
    os.mkdir("none")
    run = subprocess.run([program("dragoman"), "profile", "search", "--profiles", "none", "x"], capture_output=True, text=True)
    expect(run.stderr, "no profile")
    write("twice.yaml", "profile: 1\ntitle: x\nlink: raw\ntags: {a: {}}\ntags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n")
    run = subprocess.run([program("dragoman"), "profile", "test", "./twice.yaml"], capture_output=True, text=True)
    check(run.returncode == FAILED, run.stdout)
    expect(run.stderr, './twice.yaml:5:1: "tags" stands here twice; first in line 4')


main(
    a_text_is_taken_apart,
    binary_is_taken_apart,
    where_it_fails_and_why,
    the_link_may_be_left_out,
    each_element_is_a_reading_with_its_time,
    what_was_sent_is_read_as_the_device_reads_it,
    a_capture_is_decoded_both_ways,
    a_line_that_was_recorded_is_decoded,
    a_plain_file_is_what_the_device_said,
    test_takes_captures_and_says_json,
    show_tells_what_is_sent_and_expected,
    the_library_is_listed_and_searched,
    a_page_has_all_of_it,
    what_new_writes_passes_its_tests,
    new_asks_on_a_terminal,
    a_tool_or_an_option_that_is_none_is_refused,
)
