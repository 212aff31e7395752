# SPDX-License-Identifier: Apache-2.0
"""A line as the system tests play it: dragoman-channel by itself, and devices on a pty or behind TCP."""

import os
import socket
import tty

from dragoman_test import BUILD, Failed, Process, check, program, wait_for, write
from wire import PATIENCE, TOKEN, pb


class Channel(Process):
    """dragoman-channel beside a Hub. config is the text of its entry of `channels:`, without indentation."""

    def __init__(self, name, config, hub_path=None, lifeline=None, plugins=(), **options):
        part = "part.%s.%d.yaml" % (name, id(self))
        text = "gateway: test\npaths:\n  plugins: [%s]\nchannels:\n  %s:\n" % (", ".join(plugins), name)
        write(part, text + "".join("    %s\n" % line for line in config.strip("\n").splitlines()))
        token = write("token.%s.%d" % (name, id(self)), TOKEN.decode() + " " + name)
        args = [program("dragoman-channel"), name, "--part=" + part, "--token=" + token]
        args += ["--hub=" + (hub_path or os.path.abspath("hub.sock"))]
        if lifeline is not None:
            os.set_inheritable(lifeline.fileno(), True)
            args += ["--lifeline=%d" % lifeline.fileno()]
            options["pass_fds"] = [lifeline.fileno()]
        super().__init__(args, **options)

    def stop(self):
        self.kill()
        status = self.end()
        check(status == 0, "dragoman-channel ended with status %d; it said:\n%s" % (status, self.log()))


class Pty:
    """A device on a pseudo terminal: `path` is for the channel to open, port: {tty: PATH}."""

    def __init__(self):
        self.fd, self.other = os.openpty()
        tty.setraw(self.other)
        self.path = os.ttyname(self.other)
        os.set_blocking(self.fd, False)
        self.data = b""

    def write(self, data):
        while data:
            try:
                data = data[os.write(self.fd, data) :]
            except BlockingIOError:
                wait_for(lambda: True)

    def _more(self):
        try:
            self.data += os.read(self.fd, 65536)
        except BlockingIOError:
            pass

    def read_until(self, end=b"\n"):
        def found():
            self._more()
            return end in self.data

        try:
            wait_for(found)
        except Failed:
            raise Failed("the device got %r, and no %r" % (self.data, end))
        got, self.data = self.data.split(end, 1)
        return got

    def close(self):
        os.close(self.fd)
        os.close(self.other)


class TcpDevice:
    """A device behind TCP: port: {tcp: "127.0.0.1:PORT"}."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]

    def accept(self):
        s, _ = self.listener.accept()
        s.settimeout(PATIENCE)
        return s


def texts(subscriber, n):
    """The values of the next n readings of raw devices."""
    out = []
    while len(out) < n:
        event = subscriber.next("event").event
        if event.HasField("reading"):
            value = event.reading.values[0]
            out.append(value.text or value.data)
    return out


def next_state(subscriber, device=None, *codes):
    """The next State (of this device) that is one of these codes."""
    while True:
        event = subscriber.next("event").event
        if event.HasField("state") and device in (None, event.device):
            if not codes or event.state.code in codes:
                return event.state


def counters(hub, name):
    """What the channel has counted, as the hub tells."""
    for publisher in hub.status().publishers:
        if publisher.name == name:
            return {c.name: c.value for c in publisher.counters}
    return {}


ALL = [pb.KIND_READING, pb.KIND_STATE, pb.KIND_LOSS, pb.KIND_RAW]
TEST_PLUGINS = os.path.join(BUILD, "tests", "plugins", ".libs")
