#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process of the gateway, under load: the others go on, and the log says what happened."""

import os
import signal

from dragoman_test import check, is_alive, main, wait_for
from gateway import Gateway, check_consecutive, counting, numbers, readings, text_of
from wire import pb


def until(subscriber, is_it, others):
    """The next frame of which is_it is true; appends those before it to others."""
    while True:
        frame = subscriber.next()
        if is_it(frame):
            return frame
        others.append(frame)


def a_killed_channel_leaves_the_others_untouched():
    gateway = Gateway(counting("one", "two"))
    s, two = gateway.subscriber("dev/#"), []
    readings(s, "dev/one", 20)
    first = gateway.last_pid("channel one")
    os.kill(first, signal.SIGKILL)

    is_one = lambda f: f.event.device == "dev/one"
    lost = until(s, lambda f: is_one(f) and f.event.WhichOneof("body") == "loss", two)
    check(lost.event.loss.count == 0 and lost.event.loss.publisher == "one", lost)
    stale = until(s, lambda f: is_one(f) and f.event.WhichOneof("body") == "state", two)
    check(stale.event.state.code == pb.State.STALE, stale)
    check("killed by signal 9" in stale.event.state.reason + stale.event.state.text, stale)
    again = until(s, lambda f: is_one(f) and text_of(f), two)
    check(again.event.incarnation != lost.event.loss.incarnation, again)
    until(s, lambda f: is_one(f) and text_of(f) == "20", two)

    check_consecutive([text_of(f) for f in two if f.event.device == "dev/two" and text_of(f)])
    status = gateway.publisher_status("one")
    check(status.restarts == 1 and status.last_end == "killed by signal 9 (killed)", status)
    check(status.pid == gateway.last_pid("channel one") != first, status)
    check(gateway.publisher_status("two").restarts == 0)
    gateway.expect(r"channel one ended, process %d: killed by signal 9 \(killed\) after" % first)
    check("hub ended" not in gateway.log() and "channel two ended" not in gateway.log())
    gateway.stop()


def a_killed_hub_comes_back_and_the_channels_keep_their_ports():
    gateway = Gateway(counting("one", "two"))
    old = gateway.subscriber("dev/#")
    seen = numbers(readings(old, "dev/one", 30))
    hub, channels = gateway.last_pid("hub"), [gateway.last_pid("channel " + n) for n in ("one", "two")]
    os.kill(hub, signal.SIGKILL)
    gateway.expect(r"hub ended, process %d: killed by signal 9" % hub)
    check(gateway.pid_of("hub") != hub)

    new = gateway.subscriber("dev/#", earliest=True)
    check(new.welcome.stream == old.welcome.stream, "the stream is on disk, and goes on")
    events = []
    until(new, lambda f: f.event.device == "dev/one" and (text_of(f) or "").isdigit()
          and int(text_of(f)) > seen[-1] + 50, events)
    for device in ("dev/one", "dev/two"):
        mine = [f.event for f in events if f.event.device == device]
        check(not [e for e in mine if e.WhichOneof("body") == "loss"], mine)
        check(len({e.incarnation for e in mine}) == 1)
        check_consecutive([text_of(f) for f in events if f.event.device == device and text_of(f)])
    check(channels == [gateway.last_pid("channel " + n) for n in ("one", "two")])
    check(gateway.log().count(" is open") == 2, gateway.log())
    gateway.stop()


def a_killed_supervisor_takes_all_with_it():
    gateway = Gateway(counting("one", "two"))
    s = gateway.subscriber("dev/#", earliest=True)
    programs = []
    while len(programs) < 2:
        text = text_of(s.next())
        if text and text.startswith("pid"):
            programs.append(int(text.split()[1]))
    children = [gateway.last_pid(n) for n in ("hub", "channel one", "channel two")]
    gateway.kill(signal.SIGKILL)
    gateway.end()
    wait_for(lambda: not [p for p in children + programs if is_alive(p)], "all have ended", 5)
    last = s.end()
    check(last and last[-1].WhichOneof("body") in ("error", "goodbye"), last[-1:])
    check("hub: warning: the supervisor is gone" in gateway.log(), gateway.log())
    for name in ("one", "two"):
        check("channel %s: ending: the supervisor is gone" % name in gateway.log(), gateway.log())
    # All is free for the next one.
    second = Gateway(counting("one"))
    second.stop()


def one_that_hangs_is_found_and_killed():
    gateway = Gateway(counting("one", "two"), "--ping-ms=100", "--answer-ms=1000")
    s = gateway.subscriber("dev/#")
    readings(s, "dev/one", 20)
    pid = gateway.last_pid("channel one")
    os.kill(pid, signal.SIGSTOP)
    gateway.expect(r"channel one ended, process %d: has not answered for \d+ ms and was killed" % pid)
    check(gateway.pid_of("channel one") != pid)
    others = []
    until(s, lambda f: f.event.device == "dev/one" and text_of(f) == "5", others)
    check_consecutive([text_of(f) for f in others if f.event.device == "dev/two" and text_of(f)])
    wait_for(lambda: "has not answered" in gateway.publisher_status("one").last_end)

    hub = gateway.last_pid("hub")
    os.kill(hub, signal.SIGSTOP)
    gateway.expect(r"hub ended, process %d: has not answered for \d+ ms and was killed" % hub)
    gateway.pid_of("hub")
    readings(gateway.subscriber("dev/#"), "dev/two", 10)
    gateway.stop()


def a_program_inherits_pipes_and_nothing_else():
    gateway = Gateway(counting("one", one="[/bin/sh, -c, 'readlink /proc/self/fd/*; echo end; sleep 1000']"))
    s, links = gateway.subscriber("dev/#", earliest=True), []
    while "end" not in links:
        links.append(text_of(s.next()) or "")
    links = [link for link in links if link]
    check(len(links) == 4 and all(link.startswith("pipe:") for link in links[:3]), links)
    gateway.stop()


main(
    a_killed_channel_leaves_the_others_untouched,
    a_killed_hub_comes_back_and_the_channels_keep_their_ports,
    a_killed_supervisor_takes_all_with_it,
    one_that_hangs_is_found_and_killed,
    a_program_inherits_pipes_and_nothing_else,
)
