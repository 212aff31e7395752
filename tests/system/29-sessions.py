#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A session with a device is closed before its line is, when the channel ends in order; and a device that is there
when its line is opened again is asked what it is."""

import os
import signal
import socketserver
import subprocess
import threading

from dragoman_test import Process, Supervisor, check, main, program, wait_for, write

PROFILE = r"""profile: 1
title: a device with a session
source: here
link: {delimiter: "\n"}
tags: {a: {}}
frames: {w: {text: 'W{a:number}'}, ok: {text: OK, means: yes}}
requests:
  login: {send: LOGIN, expect: [ok]}
  bye: {send: BYE, expect: [ok], timeout: 10s}
  off: {send: 'OFF'}
  w: {send: W, expect: [w], every: 50ms}
session: {open: [login], close: [bye, off]}
"""

FAMILY = r"""profile: 1
title: a family
source: here
link: {delimiter: "\n"}
readings: {id: {tags: {model: {type: text}}}, w: {tags: {a: {}}}, more: {tags: {e: {}}}}
frames: {id: {text: 'I{model}'}, w: {text: 'W{a:number}'}, more: {text: 'E{e:number}'}}
requests:
  id: {send: i, expect: [id]}
  w: {send: w, expect: [w], every: 50ms}
  more: {send: e, expect: [more], every: 50ms}
variants: {small: {title: small, readings: {more: ~}, frames: {more: ~}, requests: {more: ~}}, big: {title: big}}
identify: {request: id, tag: model, variants: {X1: small, X2: big}}
"""


class Device(socketserver.ThreadingTCPServer):
    """Hears lines, of one connection after the other; mute: what it does not answer."""

    daemon_threads = True

    def __init__(self, mute=()):
        self.heard, self.mute = [], mute
        super().__init__(("127.0.0.1", 0), Line)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def has(self, *lines):
        return lambda: [line for line in self.heard if line in lines] == list(lines)


class Line(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            text = line.decode().strip()
            self.server.heard.append(text)
            if text not in self.server.mute:
                self.wfile.write(b"W1\n" if text == "W" else b"" if text == "OFF" else b"OK\n")
        self.server.heard.append("closed")


def config(device, more=""):
    profile = write("./device.yaml", PROFILE)
    return write(
        "dragoman.yaml",
        "gateway: test\npaths: {run: %s}\nlisten: {tcp: []}\nchannels:\n  line:\n    port: {tcp: '127.0.0.1:%d'}\n"
        "    devices: {dev: {profile: %s%s}}\n"
        % (os.path.abspath("run"), device.server_address[1], os.path.abspath(profile), more),
    )


def gateway(device):
    g = Supervisor(config(device))
    wait_for(lambda: "W" in device.heard, "a request")
    return g


def it_is_closed_when_the_gateway_is_stopped():
    device = Device()
    gateway(device).stop()
    wait_for(lambda: "closed" in device.heard, "the end of the line")
    check(device.heard[-3:] == ["BYE", "OFF", "closed"] and device.heard.count("LOGIN") == 1, device.heard)


def it_is_closed_when_its_line_changes_and_opened_again():
    device = Device()
    g = gateway(device)
    config(device, more=", description: another word")
    g.kill(signal.SIGHUP)
    wait_for(device.has("LOGIN", "BYE", "OFF", "closed", "LOGIN"), "a new session, in %s" % device.heard)
    g.stop()
    wait_for(lambda: device.heard.count("closed") == 2, "the end of the line")
    check(device.heard.count("BYE") == 2, device.heard)


def a_device_that_says_nothing_to_it_is_left():
    device = Device(mute=("BYE",))
    g = gateway(device)
    g.stop()
    wait_for(lambda: "closed" in device.heard, "the end of the line")
    check(device.heard[-2:] == ["BYE", "closed"], device.heard)
    check("killing" not in g.log(), g.log())


def a_process_that_is_killed_closes_nothing():
    device = Device()
    g = Supervisor(config(device))
    pid = g.pid_of("channel line")
    wait_for(lambda: "W" in device.heard, "a request")
    os.kill(pid, signal.SIGKILL)
    wait_for(device.has("LOGIN", "closed", "LOGIN"), "a new session")
    check("BYE" not in device.heard, device.heard)
    g.stop()


def another_device_on_the_line_is_declared_anew():
    path, tty = os.path.abspath(write("./family.yaml", FAMILY)), os.path.abspath("tty")
    play = lambda model: Process([program("dragoman"), "simulate", path, "--set", "model=" + model, "--pty", tty], name=model)
    device = play("X2")
    wait_for(lambda: os.path.exists(tty), "the terminal")
    g = Supervisor(
        write(
            "dragoman.yaml",
            "gateway: test\npaths: {run: %s}\nlisten: {tcp: []}\nchannels:\n  line:\n    port: {tty: %s}\n"
            "    retry: {first: 50ms}\n    devices: {dev: {profile: %s}}\n" % (os.path.abspath("run"), tty, path),
        )
    )

    def tags():
        run = subprocess.run(
            [program("dragoman"), "get", "--server", g.socket, "#"], capture_output=True, text=True, timeout=60
        )
        return {line.split()[1]: line.split()[2] for line in run.stdout.splitlines()[1:] if line.startswith("dev ")}

    wait_for(lambda: set(tags()) == {"model", "a", "e"}, "all that the big one has")
    for model, has in (("X2", {"model", "a", "e"}), ("X1", {"model", "a"})):
        device.kill()
        device.end()
        wait_for(lambda: not os.path.exists(tty), "the end of the terminal")
        device = play(model)
        wait_for(lambda: tags().get("model") == model and set(tags()) == has, "what %s has" % model)
    check(g.log().count("it is the variant") == 2, g.log())
    g.stop()


main(
    it_is_closed_when_the_gateway_is_stopped,
    it_is_closed_when_its_line_changes_and_opened_again,
    a_device_that_says_nothing_to_it_is_left,
    a_process_that_is_killed_closes_nothing,
    another_device_on_the_line_is_declared_anew,
)
