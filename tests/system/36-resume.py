#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client that loses its hub waits, comes back, and is told what it missed: the events, or a Gap."""

import json
import os
import signal
import socket

from dragoman_test import Process, Supervisor, check, main, program, wait_for, write
from wire import Hub, pb


def subscribers(hub):
    return sum(c.subscribed for c in hub.status().clients)


def watch(hub, server):
    w = Process([program("dragoman"), "watch", "--json", "--kinds", "readings", "--server", server])
    wait_for(lambda: subscribers(hub) == 1, "the subscription")
    return w


def another_hub_is_found_and_the_gap_told():
    hub = Hub()
    w = watch(hub, hub.path)
    p = hub.publisher()
    p.publish(p.reading(text="before"))
    w.expect('"before"')
    hub.kill(signal.SIGKILL)
    hub.end()
    lost = json.loads(w.expect('.*"event":"lost".*\\n').group())
    check(lost["code"] == "lost" and lost["retry_in_ms"] >= 0, lost)
    os.unlink(hub.path)
    hub = Hub()
    # The new stream is another one: its events so far cannot be matched with the old place.
    p = hub.publisher(incarnation=2)
    w.expect('"event":"connected"')
    w.expect('"event":"gap".*"reason":"[^"]*another stream')
    wait_for(lambda: subscribers(hub) == 1, "the subscription")
    p.publish(p.reading(text="after"))
    w.expect('"after"')
    hub.stop()


def a_durable_client_is_given_each_event_once_while_the_hub_is_killed():
    hub = Hub(store="stream")
    p = hub.publisher()
    w = Process([program("dragoman"), "watch", "--json", "--server", hub.path, "--kinds", "readings", "--durable", "ledger", "--window", "7"])
    wait_for(lambda: subscribers(hub) == 1, "the subscription")
    for n in range(10):
        p.publish(*[p.reading(text="%d" % (10 * n + i), prompt=i == 9) for i in range(10)])
        p.wait_kept()
        if n % 3 == 2:
            hub.kill(signal.SIGKILL)  # while some are given, some acknowledged, and some neither
            hub.end()
            hub = Hub(store="stream")
            p = hub.publisher()
    texts = lambda: [json.loads(line)["values"][0]["value"] for line in w.whole_lines() if '"reading"' in line]
    wait_for(lambda: len(texts()) >= 100, "all readings")
    check(texts() == ["%d" % n for n in range(100)], texts())
    check('"gap"' not in w.log(), w.log())
    hub.stop()


class Cable:
    """Between a client and the hub, to be pulled."""

    def __init__(self, port):
        self.port, self.pair = port, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.pid = None

    def plug(self):
        self.pid = os.fork()
        if self.pid == 0:
            self.relay()

    def relay(self):
        import select

        near = self.listener.accept()[0]
        far = socket.create_connection(("127.0.0.1", self.port))
        while True:
            for s in select.select([near, far], [], [])[0]:
                data = s.recv(65536)
                if not data:
                    os._exit(0)
                (far if s is near else near).sendall(data)

    def pull(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def what_was_missed_comes_when_the_line_is_back():
    hub = Hub()
    cable = Cable(hub.port)
    cable.plug()
    w = watch(hub, cable.address)
    p = hub.publisher()
    p.publish(p.reading(text="one"))
    w.expect('"one"')
    cable.pull()
    w.expect('"event":"lost"')
    p.publish(p.reading(text="two"), p.reading(text="three"))
    p.wait_kept()
    cable.plug()
    w.expect('"event":"connected"')
    w.expect('"two"')
    w.expect('"three".*\\n')
    check('"gap"' not in w.log(), w.log())
    texts = [json.loads(line) for line in w.whole_lines()]
    texts = [line["values"][0]["value"] for line in texts if line["event"] == "reading"]
    check(texts == ["one", "two", "three"], texts)
    cable.pull()
    hub.stop()


GATEWAY = """
listen: {tcp: [{address: 127.0.0.1, port: 0}]}
channels:
  line:
    port: {exec: [/bin/sh, -c, "while echo tick; do sleep 0.1; done"]}
    link: {delimiter: "\\n"}
    devices: {clock: {adapter: raw}}
"""


def a_gateway_whose_hub_is_killed_goes_on():
    s = Supervisor(write("dragoman.yaml", GATEWAY))
    hub = s.pid_of("hub")
    s.expect("supervisor: ready")
    w = Process([program("dragoman"), "watch", "--json", "--server", s.socket])
    w.expect('"event":"reading".*"device":"clock"')
    os.kill(hub, signal.SIGKILL)
    w.expect('"event":"lost"')
    w.expect('"event":"connected"')
    w.expect('"event":"reading".*"device":"clock"')
    check('"event":"gap"' not in w.log(), w.log())
    s.stop()


main(
    a_durable_client_is_given_each_event_once_while_the_hub_is_killed,
    another_hub_is_found_and_the_gap_told,
    what_was_missed_comes_when_the_line_is_back,
    a_gateway_whose_hub_is_killed_goes_on,
)
