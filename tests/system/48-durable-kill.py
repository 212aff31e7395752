#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hub is killed again and again under load, and so are its clients: each durable subscriber is given every event that
was acknowledged to the publisher, at least once, in order, and nothing else; what comes again can be recognised."""

import os
import random
import select
import signal

from dragoman_test import Failed, check, main, wait_for
from wire import Hub, Publisher, pb, split, subscribe

PART = "hub: { memory: 2MiB }\nstore: { size: 256MiB, segment: 4MiB, commit_interval: 5ms }\n"
KILLS = int(os.environ.get("KILLS", 12))
READINGS = [pb.KIND_READING]


def frames_there(c):
    """The frames that have come."""
    while True:
        payload, rest = split(c.data)
        if payload is not None:
            c.data = rest
            yield pb.Frame.FromString(payload)
        elif select.select([c.socket], [], [], 0)[0]:
            more = c.socket.recv(1 << 16)
            if not more:
                raise ConnectionResetError
            c.data += more
        else:
            return


class Source:
    """A publisher that keeps what is not acknowledged, and sends it again."""

    def __init__(self):
        self.sent, self.kept, self.number, self.p = {}, 0, 0, None

    def connect(self, hub):
        self.p = Publisher(hub.connect(), "bench", 1)
        self.p.introduce()
        self.p.declare("a", "b")
        check(self.p.registered.kept >= self.kept, "the hub has forgotten what it acknowledged")
        again = [self.sent[n] for n in sorted(self.sent) if n > self.p.registered.received]
        if again:
            self.p.publish(*again)

    def publish(self, n):
        frames = []
        for _ in range(n):
            self.number += 1
            self.p.number = self.number - 1
            frame = self.p.reading(random.choice("ab"), text="%d " % self.number + "x" * random.randrange(800))
            frame.prompt = random.randrange(20) == 0
            self.sent[self.number] = frame
            frames.append(frame)
        self.p.publish(*frames)

    def hear(self):
        for frame in frames_there(self.p):
            if frame.HasField("kept") and frame.kept.on_disk:
                self.kept = max(self.kept, frame.kept.number)
        for n in [n for n in self.sent if n <= self.kept]:
            del self.sent[n]


class Reader:
    """A durable subscriber that loses its connection now and then, and its memory of what it has not acknowledged."""

    def __init__(self, name, patterns, window):
        self.name, self.patterns, self.window = name, patterns, window
        self.number = self.acked = self.seq = 0
        self.got, self.repeats, self.c = set(), 0, None

    def connect(self, hub):
        self.c = hub.client()
        durable = pb.Durable(name=self.name, earliest=True, window=self.window)
        answer = self.c.ask(subscribe(*self.patterns, kinds=READINGS, durable=durable)).subscribed
        check(answer.resumed or not self.got, answer)
        self.number, self.seq, self.acked = 0, answer.place, answer.place

    def take(self, frame):
        check(not frame.HasField("gap"), frame)
        if not frame.HasField("event"):
            return
        check(frame.seq > self.seq, "numbers go back: %d behind %d" % (frame.seq, self.seq))
        check(frame.event.device in self.patterns or "#" in self.patterns, frame)
        check(frame.event.number > self.number, "%d behind %d" % (frame.event.number, self.number))
        check(frame.event.reading.values[0].text.startswith("%d " % frame.event.number), frame)
        self.number, self.seq = frame.event.number, frame.seq
        self.repeats += frame.event.number in self.got
        self.got.add(frame.event.number)

    def hear(self, hub, is_diligent=False):
        for frame in frames_there(self.c):
            self.take(frame)
        if self.seq > self.acked and (is_diligent or random.randrange(3) == 0):
            self.c.send(pb.Frame(ack=pb.Ack(seq=self.seq)))
            self.acked = self.seq
        if random.randrange(40) == 0:
            self.c.close()
            self.connect(hub)


def everything_acknowledged_is_given():
    source = Source()
    readers = [
        Reader("all", ("#",), 0),
        Reader("a", ("a",), 0),
        Reader("b", ("b",), 100),
        Reader("slow", ("#",), 50),
    ]
    for turn in range(KILLS + 1):
        hub = Hub(PART, store="store")
        source.connect(hub)
        for reader in readers:
            reader.connect(hub)
        try:
            for _ in range(random.randrange(20, 60)):
                source.publish(random.choice((1, 10, 100)))
                source.hear()
                for reader in readers:
                    reader.hear(hub)
        except (ConnectionResetError, BrokenPipeError):
            raise Failed("the hub closed a connection:\n" + hub.log())
        if turn < KILLS:
            hub.kill(signal.SIGKILL)
            hub.end()
    every, a, b, slow = readers
    total = source.number

    def all_have_all():
        select.select([source.p.socket] + [r.c.socket for r in readers], [], [], 0.1)
        source.hear()
        for reader in readers:
            reader.hear(hub, True)
        return not source.sent and min(len(every.got), len(slow.got), len(a.got | b.got)) == total

    wait_for(all_have_all, "all of %d events" % total, 60 + 2 * KILLS)
    check(every.got == slow.got == set(range(1, total + 1)) and not a.got & b.got)
    check(sum(r.repeats for r in readers) > 0, "nothing came again: nothing was tested")
    hub.stop()


main(everything_acknowledged_is_given)
