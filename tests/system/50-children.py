#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The supervisor and its children, played by fake_child.py: what they inherit, how they end, and what is
done about it."""

import json
import os
import re
import signal

from dragoman_test import Supervisor, check, fake_libexec, is_alive, main, wait_for, write

FAST = ("--ping-ms=50", "--answer-ms=300", "--finish-ms=1000", "--restart-first-ms=20", "--restart-most-ms=100")


def configure(**config):
    return write("config.json", json.dumps(config))


def start(*options, **config):
    return Supervisor(configure(**config), *FAST, *options, libexec=fake_libexec())


def children_inherit_what_is_named_and_nothing_else():
    os.environ["SECRET"], os.environ["WANTED"] = "x", "y"
    gateway = start("--keep-env=WANTED", tcp=[["127.0.0.1", 0]], channels={"a": {}})
    hub, channel = gateway.pid_of("hub"), gateway.pid_of("channel a")
    log = gateway.expect(r"(?s)ready, 1 channels").string
    wait_for(lambda: gateway.log().count("environment") == 2)
    log = gateway.log()
    # From 3 on: part, local, tcp, lock, lifeline; part, token, lock, lifeline. Part and token are read and
    # closed by then, and the listing has 3.
    check(re.search(r"hub: inherited (.*)", log).group(1) == "0 1 2 3 4 5 6 7", log)
    check(re.search(r"channel a: inherited (.*)", log).group(1) == "0 1 2 3 5 6", log)
    for who, pid in (("hub", hub), ("channel a", channel)):
        found = re.search(who + r": runs as .*, no_new_privs 1, in group (\d+) of (\d+), environment (.*)", log)
        check(found and int(found.group(1)) == int(found.group(2)) == pid, found)
        env = set(found.group(3).split())
        check("WANTED" in env and "SECRET" not in env and "NOTIFY_SOCKET" not in env, env)
    gateway.stop()


def the_hub_is_told_the_token_that_the_channel_gets():
    gateway = start(channels={"a": {}, "b": {}})
    for name in "ab":
        token = gateway.expect(r"channel [ab]: my token is (\w+)").group(1)
        check(len(token) == 64)
        wait_for(lambda: re.search("hub: told that [ab] started %s" % token, gateway.log()), "the hub is told")
    gateway.stop()


def a_channel_that_crashes_is_started_again_with_its_obituary():
    gateway = start(channels={"a": {}, "b": {}})
    gateway.expect("hub started")
    gateway.expect("ready, 2 channels")
    pids = dict(re.findall(r"channel ([ab]) started, process (\d+)", gateway.log()))
    gateway.seen = 0
    os.kill(int(pids["a"]), signal.SIGKILL)
    gateway.expect(r"error: channel a ended, process %s: killed by signal 9 \(killed\) after" % pids["a"])
    gateway.expect(r"channel a starts again in 0\.020 s \(restart 1\)")
    check(gateway.pid_of("channel a") != int(pids["a"]))
    wait_for(lambda: "hub: told that a ended killed by signal 9 (killed)" in gateway.log())
    check(is_alive(int(pids["b"])))
    gateway.stop()


def waits_double_and_last_words_are_kept():
    gateway = start(channels={"a": {"exit": 3}})
    gateway.expect(r"channel a ended, process \d+: exited with status 3 after .* its last words: these are my last words")
    for wait in ("0.020", "0.100", "0.100"):
        gateway.expect(r"channel a starts again in %s s" % re.escape(wait))
    gateway.stop()


def a_hub_that_dies_is_started_at_once_and_told_all_that_lives():
    gateway = start(tcp=[["127.0.0.1", 0]], channels={"a": {}, "b": {}})
    hub = gateway.pid_of("hub")
    gateway.expect("ready, 2 channels")
    wait_for(lambda: gateway.log().count("my token is") == 2)
    tokens = re.findall(r"my token is (\w+)", gateway.log())
    os.kill(hub, signal.SIGKILL)
    gateway.expect(r"hub ended, process %d: killed by signal 9" % hub)
    gateway.expect(r"hub starts again in 0\.000 s")
    gateway.pid_of("hub")
    for _ in tokens:
        check(gateway.expect(r"hub: told that [ab] started (\w+)").group(1) in tokens)
    check(gateway.log().count("channel a started") == 1)
    gateway.stop()


def one_that_hangs_is_killed():
    gateway = start(channels={"a": {}})
    gateway.expect("ready")
    gateway.seen = 0
    pid = gateway.pid_of("channel a")
    gateway.expect("channel a: runs as")
    os.kill(pid, signal.SIGSTOP)
    gateway.expect(r"channel a \(process %d\) has not answered for \d+ ms: killing it" % pid)
    gateway.expect(r"channel a ended, process %d: has not answered for \d+ ms and was killed" % pid)
    gateway.pid_of("channel a")
    gateway.stop()


def faults_are_found(part, text):
    gateway = start("--start-ms=1500", channels={"a": part, "b": {}})
    gateway.expect(r"channel a \(process \d+\) %s: killing it" % text)
    gateway.expect("channel a started")
    check("channel b ended" not in gateway.log())
    gateway.stop()


def one_that_answers_nothing_is_killed():
    faults_are_found({"mute": True}, r"has not answered for \d+ ms")


def one_that_is_too_long_in_a_call_is_killed():
    faults_are_found({"call": [700, 500]}, "has been in a call of its adapter for 700 ms, 500 ms are allowed")


def one_that_outgrows_its_memory_is_killed():
    faults_are_found({"leak": 64 << 20, "limit": 48 << 20}, r"has \d+ KiB of memory, 49152 KiB are allowed")


def one_that_talks_nonsense_is_killed():
    faults_are_found({"nonsense": True}, "said something on its lifeline that is not a message")


def one_that_is_never_ready_is_killed():
    faults_are_found({"late": True}, "was not ready within 1500 ms")


def the_end_is_in_order():
    gateway = start(channels={"a": {}, "b": {"stubborn": True}})
    gateway.expect("ready")
    gateway.kill()
    gateway.expect(r"channel b \(process \d+\) did not finish within 1000 ms: killing it")
    check(gateway.end() == 0)
    log = gateway.log()
    check("channel a: finished" in log and log.index("hub: finished") > log.index("channel b ended"))
    check(not os.path.exists(gateway.socket))


main(
    children_inherit_what_is_named_and_nothing_else,
    the_hub_is_told_the_token_that_the_channel_gets,
    a_channel_that_crashes_is_started_again_with_its_obituary,
    waits_double_and_last_words_are_kept,
    a_hub_that_dies_is_started_at_once_and_told_all_that_lives,
    one_that_hangs_is_killed,
    one_that_answers_nothing_is_killed,
    one_that_is_too_long_in_a_call_is_killed,
    one_that_outgrows_its_memory_is_killed,
    one_that_talks_nonsense_is_killed,
    one_that_is_never_ready_is_killed,
    the_end_is_in_order,
)
