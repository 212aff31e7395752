#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A gateway under load whose processes are killed and stopped at any moment, and books of every event.

    chaos.py [--seconds=N] [--seed=N]

Devices count: each line is one more than the one before. Subscribers of several kinds (eager, slow, those
that come back and resume, snapshots, durable ones) check what they are given; what all of them together know of
an event must agree:

  * the stream stays the same whoever is killed; its numbers rise, nothing older after newer;
  * a publisher's numbers have no hole that no Gap covers; only after a crash of the hub may a live subscriber see
    again, under new numbers of the stream, what had not been on disk;
  * a durable subscriber sees each event once but for what it had not acknowledged, and no Gap;
  * an incarnation that is followed by another one has ended with a Loss, or in order, before anything of its
    successor;
  * the same publisher, incarnation and number are the same bytes, whenever and under whatever seq they come;
  * the lines of a device count on from number to number; where they do not, a Loss or a State says so.
"""

import argparse
import collections
import os
import random
import re
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

from dragoman_test import check, is_alive, main, program, wait_for, write
from gateway import Gateway
from wire import PATIENCE, Connection, pb, subscribe

KINDS = [k for k in pb.Kind.values() if k]
GOODBYES = ["the supervisor is gone", "terminated"]  # reasons of an end in order, which leaves no Loss
PATTERNS = ["#", "$channel/+", "$hub"]

# Counts for ever, its process id first: seconds between bursts, lines in one, bytes of filling in each.
COUNTER = """import os, sys, time
every, burst, filling = float(sys.argv[1]), int(sys.argv[2]), "." * int(sys.argv[3])
count = 0
while True:
    for i in range(burst):
        count += 1
        sys.stdout.write("%d %d %s\\n" % (os.getpid(), count, filling))
    sys.stdout.flush()
    time.sleep(every)
"""

CONFIG = """gateway: chaos
listen: { tcp: [ { address: 127.0.0.1, port: 0 } ] }
hub: { memory: 2MiB }
paths: { data: %s }
store: { size: 1GiB, segment: 4MiB }
channels:
"""


class TcpCounter(threading.Thread):
    """A device behind TCP that hangs up now and then, and counts on."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.count, self.drops = 0, 0
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
                drops = self.drops
                while drops == self.drops:
                    self.count += 1
                    peer.sendall(b"0 %d .\n" % self.count)
                    time.sleep(0.01)
                peer.close()
            except OSError:
                pass

    def drop(self):
        self.drops += 1


class Books:
    """What all subscribers together know."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = {}  # (publisher, incarnation, number) -> the event's bytes
        self.faults = []

    def fault(self, who, text):
        with self.lock:
            self.faults.append("%s: %s" % (who, text))

    def note(self, who, event):
        key = (event.publisher, event.incarnation, event.number)
        data = event.SerializeToString(deterministic=True)
        with self.lock:
            known = self.events.setdefault(key, data)
        if known != data:
            self.fault(who, "event %s came with other contents: %s" % (key, event))

    def check_lines(self):
        """The lines of each device, in the order of its publisher's numbers."""
        last, excused = {}, set()
        for (publisher, incarnation, number), data in sorted(self.events.items()):
            event = pb.Event.FromString(data)
            place = (publisher, incarnation, event.device)
            body = event.WhichOneof("body")
            before = (publisher, incarnation, number - 1)
            if before not in self.events:  # nobody was given it: the hub died with it, or nobody was there
                excused |= {p for p in last if p[:2] == (publisher, incarnation)}
            if body in ("state", "loss"):
                excused |= {p for p in last if p[:2] == (publisher, incarnation)}
            elif body == "reading":
                pid, count = (int(n) for n in event.reading.values[0].text.split()[:2])
                expected = last.get(place)
                rises = not expected or pid != expected[0] or count > expected[1]
                if expected and (not rises or place not in excused and (pid, count) != (expected[0], expected[1] + 1)):
                    self.fault("lines", "%s %d: line %d of process %d after %s" % (place, number, count, pid, expected))
                last[place] = (pid, count)
                excused.discard(place)


class Place:
    """What one subscriber was given of one stream."""

    def __init__(self, stream):
        self.stream = stream
        self.seq = 0  # of the last event, or what else moved the place
        self.numbers = {}  # (publisher, incarnation) -> the last number
        self.runs = {}  # the same -> the run of the hub that it had that number from
        self.current = {}  # publisher -> incarnation
        self.lost = set()  # incarnations that have ended, with a Loss or in order
        self.holes = set()  # publishers of whom a Gap, or a fresh start, may have left something out


class Watcher(threading.Thread):
    """A subscriber. resume: comes back where it was; else with `start`. pause: seconds of not reading now and
    then."""

    def __init__(self, gateway, books, name, rng, resume=True, pause=0.0, leave=0.0, **start):
        super().__init__(daemon=True)
        self.gateway, self.books, self.name, self.rng = gateway, books, name, rng
        self.resume, self.pause, self.leave, self.start_with = resume, pause, leave, start
        self.place, self.connection, self.is_over, self.pauses = Place(None), None, False, True
        self.counts = collections.Counter()
        self.fresh = set()  # devices whose readings came since it was last cleared
        self.start()

    def fault(self, text):
        self.books.fault(self.name, text)

    def run(self):
        while not self.is_over:
            try:
                self.session()
            except (OSError, EOFError):
                time.sleep(0.02)
            except Exception as e:
                self.fault("ended by %r" % e)
                raise

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(PATIENCE)
        s.connect(self.gateway.path)
        return Connection(s)

    def frame(self):
        frame = self.connection.receive()
        if frame is None:
            raise EOFError
        return frame

    def session(self):
        self.connection = self.connect()
        try:
            self.connection.send(pb.Frame(hello=pb.Hello(version=1, name=self.name)))
            welcome = self.frame().welcome
            start = dict(self.start_with)
            if self.resume and self.place.stream:
                start = {"after": pb.After(stream=self.place.stream, seq=self.place.seq)}
            self.connection.send(subscribe(*PATTERNS, kinds=KINDS, **start))
            subscribed = self.frame()
            check(subscribed.HasField("subscribed"), subscribed)
            self.begin(welcome.stream, subscribed.subscribed.place, "after" in start)
            while not self.is_over:
                self.take(self.frame())
                self.dawdle()
        finally:
            self.connection.close()
            self.counts["sessions"] += 1

    def begin(self, stream, place, resumes):
        if self.place.stream not in (None, stream):
            self.fault("another stream")
        if self.place.stream != stream:
            self.place = Place(stream)
        if not resumes or not self.place.seq:  # who resumes may be told first what is missing up to there
            self.place.holes |= set(self.place.current)
            self.place.seq = place
        self.snapshot_place = place

    def dawdle(self):
        if not self.pauses:
            return
        if self.leave and self.rng.random() < self.leave:
            raise EOFError
        if self.pause and self.rng.random() < 0.001:
            time.sleep(self.rng.random() * self.pause)

    def take(self, frame):
        body = frame.WhichOneof("body")
        self.counts[frame.gap.reason if body == "gap" else frame.error.text if body == "error" else body] += 1
        if body == "event":
            self.books.note(self.name, frame.event)
            self.event(frame)
        elif body == "gap":
            self.gap(frame.gap)
        elif body == "snapshot":
            self.books.note(self.name, frame.snapshot.event)
            if frame.seq > self.snapshot_place:
                self.fault("a snapshot's reading from behind its place")
        elif body == "position":
            if frame.position.seq < self.place.seq:
                self.fault("a Position that goes back")
            self.place.seq = frame.position.seq
        elif body == "ping":
            self.connection.send(pb.Frame(pong=pb.Pong(data=frame.ping.data)))
        elif body == "error" and not frame.error.closing:
            self.fault("refused: %s" % frame.error)

    def gap(self, gap):
        if gap.last < gap.first or gap.first <= self.place.seq:
            self.fault("a Gap from %d to %d at %d" % (gap.first, gap.last, self.place.seq))
        self.place.seq = gap.last
        self.place.holes |= set(self.place.current)

    def event(self, frame):
        place, event = self.place, frame.event
        who = (event.publisher, event.incarnation)
        if frame.seq <= place.seq:
            self.fault("seq %d after %d" % (frame.seq, place.seq))
        place.seq = frame.seq
        last, run = place.numbers.get(who), frame.seq >> 32
        hole = event.publisher in place.holes
        place.holes.discard(event.publisher)
        if last is not None and event.number <= last and not self.may_repeat(who, run):
            self.fault("%s number %d after %d" % (who, event.number, last))
        elif last is not None and event.number > last + 1 and not hole:
            self.fault("%s number %d after %d, and no Gap" % (who, event.number, last))
        place.runs[who] = run
        old = place.current.get(event.publisher)
        if old not in (None, event.incarnation) and event.publisher != "$hub" and not hole and old not in place.lost:
            self.fault("%s has incarnation %d after %d, which has not ended" % (event.publisher, who[1], old))
        place.numbers[who] = event.number
        place.current[event.publisher] = event.incarnation
        if event.HasField("loss"):
            place.lost.add(event.loss.incarnation)
        if event.publisher == "$hub" and event.state.reason in GOODBYES and event.device.startswith("$channel/"):
            place.lost.add(place.current.get(event.device[len("$channel/"):]))
        if event.HasField("reading"):
            self.fresh.add(event.device)

    def may_repeat(self, who, run):
        """What was seen live may not have been on disk when the hub died."""
        return run > self.place.runs[who]

    def hang_up(self):
        connection = self.connection
        if connection:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Durable(Watcher):
    """A durable subscriber, which acknowledges now and then, and before it leaves sometimes not."""

    def __init__(self, *args, window=0, **more):
        self.given, self.asked, self.unacknowledged, self.window = {}, 0, 0, window
        super().__init__(*args, **more)

    def session(self):
        self.start_with = {"durable": pb.Durable(name=self.name, window=self.window, earliest=True)}
        self.resume = False
        super().session()

    def begin(self, stream, place, resumes):
        if place > self.asked:
            self.fault("begins at %d; the last Ack was %d" % (place, self.asked))
        self.unacknowledged = 0
        highest = self.place.seq
        super().begin(stream, max(place, highest), True)
        self.place.seq = max(place, highest)

    def take(self, frame):
        super().take(frame)
        self.unacknowledged += 1
        if self.unacknowledged >= 50 or frame.HasField("position"):
            self.asked, self.unacknowledged = self.place.seq, 0
            self.connection.send(pb.Frame(ack=pb.Ack(seq=self.place.seq)))

    def event(self, frame):
        who = (frame.event.publisher, frame.event.incarnation, frame.event.number)
        known = self.given.get(frame.seq)
        if known is None:
            super().event(frame)
            self.given[frame.seq] = who
        elif known != who:
            self.fault("seq %d is %s, and was %s" % (frame.seq, who, known))
        else:
            self.counts["again"] += 1
            self.fresh.add(frame.event.device)

    def may_repeat(self, who, run):
        return False

    def gap(self, gap):
        self.fault("a Gap: %s" % gap)


class Chaos:
    def __init__(self, seconds, seed):
        self.seconds, self.rng, self.books = seconds, random.Random(seed), Books()
        self.tcp = TcpCounter()
        counter = write("counter.py", COUNTER)
        text = CONFIG % os.path.abspath("data")
        self.devices = {"slow": (0.1, 5, 10), "fast": (0.01, 5, 10), "fat": (0.02, 4, 4000)}
        for name, (every, burst, filling) in self.devices.items():
            text += "  %s:\n    port: {exec: [/usr/bin/python3, %s, '%g', '%d', '%d']}\n" % (
                name, os.path.abspath(counter), every, burst, filling)
            text += '    link: {delimiter: "\\n", max: 8KiB}\n    devices: {dev/%s: {adapter: raw, options: {as: text}}}\n' % name
        text += "  tcp:\n    port: {tcp: 127.0.0.1:%d}\n    link: {delimiter: \"\\n\"}\n" % self.tcp.port
        text += "    devices: {dev/tcp: {adapter: raw, options: {as: text}}}\n"
        self.names = list(self.devices) + ["tcp"]
        self.text, self.logs = text, ""
        self.start()
        rng = lambda: random.Random(self.rng.random())
        new = lambda name, kind=Watcher, **more: kind(self, self.books, name, rng(), **more)
        self.watchers = [
            new("eager", earliest=True),
            new("slow", earliest=True, pause=8.0),
            new("restless", earliest=True, leave=0.001),
            new("snapshot", resume=False, leave=0.001, snapshot=True),
            new("lingering", earliest=True, linger_ms=50),
            new("durable", Durable),
            new("durable-slow", Durable, pause=4.0, leave=0.0005),
            new("durable-restless", Durable, leave=0.002, window=100),
        ]

    def start(self):
        self.gateway = Gateway(self.text, "--restart-first-ms=50", "--restart-most-ms=200", "--stable-ms=1000")

    @property
    def path(self):
        return self.gateway.path

    def pid(self, label):
        return self.gateway.last_pid(label)

    def send(self, label, signo):
        try:
            os.kill(self.pid(label), signo)
        except ProcessLookupError:
            pass

    def stop_for_a_while(self, label):
        self.send(label, signal.SIGSTOP)
        time.sleep(self.rng.random())
        self.send(label, signal.SIGCONT)

    def kill_supervisor(self):
        """Its children end by themselves; then there is room for another one."""
        children = [int(pid) for pid in re.findall(r"started, process (\d+)", self.gateway.log())]
        self.gateway.kill(signal.SIGKILL)
        self.gateway.end()
        wait_for(lambda: not any(is_alive(pid) for pid in children), "the children of a dead supervisor end")
        self.logs += self.gateway.log()
        self.start()

    def rubbish(self):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(PATIENCE)
            s.connect(self.gateway.path)
            s.sendall(self.rng.randbytes(self.rng.randrange(1, 5000)))
            s.close()
        except OSError:
            pass

    def strike(self):
        channel = "channel " + self.rng.choice(self.names)
        strikes = {
            lambda: self.send("hub", signal.SIGKILL): 6,
            lambda: (self.send("hub", signal.SIGKILL), self.send(channel, signal.SIGKILL)): 2,
            self.kill_supervisor: 0.5,
            lambda: self.send(channel, signal.SIGKILL): 6,
            lambda: self.stop_for_a_while("hub"): 4,
            lambda: self.stop_for_a_while(channel): 4,
            lambda: self.rng.choice(self.watchers).hang_up(): 4,
            self.tcp.drop: 4,
            self.rubbish: 4,
        }
        self.rng.choices(list(strikes), strikes.values())[0]()

    def all_are_served(self):
        want = {"dev/" + n for n in self.names}
        return all(w.fresh >= want for w in self.watchers)

    def wait_until_served(self):
        for w in self.watchers:
            w.fresh.clear()
        wait_for(lambda: self.books.faults or self.all_are_served(),
                 "every device at every subscriber: %s" % {w.name: w.fresh for w in self.watchers}, 3 * PATIENCE)

    def run(self):
        self.wait_until_served()
        end = time.monotonic() + self.seconds
        strikes = 0
        while time.monotonic() < end and not self.books.faults:
            self.strike()
            strikes += 1
            time.sleep(self.rng.choice([0.0, 0.1, 1.0]))
        for w in self.watchers:
            w.pauses = False
        self.wait_until_served()
        for w in self.watchers:
            w.is_over = True
        for w in self.watchers:
            w.join(PATIENCE)
        self.gateway.stop()
        self.books.check_lines()
        print("%d strikes, %d events; %s" % (
            strikes, len(self.books.events), "; ".join("%s: %s" % (w.name, dict(w.counts)) for w in self.watchers)))
        check(not self.books.faults, "\n".join(self.books.faults[:20]))
        check(not re.search(r"Sanitizer|runtime error|must\(", self.logs + self.gateway.log()), "a process complained")


def run(seconds, seed):
    def nothing_is_lost_silently_and_nothing_invented():
        print("seed %d" % seed)
        Chaos(seconds, seed).run()

    program("dragomand")
    main(nothing_is_lost_silently_and_nothing_invented)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Kills the processes of a gateway and keeps books of every event.")
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = options.parse_args()
    run(options.seconds, options.seed)
