# SPDX-License-Identifier: Apache-2.0
"""Plays dragoman-config, dragoman-hub or dragoman-channel for the tests of the supervisor, by the name it
is started under. What it does beyond its duty is said in its part of the configuration, a JSON object:

    "crash": SECONDS    end with SIGSEGV after so long            "mute": true      answer no ping
    "exit": STATUS      end at once, with some last words         "stubborn": true  do not finish when told
    "late": true        never say that it is ready                "leak": BYTES     take so much memory
    "orphan": true      live on without the supervisor
    "call": [IN, MAX]   be in a call for so long                  "nonsense": true  say some on the lifeline

The configuration itself is JSON, too: {"hub": PART, "channels": {NAME: PART}, and what setup() reads}.
"""

import json
import os
import select
import signal
import socket
import struct
import sys
import time


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def text(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def framed(payload):
    return varint(len(payload)) + payload


def fields(payload):
    """Field number -> value, of a message of varints and byte strings."""
    found, at = {}, 0

    def take_varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = payload[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(payload):
        key = take_varint()
        if key & 7 == 2:
            n = take_varint()
            found[key >> 3] = payload[at : at + n]
            at += n
        else:
            found[key >> 3] = take_varint()
    return found


class Lifeline:
    def __init__(self, fd):
        self.socket = socket.socket(fileno=fd)
        self.buffer = b""

    def say(self, payload):
        self.socket.sendall(framed(payload))

    def hear(self, timeout):
        """The messages that came, None at the end of file."""
        if not select.select([self.socket], [], [], timeout)[0]:
            return []
        came = self.socket.recv(65536)
        if not came:
            return None
        self.buffer += came
        messages = []
        while self.buffer and len(self.buffer) > self.buffer[0] and self.buffer[0] < 128:
            messages.append(fields(self.buffer[1 : 1 + self.buffer[0]]))
            self.buffer = self.buffer[1 + self.buffer[0] :]
        return messages


def options(argv):
    found = {}
    for arg in argv:
        key, _, value = arg.partition("=")
        found.setdefault(key, []).append(value)
    return found


def say(line):
    print(line, file=sys.stderr, flush=True)


# ---- dragoman-config ----


def setup(config):
    if "errors" in config:
        for line in config["errors"]:
            say(line)
        sys.exit(1)
    if "sleep" in config:
        time.sleep(config["sleep"])
    if "garbage" in config:
        return bytes.fromhex(config["garbage"])
    out = framed(text(1, text(1, config.get("run", "/nonexistent")) + text(2, config.get("user", "nobody"))
                      + text(3, config.get("group", "nogroup")) + number(4, config.get("mode", 0o660))
                      + number(5, config.get("log", 3))))
    for tcp in config.get("tcp", []):
        out += framed(text(2, text(1, tcp[0]) + number(2, tcp[1]) + number(3, len(tcp) > 2)))
    out += framed(text(3, text(1, "") + text(2, json.dumps(config.get("hub", {})))))
    channels = config.get("channels", {})
    for name, part in channels.items():
        out += framed(text(3, text(1, name) + text(2, json.dumps(part)) + number(3, part.get("limit", 0))))
    return out if config.get("cut") else out + framed(text(4, number(1, len(channels) + 1)))


def play_config(opts):
    with open(opts["--config"][0]) as f:
        out = setup(json.load(f))
    while out:
        out = out[os.write(int(opts["--parts"][0]), out) :]
    os._exit(0)


# ---- the hub and the channels ----


def misbehave(part, lifeline, started):
    if "crash" in part and time.monotonic() - started >= part["crash"]:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "exit" in part:
        say("these are my last words")
        os._exit(part["exit"])
    if part.pop("nonsense", None):
        lifeline.say(b"\xff\xff\xff")


def answer(part, lifeline, message, who):
    if 1 in message and not part.get("mute"):
        in_call, max_call = part.get("call", [0, 0])
        ping = fields(message[1])
        lifeline.say(text(21, number(1, ping.get(1, 0)) + number(2, in_call) + number(3, max_call)))
    if 2 in message and not part.get("stubborn"):
        say("%s: finished" % who)
        os._exit(0)
    for field, what in ((10, "started"), (11, "ended"), (12, "removed")):
        if field in message:
            told = fields(message[field])
            say("%s: told that %s %s %s" % (who, told[1].decode(), what,
                                            told[2].decode() if field == 11 else told[2].hex() if field == 10 else ""))


def play_child(who, opts):
    lifeline = Lifeline(int(opts["--lifeline"][0]))
    with open(int(opts["--part"][0])) as f:
        part = json.load(f)
    if "--token" in opts:
        with open(int(opts["--token"][0]), "rb") as f:
            say("%s: my token is %s" % (who, f.read().hex()))
    say("%s: inherited %s" % (who, " ".join(sorted(os.listdir("/proc/self/fd"), key=int))))
    say("%s: runs as %d:%d, no_new_privs %d, in group %d of %d, environment %s"
        % (who, os.getuid(), os.getgid(), open("/proc/self/status").read().count("NoNewPrivs:\t1"),
           os.getpgrp(), os.getpid(), " ".join(sorted(os.environ))))
    kept = bytearray(part.get("leak", 0))
    kept[::4096] = b"x" * len(kept[::4096])
    if not part.get("late"):
        lifeline.say(text(20, b""))
    started = time.monotonic()
    while True:
        misbehave(part, lifeline, started)
        messages = lifeline.hear(0.02)
        if messages is None and part.get("orphan"):
            time.sleep(60)
        if messages is None:
            os._exit(0)
        for message in messages:
            answer(part, lifeline, message, who)


def main():
    role, opts = os.path.basename(sys.argv[1]), options(sys.argv[2:])
    if role == "dragoman-config":
        play_config(opts)
    else:
        names = [key for key in opts if not key.startswith("--")]
        play_child(" ".join([role.replace("dragoman-", "")] + names), opts)


main()
