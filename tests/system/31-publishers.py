#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may publish, numbers and acknowledgements, and what becomes of devices whose publisher goes."""

import socket

from dragoman_test import check, main, wait_for
from wire import TOKEN, Hub, pb, varint

STALE, STARTING, REMOVED = pb.State.STALE, pb.State.STARTING, pb.State.REMOVED


def only_a_token_lets_publish():
    hub = Hub()
    c = hub.client()
    check(c.refusal(pb.Frame(register=pb.Register(publisher="bench", incarnation=1))).code == pb.ERROR_NOT_ALLOWED)
    for token in (b"wrong", TOKEN, TOKEN + b" bencH"):
        c = hub.connect()
        c.send(pb.Frame(id=1, hello=pb.Hello(version=1, token=token)))
        error = c.end()[-1].error
        check(error.code == pb.ERROR_BAD_TOKEN and error.closing, error)
    c = hub.client(token=TOKEN + b" bench")
    error = c.refusal(pb.Frame(register=pb.Register(publisher="other", incarnation=1)))
    check(error.code == pb.ERROR_NOT_ALLOWED and error.closing, error)
    hub.stop()


def a_repeat_is_dropped_and_a_hole_is_an_error():
    hub = Hub()
    s = hub.subscriber("#")
    p = hub.publisher()
    first, second = p.reading(text="1"), p.reading(text="2", prompt=True)
    p.publish(first, second)
    p.wait_kept()
    p.publish(first, second, p.reading(text="3", prompt=True))
    p.wait_kept()
    check([s.next("event").event.number for _ in range(3)] == [1, 2, 3])
    check(hub.status().hub.repeats == 2)
    p.number += 1
    p.publish(p.reading())
    error = p.end()[-1].error
    check(error.code == pb.ERROR_NUMBER and error.closing, error)
    hub.stop()


def acknowledgements_are_batched_unless_somebody_waits():
    hub = Hub()
    p = hub.publisher()
    for _ in range(100):
        p.publish(p.reading())
    got = 0
    while p.kept < 100:
        p.kept = p.next("kept").kept.number
        got += 1
    check(got < 20, got)
    hub.stop()


def an_incarnation_that_comes_back_goes_on():
    hub = Hub()
    s = hub.subscriber("#")
    p = hub.publisher()
    p.publish(p.reading(prompt=True))
    p.wait_kept()
    p.close()
    again = hub.publisher()
    check(again.registered.received == 1, again.registered)
    again.publish(again.reading())
    check([s.next("event").event.number for _ in range(2)] == [1, 2])
    hub.stop()


def a_publisher_of_an_earlier_hub_may_begin_anywhere():
    hub = Hub()
    s = hub.subscriber("#")
    p = hub.publisher()
    p.number = 41
    p.publish(p.reading())
    check(s.next("event").event.number == 42)
    hub.stop()


def the_end_of_an_incarnation_is_a_loss_and_makes_stale():
    hub = Hub()
    s = hub.subscriber("#", "$channel/+")
    p = hub.publisher(devices=("a", "b"))
    p.publish(p.reading("a"), p.reading("b", prompt=True))
    p.wait_kept()
    p.close()
    frames = [s.next("event") for _ in range(2 + 6)][2:]
    losses = {f.event.device: f.event.loss for f in frames if f.event.WhichOneof("body") == "loss"}
    states = {f.event.device: f.event.state for f in frames if f.event.WhichOneof("body") == "state"}
    check(set(losses) == set(states) == {"a", "b", "$channel/bench"}, frames)
    check(losses["a"].count == 0 and losses["a"].last_number == 2 and losses["a"].publisher == "bench", losses)
    check(all(st.code == STALE and st.reason == "connection lost" for st in states.values()), states)
    entry = hub.client().ask(pb.Frame(get=pb.Get(patterns=["a"]))).got.entries[0]
    check(entry.last.stale and entry.last.reason == "connection lost", entry)
    hub.publisher(devices=("a",), incarnation=2)
    states = [s.next("event").event for _ in range(2)]
    check([(e.device, e.state.code) for e in states] == [("$channel/bench", STARTING), ("a", STARTING)], states)
    hub.stop()


def a_goodbye_is_answered_with_what_was_kept():
    hub = Hub()
    p = hub.publisher()
    p.publish(p.reading(), p.reading(), p.reading())
    p.send(pb.Frame(goodbye=pb.Goodbye(reason="done")))
    kept = [f.kept.number for f in p.end() if f.HasField("kept")]
    check(kept[-1:] == [3], kept)
    hub.stop()


def a_goodbye_leaves_no_loss():
    hub = Hub()
    s = hub.subscriber("#")
    p = hub.publisher()
    p.send(pb.Frame(goodbye=pb.Goodbye(reason="reconfigured")))
    event = s.next("event").event
    check(event.state.code == STALE and event.state.reason == "reconfigured", event)
    check(hub.status().hub.losses == 0)
    hub.stop()


def a_new_incarnation_ends_the_old_one():
    hub = Hub()
    s = hub.subscriber("#")
    old = hub.publisher()
    hub.publisher(incarnation=2)
    error = old.end()[-1].error
    check(error.code == pb.ERROR_REPLACED, error)
    bodies = [s.next("event").event.WhichOneof("body") for _ in range(3)]
    check(bodies == ["loss", "state", "state"], bodies)
    hub.stop()


def a_device_of_another_live_publisher_is_refused():
    hub = Hub(publishers=("one", "two"))
    s = hub.subscriber("#", "$channel/two")
    one = hub.publisher("one")
    two = hub.publisher("two", devices=())
    refusals = two.declare("scale", "free", "bad name", "$channel/one").refusals
    codes = {r.device: r.error.code for r in refusals}
    malformed = pb.ERROR_MALFORMED
    check(codes == {"scale": pb.ERROR_DEVICE_TAKEN, "bad name": malformed, "$channel/one": malformed}, refusals)
    two.publish(two.reading("scale"), two.reading("free", prompt=True))
    two.wait_kept()
    events = [s.next("event").event for _ in range(2)]
    check(events[0].device == "free" and events[1].loss.count == 1, events)
    check(events[1].device == "$channel/two", events)
    one.send(pb.Frame(goodbye=pb.Goodbye()))
    one.end()
    check(not two.declare("scale").refusals)
    hub.stop()


def a_removed_device_is_gone():
    hub = Hub()
    s = hub.subscriber("#", kinds=[pb.KIND_STATE])
    p = hub.publisher()
    p.publish(p.reading(prompt=True))
    p.wait_kept()
    p.declare(removed=["scale"])
    check(s.next("event").event.state.code == REMOVED)
    c = hub.client()
    check(not c.ask(pb.Frame(get=pb.Get())).got.entries)
    check(not c.ask(pb.Frame(browse=pb.Browse())).catalogue.devices)
    hub.stop()


class Lifeline:
    """The supervisor's end, written by hand: the messages are internal and have no Python classes."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.ours.settimeout(20)

    @staticmethod
    def field(number, content):
        if isinstance(content, int):
            return varint(number << 3) + varint(content)
        content = content.encode() if isinstance(content, str) else content
        return varint(number << 3 | 2) + varint(len(content)) + content

    def say(self, number, *fields):
        body = self.field(number, b"".join(self.field(i + 1, f) for i, f in enumerate(fields)))
        self.ours.sendall(varint(len(body)) + body)

    def started(self, name, token):
        self.say(10, name, token, 4711, 3)


class SupervisedHub(Hub):
    def __init__(self):
        self.lifeline = Lifeline()
        fd = self.lifeline.theirs.fileno()
        super().__init__(publishers=(), options=["--lifeline=%d" % fd], pass_fds=[fd])
        self.lifeline.theirs.close()


def what_the_supervisor_tells_is_the_reason():
    hub = SupervisedHub()
    token = bytes(range(32))
    check(hub.lifeline.ours.recv(100) == b"\x03\xa2\x01\x00")  # Ready
    hub.lifeline.started("line", token)
    wait_for(lambda: hub.status().publishers, "the publisher to be known")
    s = hub.subscriber("#")
    p = hub.publisher("line", token=token)
    status = hub.status().publishers[0]
    check(status.pid == 4711 and status.restarts == 3 and status.connected, status)
    p.close()
    hub.lifeline.say(11, "line", "killed by signal 11", 100)
    check(s.next("event").event.loss.publisher == "line")
    check(s.next("event").event.state.reason == "killed by signal 11")
    check(hub.status().publishers[0].last_end == "killed by signal 11")
    hub.lifeline.say(12, "line")
    check(s.next("event").event.state.code == REMOVED)
    hub.lifeline.say(2)  # Terminate
    check(hub.end() == 0)


def without_its_supervisor_the_hub_ends():
    hub = SupervisedHub()
    s = hub.subscriber("#")
    hub.lifeline.ours.close()
    check(s.end()[-1].error.code == pb.ERROR_SHUTTING_DOWN)
    check(hub.end(2) == 0)


main(
    only_a_token_lets_publish,
    a_repeat_is_dropped_and_a_hole_is_an_error,
    acknowledgements_are_batched_unless_somebody_waits,
    an_incarnation_that_comes_back_goes_on,
    a_publisher_of_an_earlier_hub_may_begin_anywhere,
    the_end_of_an_incarnation_is_a_loss_and_makes_stale,
    a_goodbye_is_answered_with_what_was_kept,
    a_goodbye_leaves_no_loss,
    a_new_incarnation_ends_the_old_one,
    a_device_of_another_live_publisher_is_refused,
    a_removed_device_is_gone,
    what_the_supervisor_tells_is_the_reason,
    without_its_supervisor_the_hub_ends,
)
