#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line against a hub: what each verb prints, for people and for programs, and its exit status."""

import json
import os
import re
import shutil
import struct
import subprocess

from dragoman_test import SOURCE, Process, check, main, program, wait_for, write
from wire import Hub, pb

DONE, FAILED, USAGE, NO_GATEWAY, NOTHING = range(5)

SCALE = pb.Device(
    name="hall2/scale",
    channel="bench",
    adapter="profile mt-sics",
    tags=[
        pb.Tag(name="weight", type=pb.TYPE_NUMBER, unit="kg"),
        pb.Tag(name="temperature", type=pb.TYPE_NUMBER, unit="Cel"),
        pb.Tag(name="mode", type=pb.TYPE_INTEGER, labels=[pb.Label(value=1, name="gross")]),
    ],
)


def dragoman(*args, status=DONE, env=None, path=None, **options):
    """Runs it and returns its output; what it says on standard error if it is to fail."""
    run = subprocess.run(
        [path or program("dragoman"), *args], capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}, **options
    )
    check(run.returncode == status, "%s: status %d\n%s%s" % (args, run.returncode, run.stdout, run.stderr))
    return run.stdout if status == DONE else run.stderr


def reading(p, weight, **more):
    values = [
        pb.Value(tag="weight", number=weight),
        pb.Value(tag="temperature", quality=pb.QUALITY_BAD, reason="over\x1b[31m range"),
        pb.Value(tag="mode", integer=1),
    ]
    return pb.Frame(event=p.event("hall2/scale", reading=pb.Reading(values=values)), **more)


class Watch(Process):
    """dragoman watch, subscribed."""

    def __init__(self, hub, *args):
        before = subscribers(hub)
        super().__init__([program("dragoman"), "watch", "--server", hub.path, *args])
        wait_for(lambda: subscribers(hub) > before, "the subscription of dragoman watch")

    def lines(self):
        return [json.loads(line) for line in self.whole_lines()]


def subscribers(hub):
    return sum(c.subscribed for c in hub.status().clients)


def watch_shows_aligned_lines():
    hub = Hub()
    p = hub.publisher(devices=(SCALE,))
    w = Watch(hub, "--count", "2")
    p.publish(reading(p, 12.5), reading(p, 1000))
    check(w.end() == DONE)
    date, *lines = w.log().splitlines()
    check(date == "-- 2023-11-14 --" and len(lines) == 6, w.log())
    check(lines[0].split()[1:] == ["hall2/scale", "weight", "12.5", "kg"], lines)
    check(lines[1].endswith("°C  bad: over\\x1b[31m range"), lines)
    check(lines[2].split()[-1] == "gross", lines)
    check(lines[0].index("kg") == lines[1].index("°C") == lines[3].index("kg"), lines)
    check("\x1b" not in w.log())
    hub.stop()


def watch_tells_json_programs_everything():
    hub = Hub()
    p = hub.publisher(devices=(SCALE,))
    w = Watch(hub, "--json", "--raw", "--count", "2")
    p.publish(pb.Frame(event=p.event("hall2/scale", raw=pb.Raw(direction=pb.Raw.RECEIVED, data=b"S S 12.5\r\n"))))
    p.publish(
        pb.Frame(event=p.event("hall2/scale", loss=pb.Loss(publisher="bench", count=3, reason="buffer full"))),
        pb.Frame(event=p.event("hall2/scale", state=pb.State(code=pb.State.STALE, reason="unplugged"))),
        reading(p, 12.5),
    )
    check(w.end() == DONE)
    # What the hub says itself of the new device may come before.
    got = {line["event"]: line for line in w.lines()}
    check(got["raw"]["data"] == "5320532031322e350d0a" and got["raw"]["direction"] == "received", got)
    check(got["loss"]["count"] == 3 and got["loss"]["reason"] == "buffer full", got)
    check(got["state"]["state"] == "stale" and got["state"]["reason"] == "unplugged", got)
    r = got["reading"]
    check(r["device"] == "hall2/scale" and r["live"] and r["time"].startswith("2023-11-14T22:13:20.0"), r)
    check(r["values"][0] == {"tag": "weight", "type": "number", "value": 12.5, "unit": "kg", "quality": "good"}, r)
    check(r["values"][1]["value"] is None and r["values"][1]["reason"] == "over\x1b[31m range", r)
    hub.stop()


def watch_shows_the_bytes_of_lines():
    hub = Hub()
    p = hub.publisher(devices=(pb.Device(name="$channel/bench"),))
    w = Watch(hub, "--raw", "--count", "1")
    p.publish(pb.Frame(event=p.event("$channel/bench", raw=pb.Raw(direction=pb.Raw.RECEIVED, data=b"AB\r"))))
    check(w.end() == DONE and "$channel/bench  < 41 42 0d  |AB.|" in w.log(), w.log())
    hub.stop()


def watch_begins_where_it_is_told():
    hub = Hub()
    p = hub.publisher(devices=(SCALE,))
    p.publish(*[reading(p, w) for w in range(10)])
    p.wait_kept()

    def weights(*args):
        out = dragoman("watch", "--server", hub.path, "--json", *args)
        lines = [line for line in map(json.loads, out.splitlines()) if line["event"] == "reading"]
        return [(line["seq"], line["values"][0]["value"], line["live"]) for line in lines]

    every = weights("--since", "earliest", "--count", "10")
    check([w for _, w, _ in every] == list(range(10)), every)
    check(weights("--since", str(every[6][0]), "--count", "3") == every[7:], every)
    check(weights("--snapshot", "--count", "1") == [(every[9][0], 9, False)])
    check(len(weights("--since", "2023-11-14T22:13:20Z", "--count", "4")) == 4)
    hub.stop()


def watch_selects():
    hub = Hub()
    p = hub.publisher(devices=(SCALE, "other"))
    w = Watch(hub, "--json", "--kinds", "readings", "--count", "1", "hall2/#")
    p.publish(p.reading("other"), reading(p, 1))
    check(w.end() == DONE and [line["device"] for line in w.lines()] == ["hall2/scale"], w.log())
    hub.stop()


def list_shows_the_catalogue():
    hub = Hub()
    p = hub.publisher(devices=(SCALE, "other"))
    p.publish(reading(p, 1))
    p.wait_kept()
    out = dragoman("list", "--server", hub.path)
    check("channel bench" in out and "hall2/scale (profile mt-sics) online" in out and "°C" in out, out)
    check(dragoman("list", "--server", hub.path, "hall2/#").startswith("channel bench\n  hall2/scale"))
    check(set(dragoman("list", "--names", "--server", hub.path).split()) == {"hall2/scale", "other"})
    devices = [json.loads(line) for line in dragoman("list", "--json", "--server", hub.path, "+/+").splitlines()]
    check([d["device"] for d in devices] == ["hall2/scale"], devices)
    check(devices[0]["tags"][0]["unit"] == "kg" and devices[0]["tags"][2]["labels"][0]["name"] == "gross", devices)
    check("no device" in dragoman("list", "--server", hub.path, "nowhere", status=NOTHING))
    hub.stop()


def get_shows_the_last_values():
    hub = Hub()
    p = hub.publisher(devices=(SCALE,))
    check("no reading" in dragoman("get", "--server", hub.path, "#", status=NOTHING))
    p.publish(reading(p, 1), reading(p, 2))
    p.wait_kept()
    rows = dragoman("get", "--server", hub.path, "hall2/scale").splitlines()
    check(rows[0].split() == ["DEVICE", "TAG", "VALUE", "UNIT", "AGE", "QUALITY"], rows)
    check(rows[1].split()[:4] == ["hall2/scale", "weight", "2", "kg"] and rows[1].endswith("good"), rows)
    p.close()
    wait_for(lambda: "stale: " in dragoman("get", "--server", hub.path, "#"), "a stale value")
    last = json.loads(dragoman("get", "--json", "--server", hub.path, "#"))
    check(last["stale"] and last["stale_reason"] and not last["live"], last)
    hub.stop()


def status_shows_who_is_there():
    hub = Hub()
    p = hub.publisher(devices=(SCALE,))
    p.publish(reading(p, 1))
    p.publish(pb.Frame(report=pb.Report(counters=[pb.Status.Counter(name="frames", value=7)])))
    p.wait_kept()
    out = dragoman("status", "--server", hub.path)
    check("hub process %d" % hub.pid in out and "stream in memory" in out, out)
    check("bench" in out and "frames 7" in out and "dragoman status" in out, out)
    objects = [json.loads(line) for line in dragoman("status", "--json", "--server", hub.path).splitlines()]
    check([o["event"] for o in objects] == ["hub", "publisher", "client", "client"], objects)
    check(objects[1]["counters"] == {"frames": 7} and objects[1]["connected"], objects)
    hub.stop()


def fill_store(hub, n):
    p = hub.publisher(devices=(SCALE,))
    p.publish(*[reading(p, w) for w in range(n)])
    p.wait_kept()
    return p


def the_store_is_shown():
    os.mkdir("data")
    hub = Hub(store="data/stream")
    fill_store(hub, 20)
    text = dragoman("store", "--server", hub.path)
    check(re.search(r"store: .* MiB of .* segments?; events .*-\d+, since ", text), text)
    check("0 durable subscribers" in text and "commits, the last in " in text, text)
    check(text.split(", since")[0] in dragoman("status", "--server", hub.path))
    live = json.loads(dragoman("store", "--json", "--server", hub.path))
    check(live["event"] == "store" and live["bytes"] <= live["size"] and live["newest"] >= live["oldest"] + 20, live)
    # The files of a running gateway, as they are.
    rest = json.loads(dragoman("store", "stat", "data/stream", "--json"))
    check(rest["newest"] == live["newest"] and rest["events"] >= 20 and rest["damaged"] == 0, (rest, live))
    check(rest["stream"] == hub.client().welcome.stream.hex(), rest)
    hub.stop()
    check("data/stream: " in dragoman("store", "stat", "data/stream"))
    check("all are readable" in dragoman("store", "verify", "data/stream"))
    table = dragoman("store", "segments", "data/stream").splitlines()
    check(table[0].split()[:3] == ["SEGMENT", "FROM", "TO"] and ".segment" in table[1], table)
    events = [json.loads(line) for line in dragoman("store", "dump", "data/stream").splitlines()]
    weights = [e["values"][0]["value"] for e in events if e["event"] == "reading"]
    check(weights == list(range(20)), weights)
    check([e["seq"] for e in events] == sorted({e["seq"] for e in events}), events)


def a_damaged_store_is_shown():
    os.mkdir("data")
    hub = Hub(store="data/stream")
    p = fill_store(hub, 5)
    p.publish(reading(p, 1000000.25))
    p.wait_kept()
    fill = [reading(p, w) for w in range(5)]
    p.publish(*fill)
    p.wait_kept()
    hub.stop()
    [segment] = [json.loads(line) for line in dragoman("store", "segments", "data/stream", "--json").splitlines()]
    with open(segment["file"], "r+b") as f:
        data = f.read()
        f.seek(data.index(struct.pack("<d", 1000000.25)))
        f.write(b"\xff")
    text = dragoman("store", "verify", "data/stream", status=FAILED)
    check("places are not readable" in text and "told so by a gap" in text, text)
    run = subprocess.run([program("dragoman"), "store", "verify", "--json", "data/stream"], capture_output=True, text=True)
    damage = json.loads(run.stdout.splitlines()[0])
    check(damage["event"] == "damage" and damage["file"] == segment["file"] and damage["offset"] < data.index(struct.pack("<d", 1000000.25)), damage)
    check("not readable" in dragoman("store", "stat", "data/stream"))


def a_store_that_is_not_there_is_told_with_what_helps():
    check("there is no store in" in dragoman("store", "stat", ".", status=FAILED))
    check('did you mean "store verify"' in dragoman("store", "verfy", status=USAGE))
    hub = Hub()
    check("dragoman.yaml(5)" in dragoman("store", "--server", hub.path, status=FAILED))
    hub.stop()


def wrong_places_are_told_before_there_is_a_connection():
    nowhere = ("--server", "./nowhere")
    check("earliest" in dragoman("watch", *nowhere, "--since", "yesterdy", status=USAGE))
    check("exclude each other" in dragoman("watch", *nowhere, "--since", "5min", "--snapshot", status=USAGE))
    check("--durable" in dragoman("watch", *nowhere, "--window", "5", status=USAGE))
    check("an age (7d)" in dragoman("watch", *nowhere, "--durable", "x", "--retain", "7x", status=USAGE))
    check("begins at a time" in dragoman("watch", *nowhere, "--durable", "x", "--since", "1-5", status=USAGE))
    check("remove needs a name" in dragoman("subscribers", "remove", *nowhere, status=USAGE))


def a_durable_watch_goes_on_where_it_ended():
    os.mkdir("data")
    hub = Hub(store="data/stream")
    p = hub.publisher(devices=(SCALE,))

    def weights(*args):
        out = dragoman("watch", "--server", hub.path, "--json", "--durable", "historian", *args)
        events = [json.loads(line) for line in out.splitlines()]
        return [e["values"][0]["value"] for e in events if e["event"] == "reading"]

    p.publish(*[reading(p, w) for w in range(10)])
    p.wait_kept()
    check(weights("--since", "earliest", "--count", "4") == [0, 1, 2, 3])
    check(weights("--window", "2", "--retain", "7d,100MiB", "--count", "4") == [4, 5, 6, 7])
    hub.stop()
    hub = Hub(store="data/stream")
    [entry] = [json.loads(line) for line in dragoman("subscribers", "--json", "--server", hub.path).splitlines()]
    check(entry["event"] == "subscriber" and entry["name"] == "historian" and not entry["connected"], entry)
    check(entry["retain_s"] == 7 * 86400 and entry["retain_bytes"] == 100 << 20 and entry["behind_bytes"] > 0, entry)
    w = Watch(hub, "--json", "--durable", "historian")
    wait_for(lambda: sum(line["event"] == "reading" for line in w.lines()) == 2)
    table = dragoman("subscribers", "--server", hub.path).splitlines()
    check(table[0].split()[:4] == ["NAME", "CLIENT", "PLACE", "BEHIND"] and table[1].startswith("historian "), table)
    # The second one takes over; the first one says so, and does not come back.
    other = Process([program("dragoman"), "watch", "--server", hub.path, "--durable", "historian"])
    check(w.end() == FAILED and "dragoman watch: " in w.log(), w.log())
    check(dragoman("subscribers", "remove", "historian", "--server", hub.path) == "removed\n")
    check(other.end() == FAILED and "removed" in other.log(), other.log())
    check("no durable subscribers" in dragoman("subscribers", "--server", hub.path))
    check("historian" in dragoman("subscribers", "remove", "historian", "--server", hub.path, status=FAILED))
    hub.stop()
    rest = json.loads(dragoman("store", "stat", "data/stream", "--json"))
    check(rest["places"] == {}, rest)
    hub = Hub()
    check("store" in dragoman("watch", "--server", hub.path, "--durable", "x", status=FAILED))
    hub.stop()


def a_missing_gateway_is_told_with_what_to_do():
    for verb in ("watch", "list", "get", "status"):
        text = dragoman(verb, "--server", "./nowhere.sock", *["#"][: verb == "get"], status=NO_GATEWAY)
        check("./nowhere.sock" in text and "is dragomand running" in text, text)
    check("./env.sock" in dragoman("list", env={"DRAGOMAN_SERVER": "./env.sock"}, status=NO_GATEWAY))
    check("no port" in dragoman("list", "--server", "plant:x", status=NO_GATEWAY))


def permission_refused_names_the_group():
    if os.geteuid() != 0:
        return
    hub = Hub()
    os.chmod(hub.path, 0o660)
    os.chown(hub.path, 0, 0)
    # A copy: nobody may have no way into the build directory.
    path = shutil.copy(program("dragoman"), os.path.abspath("copy"))
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    text = dragoman("list", "--server", hub.path, status=NO_GATEWAY, path=path, **nobody)
    check("permission denied" in text and "group root" in text, text)
    hub.client().close()  # by now it is up, and ends in order
    hub.stop()


def wrong_usage_is_told_with_the_nearest():
    check('did you mean "watch"' in dragoman("wach", status=USAGE))
    check("did you mean --count" in dragoman("watch", "--cuont", "1", status=USAGE))
    check("whole number" in dragoman("watch", "--count", "0", status=USAGE))
    check("needs a value" in dragoman("watch", "--count", status=USAGE))
    check("is no kind" in dragoman("watch", "--kinds", "reading", status=USAGE))
    check("usage: dragoman get PATTERN" in dragoman("get", status=USAGE))
    check("is too much" in dragoman("status", "x", status=USAGE))
    dragoman(status=USAGE)


def help_is_there_for_every_verb():
    verbs = dragoman("help", "--names").split()
    overview = dragoman("--help")
    for verb in verbs:
        text = dragoman(verb, "--help")
        check("usage: dragoman " + verb in text and "--server" in text, text)
        check(dragoman("help", verb) == text and "\n  " + verb in overview, verb)
    check(json.loads(dragoman("version", "--json"))["protocol"] == 1)
    check(dragoman("--version") == dragoman("version"))


GOOD = """
gateway: mill
channels:
  line:
    port: {tcp: "127.0.0.1:4001"}
    link: {delimiter: "\\n"}
    devices:
      scale: {adapter: raw}
"""

BAD = """
gatway: mill
channels:
  line:
    port: {tcp: "127.0.0.1:x"}
    devices:
      scale: {adapter: row}
"""


def the_manual_has_every_verb_and_option():
    with open(os.path.join(SOURCE, "man", "dragoman.1")) as f:
        manual = f.read()
    for verb in dragoman("help", "--names").split():
        check(".It Ic %s" % verb in manual, verb)
        for option in re.findall(r"^  --([a-z-]+)", dragoman(verb, "--help"), re.M):
            check("Fl -%s" % option in manual, "%s --%s" % (verb, option))


def the_manual_has_every_member_of_the_json():
    """Every key that the sources write stands in the manual, literally."""
    with open(os.path.join(SOURCE, "man", "dragoman.1")) as f:
        manual = f.read()
    for name in ("check.c", "event_json.c", "ports.c", "profile_decode.c", "profile_list.c", "profile_lock.c",
                 "profile_show.c",
                 "profile_test.c", "store.c"):
        with open(os.path.join(SOURCE, "src", "cli", name)) as f:
            keys = re.findall(r"(?:jsonl_\w+|put_\w+)\(&?j, \"(\w+)\"", f.read())
        for key in sorted(set(keys)):
            check(re.search(r"Ql %s\b" % key, manual), "%s of %s" % (key, name))


def check_finds_all_errors_in_one_run():
    write("good.yaml", GOOD)
    write("bad.yaml", BAD)
    check("good: 1 channels with 1 devices" in dragoman("check", "good.yaml"))
    check(json.loads(dragoman("check", "--json", "good.yaml")) == {"event": "good", "channels": 1, "devices": 1})
    text = dragoman("check", "bad.yaml", status=FAILED)
    check('bad.yaml:2:1: unknown key "gatway"' in text and 'did you mean "gateway"' in text, text)
    check("bad.yaml:5:" in text and "bad.yaml:7:" in text and "3 errors" in text, text)
    check("nowhere.yaml" in dragoman("check", "nowhere.yaml", status=FAILED))


def check_takes_profiles_too():
    scale = os.path.join(SOURCE, "adapters", "profiles", "mt-sics.yaml")
    check("mt-sics.yaml: good: Balances" in dragoman("check", scale))
    write("bad.yaml", "profile: 1\ntitel: x\n")
    write("good.yaml", GOOD)
    text = dragoman("check", "bad.yaml", "good.yaml", scale, status=FAILED)
    check("bad.yaml:2:1" in text and "title" in text, text)


def what_check_prints_is_a_configuration():
    write("good.yaml", GOOD)
    write("printed.yaml", dragoman("check", "--print", "good.yaml"))
    check(dragoman("check", "--print", "printed.yaml") == dragoman("check", "--print", "good.yaml"))


def a_warning_fails_a_strict_check():
    write("good.yaml", GOOD + "paths: {run: run/here}\n")
    dragoman("check", "good.yaml")
    check("--strict" in dragoman("check", "--strict", "good.yaml", status=FAILED))


def a_profile_that_proves_nothing_is_a_warning():
    write("thin.yaml", "profile: 1\ntitle: Thin\ntags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n")
    write("gateway.yaml", "channels: {line: {port: none, devices: {it: {profile: ./thin.yaml}}}}\n")
    said = subprocess.run([program("dragoman"), "check", "--json", "gateway.yaml"], stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    warnings = [line["text"] for line in lines if line["event"] == "warning"]
    check(said.returncode == 0 and any("has no tests" in text for text in warnings), said)
    check("--strict" in dragoman("check", "--strict", "gateway.yaml", status=FAILED))


def schema_is_json():
    check(json.loads(dragoman("schema"))["properties"]["gateway"])
    check(json.loads(dragoman("schema", "--channels"))["$schema"].endswith("2020-12/schema"))


def a_full_disk_is_a_failure():
    with open("/dev/full", "w") as full:
        run = subprocess.run([program("dragoman"), "help"], stdout=full, stderr=subprocess.PIPE, text=True)
    check(run.returncode == FAILED and "cannot write" in run.stderr, run)


main(
    watch_shows_aligned_lines,
    watch_tells_json_programs_everything,
    watch_shows_the_bytes_of_lines,
    watch_begins_where_it_is_told,
    watch_selects,
    list_shows_the_catalogue,
    get_shows_the_last_values,
    status_shows_who_is_there,
    the_store_is_shown,
    a_damaged_store_is_shown,
    a_store_that_is_not_there_is_told_with_what_helps,
    wrong_places_are_told_before_there_is_a_connection,
    a_durable_watch_goes_on_where_it_ended,
    a_missing_gateway_is_told_with_what_to_do,
    permission_refused_names_the_group,
    wrong_usage_is_told_with_the_nearest,
    help_is_there_for_every_verb,
    the_manual_has_every_verb_and_option,
    the_manual_has_every_member_of_the_json,
    check_finds_all_errors_in_one_run,
    check_takes_profiles_too,
    what_check_prints_is_a_configuration,
    a_warning_fails_a_strict_check,
    a_profile_that_proves_nothing_is_a_warning,
    schema_is_json,
    a_full_disk_is_a_failure,
)
