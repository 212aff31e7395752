#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the gateway is for, all at once: a GPS receiver on a pty, a scale behind TCP, a program's output; read by
dragoman watch and by a stock Python client."""

import json
import os
import pathlib
import re
import subprocess

from dragoman_test import BUILD, SOURCE, Process, check, main, program, wait_for
from gateway import Gateway

PROFILES = os.path.join(SOURCE, "adapters", "profiles")
PLUGINS = os.path.join(BUILD, "adapters", "nmea0183", ".libs")

CONFIG = """
gateway: bench
listen: {{tcp: [{{port: 0}}]}}
paths: {{plugins: [{plugins}], profiles: [{profiles}]}}
channels:
  roof:
    port: {{pty: {tty}}}
    devices: {{roof/gps: {{adapter: nmea0183}}}}
  yard:
    port: {{tcp: "127.0.0.1:{scale}"}}
    devices: {{yard/scale: {{profile: mt-sics}}}}
  clock:
    port: {{exec: [/bin/sh, -c, 'while :; do echo tick; sleep 0.2; done']}}
    link: {{delimiter: "\\n"}}
    devices: {{clock: {{adapter: raw, options: {{as: text}}}}}}
"""


def recording():
    """A recording of a receiver where there is one; else the vectors of the tree."""
    for top in [os.environ.get("DRAGOMAN_CAPTURES", ""), os.path.join(SOURCE, "..", "shared", "captures")]:
        path = pathlib.Path(top) / "gpsd" / "GPSmap-76S.log"
        if path.is_file():
            return path
    return pathlib.Path(SOURCE) / "tests" / "golden" / "nmea0183" / "fix.nmea"


def sentences():
    lines = [line.strip() for line in recording().read_bytes().splitlines()]
    return [line for line in lines if line.startswith(b"$")]


def start():
    program("dragoman")
    scale = Process([program("dragoman"), "simulate", "--listen-tcp", "127.0.0.1:0", "--set", "weight=12.5",
                     "--profiles", PROFILES, "mt-sics"], name="scale")
    port = int(scale.expect(r"127\.0\.0\.1:(\d+)").group(1))
    tty = os.path.abspath("gps")
    return Gateway(CONFIG.format(plugins=PLUGINS, profiles=PROFILES, tty=tty, scale=port)), tty, scale


def feed(tty):
    """What the receiver says, at the pace at which the line takes it."""
    wait_for(lambda: os.path.exists(tty), "the pty")
    fd = os.open(tty, os.O_WRONLY | os.O_NOCTTY)
    for line in sentences():
        os.write(fd, line + b"\r\n")
    return fd


def all_devices_are_watched_at_the_same_time():
    gateway, tty, scale = start()
    watch = Process([program("dragoman"), "watch", "--json", "--server", gateway.socket])
    wait_for(lambda: any(c.subscribed for c in gateway.status().clients), "the subscription")
    feed(tty)
    seen = lambda *needles: any(all(n in line for n in needles) for line in watch.log().splitlines())
    wait_for(lambda: seen('"roof/gps"', '"latitude"'), "a position")
    wait_for(lambda: seen('"yard/scale"', "12.5"), "a weight")
    wait_for(lambda: seen('"clock"', "tick"), "the program's output")
    for line in watch.whole_lines():
        json.loads(line)
    listed = subprocess.run([program("dragoman"), "list", "--server", gateway.socket], capture_output=True, text=True)
    for word in ("roof/gps", "yard/scale", "clock", "latitude", "weight"):
        check(word in listed.stdout, listed.stdout)
    watch.kill()
    gateway.stop()
    scale.kill()


def a_stock_python_client_reads_them_all():
    gateway, tty, scale = start()
    subprocess.run(["protoc", "-I" + os.path.join(SOURCE, "proto"), "--python_out=.", "dragoman/v1/dragoman.proto"],
                   check=True)
    address = re.search(r"listening on (127\.0\.0\.1:\d+)", gateway.log()).group(1)
    client = Process(["/usr/bin/python3", os.path.join(SOURCE, "examples", "python", "watch.py"), address],
                     env={**os.environ, "PYTHONPATH": os.getcwd()})
    wait_for(lambda: any(c.subscribed for c in gateway.status().clients), "the subscription")
    feed(tty)
    for what in (r"roof/gps latitude -?\d+\.\d+", r"yard/scale weight 12\.5", r"clock data tick"):
        wait_for(lambda: re.search(what, client.log()), what)
    client.kill()
    gateway.stop()
    scale.kill()


main(all_devices_are_watched_at_the_same_time, a_stock_python_client_reads_them_all)
