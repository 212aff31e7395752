#!/usr/bin/env python3
"""I: what a profile costs for a frame, beside reading the same fields by hand and by a regular expression, and gpsd's
cost for a sentence of NMEA 0183."""
import re
import resource
import subprocess

import benchlib as b
import peers

FRAME = re.compile(r"(profile|bare) +(\w+) .* ([\d.]+) ns an? (?:frame|sentence)")
CASES = {("profile", "template"): ("text", "profile"), ("profile", "pattern"): ("text", "profile-pattern"),
         ("bare", "PCRE2"): ("text", "pcre2"), ("bare", "strtod"): ("text", "raw"),
         ("profile", "binary"): ("binary", "profile"), ("bare", "bytes"): ("binary", "raw"),
         ("profile", "NMEA"): ("nmea", "profile"), ("bare", "NMEA"): ("nmea", "raw")}


def sentence(text):
    check = 0
    for c in text.encode():
        check ^= c
    return f"${text}*{check:02X}\r\n"


def sentences(epochs):
    """As decodeload sends them: a GGA and an RMC for each tenth of a second."""
    for t in range(epochs):
        time = f"{t // 36000 % 24:02d}{t // 600 % 60:02d}{t // 10 % 60:02d}.{t % 10}0"
        place = f"5321.{t % 9000:04d},N,00630.{9999 - t % 9000:04d},W"
        yield sentence(f"GPGGA,{time},{place},1,08,1.03,61.7,M,55.2,M,,")
        yield sentence(f"GPRMC,{time},A,{place},012.3,031.7,221126,,,A")


def cpu_of(argv, given):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(argv, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=90).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


def gpsd_ns(lines):
    """gpsd's own decoder as a filter: no tty, no client, JSON in place of protobuf. Its start is taken off."""
    start, _ = cpu_of(["gpsdecode"], lines[0].encode())
    took, out = cpu_of(["gpsdecode"], "".join(lines).encode())
    if out.count(b'"class":"TPV"') < len(lines) / 2 - 1:
        raise RuntimeError("gpsdecode has not understood all sentences")
    return (took - start) / len(lines) * 1e9


def main():
    p = b.arguments(__doc__, ["dragoman", "gpsdecode"])
    p.add_argument("--frames", type=int, default=1000000)
    p.add_argument("--epochs", type=int, default=50000, help="GGA+RMC pairs for gpsd")
    args = p.parse_args()
    f = b.Figures(args)
    names = b.selected(args)
    lines = list(sentences(args.epochs))
    for _ in range(args.runs):
        costs = {}
        if "dragoman" in names:
            argv = [peers.PROGRAMS / "bench/profile_bench", str(args.frames), peers.NMEA]
            out = subprocess.run(argv, stdout=subprocess.PIPE, text=True, timeout=300, check=True).stdout
            costs = {CASES[m[1], m[2]]: float(m[3]) for m in FRAME.finditer(out)}
        if "gpsdecode" in names:
            costs["nmea", "gpsd"] = gpsd_ns(lines)
        for (case, peer), ns in costs.items():
            f.add(f"profile-{case}", peer, "cost", ns, "ns/frame")
            f.add(f"profile-{case}", peer, "rate", 1e9 / ns, "frames/s/core")
        if ("nmea", "gpsd") in costs and ("nmea", "profile") in costs:
            f.add("profile-nmea", "profile", "of-gpsd", costs["nmea", "profile"] / costs["nmea", "gpsd"], "x")
    f.show()


if __name__ == "__main__":
    main()
