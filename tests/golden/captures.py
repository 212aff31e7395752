#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays recorded sessions of real receivers through the nmea0183 adapter and compares with what gpsd made of
them: NAME.log is what the receiver sent, NAME.log.chk repeats its sentences, each followed by gpsd's reports.
The recordings are gpsd's regression logs; they are looked for in $DRAGOMAN_CAPTURES, and as
shared/captures/gpsd beside the source tree or one of its parents."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

top = pathlib.Path(os.environ.get("top_srcdir", pathlib.Path(__file__).resolve().parents[2])).resolve()
build = pathlib.Path(os.environ.get("top_builddir", "."))

# What gpsd says and how far ours may be from it: it prints 9, 4, 3 places.
NEAR = {"latitude": ("lat", 2e-8), "longitude": ("lon", 2e-8), "altitude": ("altMSL", 6e-3),
        "speed": ("speed", 6e-4), "course": ("track", 6e-4)}
ATTITUDE = {"pitch": "pitch", "roll": "roll", "heading_magnetic": "mheading", "heading": "heading",
            "rate_of_turn": "rot"}


def find_captures():
    places = [pathlib.Path(os.environ["DRAGOMAN_CAPTURES"])] if os.environ.get("DRAGOMAN_CAPTURES") else []
    places += [d / sub for d in [top, *top.parents] for sub in ("../shared/captures", "shared/captures")]
    for place in places:
        for d in (place, place / "gpsd"):
            if d.is_dir() and list(d.glob("*.log.chk")):
                return sorted(d.glob("*.log.chk"))
    return []


def play(path):
    """The readings of each line: {line number: [(key, time, {tag: (value, quality)})]}."""
    out = subprocess.run([build / "tests/golden/golden", "nmea0183", "--dir", build / "adapters/nmea0183/.libs",
                          "--lines", path], capture_output=True, text=True, timeout=60)
    if out.returncode:
        sys.exit(f"FAIL: {path.name}: {out.stderr}")
    readings = {}
    for line in out.stdout.splitlines():
        number, key, rest = (line.split(" ", 2) + [""])[:3]
        if key in ("refused", "verdict"):
            continue
        time = re.match(r"@(\S+)", rest)
        values = {}
        for tag, value, quality in re.findall(r' ?([\w.-]+)=("[^"]*"|[^ !]*)(?:!([A-Z]+):)?', rest):
            values[tag] = (value, quality or "GOOD")
        readings.setdefault(int(number), []).append((key, time and time[1], values))
    return readings


def to_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def is_near(a, b, by, tag):
    off = abs(a - b)
    return min(off, 360 - off) <= by if tag in ("longitude", "course") else off <= by


def is_same_time(reading, tpv):
    return bool(reading[1] and tpv.get("time") and
                abs((to_time(reading[1]) - to_time(tpv["time"])).total_seconds()) < 0.0011)


def compare_values(name, number, reading, tpv, bad):
    """A reading and a report of the same moment. Returns how many values agree."""
    key, _, values = reading
    n = int(is_same_time(reading, tpv))
    for tag, (word, near) in NEAR.items():
        value, quality = values.get(tag, ("", "BAD"))
        if word not in tpv or not value or (word == "altMSL" and tpv["mode"] < 3):
            continue
        if is_near(float(value), tpv[word], near, tag):
            n += 1
        else:
            bad.append(f"{name}:{number}: {key} {tag} is {value}, gpsd has {tpv[word]}")
    return n


def compare_attitude(name, number, reading, lines, bad):
    """A reading and the attitude reports that directly follow its line."""
    n = 0
    for line in lines[number:]:
        if not line.startswith("{"):
            break
        report = json.loads(line)
        for tag, word in ATTITUDE.items():
            value = reading[2].get(tag, ("",))[0]
            if report["class"] != "ATT" or word not in report or not value:
                continue
            if abs(float(value) - report[word]) <= 6e-4:
                n += 1
            else:
                bad.append(f"{name}:{number}: {reading[0]} {tag} is {value}, gpsd has {report[word]}")
    return n


def compare(path):
    readings, bad, agreed = play(path), [], 0
    lines = path.read_bytes().decode("latin-1").split("\n")
    reports = {i: json.loads(line) for i, line in enumerate(lines, 1)
               if line.startswith('{"class":"TPV"')}
    for number, made in readings.items():
        agreed += sum(compare_attitude(path.name, number, r, lines, bad) for r in made)
        after = min((i for i in reports if i > number), default=None)
        if after is None:
            continue
        tpv = reports[after]
        directly = all(line.startswith("{") for line in lines[number:after])
        for reading in made:
            quality = reading[2].get("latitude", ("", "BAD"))[1]
            if reading[1] and tpv.get("time") and not is_same_time(reading, tpv):
                continue  # gpsd reports at the end of a cycle; this one is about the next
            if tpv.get("mode") == 1 and quality == "GOOD":
                bad.append(f"{path.name}:{number}: {reading[0]} has a good position, gpsd has no fix")
            if tpv.get("mode", 0) >= 2 and (directly or is_same_time(reading, tpv)):
                agreed += compare_values(path.name, number, reading, tpv, bad)
    return bad, agreed, sum(len(r) for r in readings.values())


def main():
    captures = find_captures()
    if not captures:
        print("SKIP: no recordings; set DRAGOMAN_CAPTURES to a directory with gpsd's regression logs")
        return 77
    failed = total = 0
    for path in captures:
        bad, agreed, made = compare(path)
        print(f"{path.name}: {made} readings, {agreed} values agree with gpsd, {len(bad)} do not")
        print("".join(f"  {line}\n" for line in bad[:20]), end="")
        failed += len(bad)
        total += agreed
    if not total:
        print("FAIL: nothing was compared")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
