#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reload is all or nothing, and touches only what has changed. The children are played by fake_child.py."""

import json
import re
import signal
import socket

from dragoman_test import Supervisor, check, fake_libexec, main, wait_for, write


def configure(**config):
    return write("config.json", json.dumps(config))


def start(**config):
    gateway = Supervisor(configure(**config), "--finish-ms=1000", libexec=fake_libexec())
    gateway.expect("ready, ")
    return gateway


def running(gateway):
    """The last process of each child."""
    return dict(re.findall(r"(hub|channel \w+) started, process (\d+)", gateway.log()))


def reload(gateway, expected="the new configuration is in use"):
    gateway.kill(signal.SIGHUP)
    gateway.expect(expected)


def only_what_changed_is_touched():
    gateway = start(channels={"same": {}, "changed": {}, "removed": {}})
    before = running(gateway)
    configure(channels={"same": {}, "changed": {"x": 1}, "added": {}})
    reload(gateway)
    wait_for(lambda: "channel added" in running(gateway))
    wait_for(lambda: running(gateway)["channel changed"] != before["channel changed"])
    after = running(gateway)
    check(after["hub"] == before["hub"] and after["channel same"] == before["channel same"], gateway.log())
    log = gateway.log()
    # What is new starts when what goes has gone: it may want the same port.
    check(log.index("channel removed ended as told") < log.index("channel added started"))
    wait_for(lambda: "hub: told that removed removed" in gateway.log())
    wait_for(lambda: "hub: told that changed ended restarted with a new configuration" in gateway.log())
    wait_for(lambda: gateway.log().count("hub: told that changed started") == 2)
    check("starts again" not in gateway.log())
    gateway.stop()


def nothing_happens_if_nothing_changed():
    gateway = start(channels={"a": {}})
    before = running(gateway)
    reload(gateway)
    check(running(gateway) == before)
    gateway.stop()


def a_bad_configuration_changes_nothing():
    gateway = start(channels={"a": {}})
    before = running(gateway)
    configure(errors=["/x/dragoman.yaml:3:1: unknown key \"chanels\"", "/x/dragoman.yaml:9:5: expected a number"])
    reload(gateway, r"dragoman.yaml:3:1: unknown key \"chanels\"")
    gateway.expect(r"dragoman.yaml:9:5: expected a number")
    gateway.expect("the new configuration is not used: its check failed: exited with status 1; the one before stays")
    check(running(gateway) == before)
    configure(channels={"a": {}, "b": {}})
    reload(gateway)
    gateway.expect("channel b started")
    check(running(gateway)["channel a"] == before["channel a"])
    gateway.stop()


def a_hub_with_a_new_part_is_started_anew_and_told_of_all():
    gateway = start(hub={"v": 1}, channels={"a": {}, "b": {}})
    before = running(gateway)
    configure(hub={"v": 2}, channels={"a": {}, "b": {}})
    reload(gateway, "the hub has a new configuration")
    gateway.expect("hub: finished")
    gateway.expect("hub started")
    for _ in "ab":
        gateway.expect(r"hub: told that [ab] started")
    after = running(gateway)
    check(after["hub"] != before["hub"] and after["channel a"] == before["channel a"])
    gateway.stop()


def listeners_come_and_go_and_stay():
    gateway = start(tcp=[["127.0.0.1", 0]])
    kept = int(re.search(r"listening on 127.0.0.1:(\d+)", gateway.log()).group(1))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        configure(tcp=[["127.0.0.1", 0], ["127.0.0.1", busy]])
        reload(gateway, r"the new configuration is not used: 127.0.0.1 port %d: Address already in use" % busy)
        socket.create_connection(("127.0.0.1", kept)).close()
    configure(tcp=[["127.0.0.1", 0], ["127.0.0.2", 0]])
    reload(gateway, r"listening on 127.0.0.2:(\d+)")
    added = int(re.findall(r"listening on 127.0.0.2:(\d+)", gateway.log())[-1])
    gateway.expect("hub started")
    for address in (("127.0.0.1", kept), ("127.0.0.2", added)):
        socket.create_connection(address).close()
    configure(tcp=[["127.0.0.2", 0]])
    reload(gateway)
    gateway.expect("hub started")
    try:
        socket.create_connection(("127.0.0.1", kept)).close()
        check(False, "the socket that is not configured any more is still there")
    except ConnectionRefusedError:
        pass
    gateway.stop()


def what_cannot_change_is_refused():
    gateway = start(run="/run/one")
    configure(run="/run/two")
    reload(gateway, "not used: paths.run cannot change while the gateway runs: restart it")
    configure(run="/run/one", user="daemon")
    reload(gateway, "not used: `user` cannot change while the gateway runs: restart it")
    gateway.stop()


def a_channel_in_its_back_off_is_mended_at_once():
    gateway = start(channels={"a": {"exit": 3}, "b": {}})
    gateway.expect(r"channel a starts again in")
    configure(channels={"a": {}, "b": {}})
    reload(gateway, "channel a has a new configuration")
    wait_for(lambda: "channel a: runs as" in gateway.log())
    gateway.stop()


main(
    only_what_changed_is_touched,
    nothing_happens_if_nothing_changed,
    a_bad_configuration_changes_nothing,
    a_hub_with_a_new_part_is_started_anew_and_told_of_all,
    listeners_come_and_go_and_stay,
    what_cannot_change_is_refused,
    a_channel_in_its_back_off_is_mended_at_once,
)
