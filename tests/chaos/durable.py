#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hub with a store that is killed again and again under load, and books that account for every event.

    durable.py [--seconds=N] [--seed=N]

Publishers count; each event's contents follow from its number. They keep what was not acknowledged, come back
after each crash and send it again; now and then one dies with all it had and begins a new incarnation. Durable
subscribers acknowledge what they have taken, die at any moment (what they had not acknowledged is forgotten), and
come back. At the end:

  * what a publisher was told is on disk, every durable subscriber has been given: nothing lost;
  * each event is what its publisher sent under that number: nothing invented;
  * each publisher's numbers come in order and without a hole, what comes again has the number it had, in the
    stream and of its publisher: every repeat can be recognised;
  * an incarnation that died has a Loss before anything of its successor;
  * numbers of the stream are never used twice, the stream stays the same, and there is no Gap: nothing went.
"""

import argparse
import collections
import os
import random
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

from dragoman_test import Failed, check, main, wait_for, write
from wire import PATIENCE, Hub, Publisher, pb, subscribe

PART = """store: { size: 1GiB, segment: 4MiB, commit_interval: 10ms }
hub: { memory: 2MiB }
"""


class Hubs:
    """One hub after the other on the same directory and socket."""

    def __init__(self, names):
        self.names = names
        self.starts = 0
        self.hub = None
        self.faults = []
        self.start()

    def start(self):
        self.starts += 1
        self.hub = Hub(PART, self.names, store="stream")

    def crash(self):
        log = self.hub.log()
        self.hub.kill(signal.SIGKILL)
        status = self.hub.end()
        if status != -signal.SIGKILL or re.search(r"Sanitizer|runtime error|must\(", log):
            self.faults.append("the hub ended with %d:\n%s" % (status, log[-2000:]))
        self.hub.forget()
        self.start()


class Worker(threading.Thread):
    """Whoever connects to the hub, for ever again."""

    def __init__(self, hubs, name, rng):
        super().__init__(daemon=True)
        self.hubs, self.label, self.rng = hubs, name, rng
        self.is_over = False
        self.counts = collections.Counter()

    def fault(self, text):
        self.hubs.faults.append("%s: %s" % (self.label, text))

    def run(self):
        while not self.is_over:
            try:
                self.session()
                self.counts["sessions"] += 1
            except (OSError, EOFError, Failed):
                time.sleep(0.005)
            except Exception as e:
                self.fault("ended by %r" % e)
                raise


def contents(name, incarnation, number):
    """The text of an event, of many lengths: most are short, some longer than a page."""
    rng = random.Random("%s %d %d" % (name, incarnation, number))
    return "%s %d %d " % (name, incarnation, number) + "x" * int(rng.paretovariate(0.7) * 10 % 9000)


class Counting(Worker):
    """A publisher. What it was told of each incarnation: the last number kept, and the last one sent."""

    def __init__(self, *args, batch=20, prompt=0.1, mortal=0.01):
        super().__init__(*args)
        self.batch, self.prompt, self.mortal = batch, prompt, mortal
        self.incarnations, self.kept, self.sent = [], {}, {}
        self.is_resting = False
        self.begin()
        self.start()

    def begin(self):
        self.incarnation = self.rng.getrandbits(63) | 1
        self.incarnations.append(self.incarnation)
        self.kept[self.incarnation] = self.sent[self.incarnation] = 0

    def frame(self, publisher, number):
        publisher.number = number - 1
        text = contents(self.label, self.incarnation, number)
        key = "k%d" % (number % 3)
        return publisher.reading("dev/" + self.label, key, text, prompt=self.rng.random() < self.prompt)

    def session(self):
        publisher = self.hubs.hub.publisher(self.label, ["dev/" + self.label], incarnation=self.incarnation)
        publisher.socket.settimeout(PATIENCE)
        try:
            number = self.check_received(publisher.registered) + 1
            while not self.is_over:
                last = number + self.rng.randrange(self.batch)
                if self.is_resting:
                    last = self.sent[self.incarnation] + 1
                publisher.send(*(self.frame(publisher, n) for n in range(number, last)))
                self.sent[self.incarnation] = max(self.sent[self.incarnation], last - 1)
                number = last
                self.wait(publisher, number - 1 - 200 if not self.is_resting else number - 1)
                if self.is_resting and self.kept[self.incarnation] == self.sent[self.incarnation]:
                    time.sleep(0.01)
                elif not self.is_resting and self.rng.random() < self.mortal:
                    self.die()
                    return
        finally:
            publisher.close()

    def check_received(self, registered):
        i = self.incarnation
        if registered.received < self.kept[i] or registered.kept < self.kept[i]:
            self.fault("the hub has %d (%d kept) of %d; it had said that %d are on disk" % (
                registered.received, registered.kept, i, self.kept[i]))
        if registered.received > self.sent[i]:
            self.fault("the hub has %d of %d, which has sent %d" % (registered.received, i, self.sent[i]))
        self.kept[i] = max(self.kept[i], registered.kept)
        return registered.received

    def wait(self, publisher, number):
        while self.kept[self.incarnation] < number and not self.is_over:
            kept = publisher.next("kept").kept
            if not kept.on_disk:
                self.fault("kept, but not on disk")
            self.kept[self.incarnation] = max(self.kept[self.incarnation], kept.number)

    def die(self):
        self.counts["deaths"] += 1
        self.begin()


class Durable(Worker):
    """A durable subscriber. `taken` is what it has acknowledged; what it has got behind that goes with it."""

    def __init__(self, *args, books, window=0, patterns=("#",), leave=0.003, ack_every=50):
        super().__init__(*args)
        self.books, self.window, self.patterns, self.leave, self.ack_every = books, window, patterns, leave, ack_every
        self.seen = {}  # seq -> (publisher, incarnation, number), of every event it was ever given
        self.of = {}  # (publisher, incarnation, number) -> seq
        self.asked, self.acked = 0, 0  # the place that was sent in an Ack; the lowest one that the hub may have
        self.numbers = collections.defaultdict(int)  # (publisher, incarnation) -> the last one
        self.current, self.lost = {}, set()
        self.start()

    def session(self):
        c = self.hubs.hub.client(name=self.label)
        try:
            self.books.stream(self, c.welcome.stream)
            durable = pb.Durable(name=self.label, window=self.window, earliest=True)
            answer = c.ask(subscribe(*self.patterns, durable=durable))
            if not answer.HasField("subscribed"):
                raise EOFError
            self.resume(answer.subscribed)
            since = 0
            while not self.is_over:
                frame = c.receive()
                if frame is None:
                    return
                self.take(frame, c)
                since += 1
                if since >= self.ack_every or frame.WhichOneof("body") == "position":
                    self.asked, since = self.place, 0
                    c.send(pb.Frame(ack=pb.Ack(seq=self.place)))
                if self.rng.random() < self.leave:
                    return
        finally:
            c.close()

    def resume(self, subscribed):
        """The hub may know any Ack that was sent, or not yet; never more."""
        if subscribed.place > self.asked:
            self.fault("resumed at %d, acknowledged was %d" % (subscribed.place, self.asked))
        if not subscribed.resumed and self.asked:
            self.fault("the hub has forgotten its subscriber")
        self.place = subscribed.place

    def take(self, frame, c):
        body = frame.WhichOneof("body")
        self.counts[body] += 1
        if body == "event":
            self.event(frame)
        elif body == "position":
            self.place = max(self.place, frame.position.seq)
        elif body == "gap":
            self.fault("a Gap: %s" % frame.gap)
        elif body == "ping":
            c.send(pb.Frame(pong=pb.Pong(data=frame.ping.data)))

    def event(self, frame):
        e, seq = frame.event, frame.seq
        who = (e.publisher, e.incarnation, e.number)
        if seq <= self.place:
            self.fault("seq %d after %d" % (seq, self.place))
        self.place = seq
        known = self.seen.get(seq)
        if known:
            self.counts["repeats"] += 1
            if known != who:
                self.fault("seq %d is %s, and was %s" % (seq, who, known))
            return
        if who in self.of:
            self.fault("%s has seq %d, and had %d" % (who, seq, self.of[who]))
        self.seen[seq], self.of[who] = who, seq
        self.books.note(self, e)
        if e.publisher == "$hub":
            self.check_loss(e)
            return
        if e.number != self.numbers[who[:2]] + 1:
            self.fault("%s after number %d" % (who, self.numbers[who[:2]]))
        self.numbers[who[:2]] = e.number
        before = self.current.get(e.publisher)
        if before not in (None, e.incarnation) and before not in self.lost:
            self.fault("%s follows incarnation %d, which has not ended" % (who, before))
        self.current[e.publisher] = e.incarnation

    def check_loss(self, event):
        if not event.HasField("loss"):
            return
        loss = event.loss
        if loss.last_number < self.numbers[loss.publisher, loss.incarnation]:
            self.fault("a Loss behind %d, after number %d" % (
                loss.last_number, self.numbers[loss.publisher, loss.incarnation]))
        self.lost.add(loss.incarnation)

    def has(self, publisher):
        """Every number that this publisher was told is on disk."""
        return all(self.numbers[publisher.label, i] >= publisher.kept[i] for i in publisher.incarnations)


class Books:
    def __init__(self, faults):
        self.faults, self.id, self.events = faults, None, set()

    def stream(self, worker, stream):
        self.id = self.id or stream
        if stream != self.id:
            worker.fault("another stream")

    def note(self, worker, event):
        if not event.HasField("reading"):
            return
        text = event.reading.values[0].text
        if text != contents(event.publisher, event.incarnation, event.number):
            worker.fault("%s %d %d says %.60s" % (event.publisher, event.incarnation, event.number, text))
        self.events.add((event.publisher, event.incarnation, event.number))


def chaos(seconds, seed):
    rng = random.Random(seed)
    names = ["steady", "prompt", "bulk", "mortal"]
    hubs = Hubs(names)
    books = Books(hubs.faults)
    new = lambda kind, name, **more: kind(hubs, name, random.Random(rng.random()), **more)
    publishers = [
        new(Counting, "steady", batch=10, mortal=0),
        new(Counting, "prompt", batch=3, prompt=1, mortal=0),
        new(Counting, "bulk", batch=300, prompt=0, mortal=0.001),
        new(Counting, "mortal", batch=20, mortal=0.05),
    ]
    subscribers = [
        new(Durable, "all", books=books),
        new(Durable, "windowed", books=books, window=64, ack_every=16),
        new(Durable, "restless", books=books, leave=0.02, ack_every=10),
        new(Durable, "careless", books=books, leave=0.001, ack_every=2000),
    ]
    everybody = publishers + subscribers
    end = time.monotonic() + seconds
    while time.monotonic() < end and not hubs.faults:
        time.sleep(rng.choice([0, 0.01, 0.05, 0.2, 0.5]))
        hubs.crash()
    for p in publishers:
        p.is_resting = True
    for s in subscribers:
        s.leave, s.ack_every = 0, 50
    wait_for(lambda: hubs.faults or all(p.kept[p.incarnation] == p.sent[p.incarnation] for p in publishers),
             "all that was sent is kept", 3 * PATIENCE)
    wait_for(lambda: hubs.faults or all(s.has(p) for s in subscribers for p in publishers),
             "every subscriber has all: %s" % [(s.label, p.label) for s in subscribers for p in publishers if not s.has(p)],
             6 * PATIENCE)
    for w in everybody:
        w.is_over = True
    check(not hubs.faults, "\n".join(hubs.faults[:20]))
    hubs.hub.stop()
    for w in everybody:
        w.join(PATIENCE)
    print("%d crashes, %d events of %d incarnations" % (
        hubs.starts - 1, len(books.events), sum(len(p.incarnations) for p in publishers)))
    for s in subscribers:
        print("  %s: %s" % (s.label, dict(s.counts)))
    check(not hubs.faults, "\n".join(hubs.faults[:20]))
    check(len(books.events) >= sum(sum(p.kept.values()) for p in publishers), "fewer events than were acknowledged")


def run(seconds, seed):
    def what_was_acknowledged_is_given_to_every_durable_subscriber():
        print("seed %d" % seed)
        chaos(seconds, seed)

    main(what_was_acknowledged_is_given_to_every_durable_subscriber)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Kills a hub with a store again and again and accounts for every event.")
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = options.parse_args()
    run(options.seconds, options.seed)
