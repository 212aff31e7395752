#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reload of the whole gateway under load: clients of channels that did not change notice nothing."""

import signal

from dragoman_test import BUILD, Supervisor, check, main, write
from gateway import Gateway, check_consecutive, counting, readings, text_of
from wire import pb


def clients_of_other_channels_notice_nothing():
    gateway = Gateway(counting("same", "changed", "removed"))
    s = gateway.subscriber("dev/#")
    readings(s, "dev/removed", 10)
    before = {name: gateway.last_pid(name) for name in ("hub", "channel same", "channel changed")}
    write("dragoman.yaml", counting("same", "changed", "added").replace("dev/changed:", "dev/renamed:"))
    gateway.kill(signal.SIGHUP)
    gateway.expect("the new configuration is in use")
    frames, same, missing = [], [], {"dev/renamed", "dev/added"}
    while missing or len(same) < 30:
        frames.append(s.next())
        text = text_of(frames[-1])
        if text:
            missing.discard(frames[-1].event.device)
        if text and frames[-1].event.device == "dev/same":
            same.append(text)
    states = {(f.event.device, f.event.state.code) for f in frames if f.event.WhichOneof("body") == "state"}
    check(("dev/removed", pb.State.REMOVED) in states, states)
    check(not [f for f in frames if f.event.WhichOneof("body") == "loss"], "a channel that ends in order loses nothing")
    check_consecutive(same)
    check(gateway.last_pid("hub") == before["hub"] and gateway.last_pid("channel same") == before["channel same"])
    check(gateway.last_pid("channel changed") != before["channel changed"])
    gateway.stop()


def a_mistake_changes_nothing_and_is_shown_with_its_place():
    gateway = Gateway(counting("one"))
    s = gateway.subscriber("dev/#")
    readings(s, "dev/one", 10)
    pid = gateway.last_pid("channel one")
    write("dragoman.yaml", counting("one", "two").replace("delimiter", "delimter").replace("gateway:", "gatway:"))
    gateway.kill(signal.SIGHUP)
    gateway.expect(r"dragoman.yaml:1:1: .*gatway")
    gateway.expect(r"dragoman.yaml:7:\d+: .*delimter")
    gateway.expect(r"dragoman.yaml:11:\d+: .*delimter")
    gateway.expect("the new configuration is not used")
    check_consecutive(readings(s, "dev/one", 10))
    check(gateway.last_pid("channel one") == pid)
    gateway.stop()


def with_a_mistake_nothing_starts():
    gateway = Supervisor(write("dragoman.yaml", counting("one").replace("adapter", "adaptor")), libexec=BUILD)
    gateway.expect(r"dragoman.yaml:\d+:\d+: .*adaptor")
    gateway.expect("nothing is started")
    check(gateway.end() == 1 and "listening" not in gateway.log(), gateway.log())


main(
    clients_of_other_channels_notice_nothing,
    a_mistake_changes_nothing_and_is_shown_with_its_place,
    with_a_mistake_nothing_starts,
)
