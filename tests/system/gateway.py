# SPDX-License-Identifier: Apache-2.0
"""The whole gateway as it is installed, under its supervisor."""

import re

from dragoman_test import BUILD, Supervisor, check, program, wait_for, write
from wire import Hub

# A device that counts: a hundred lines a second in bursts of ten, its own process id first.
COUNTER = """[/bin/sh, -c, 'echo pid $$; i=0; while sleep 0.1; do for j in 1 2 3 4 5 6 7 8 9 10; do i=$((i + 1)); echo $i; done; done']"""


def counting(*names, **more):
    """The configuration of channels named so, each with a device dev/NAME that counts."""
    text = "gateway: test\nlog: debug\nlisten: {tcp: []}\nchannels:\n"
    for name in names:
        text += "  %s:\n    port: {exec: %s}\n    link: {delimiter: \"\\n\"}\n" % (name, more.get(name, COUNTER))
        text += "    devices: {dev/%s: {adapter: raw, options: {as: text}}}\n" % name
    return text


class Gateway(Supervisor):
    def __init__(self, config, *options, **more):
        for name in ("dragoman-hub", "dragoman-channel", "dragoman-config"):
            program(name)
        super().__init__(write("dragoman.yaml", config), *options, libexec=BUILD, **more)
        self.path = self.socket
        self.expect("ready, ")

    connect, client, subscriber, status = Hub.connect, Hub.client, Hub.subscriber, Hub.status

    def last_pid(self, label):
        return int(re.findall(r"%s started, process (\d+)" % re.escape(label), self.log())[-1])

    def publisher_status(self, name):
        return next(p for p in self.status().publishers if p.name == name)


def text_of(frame):
    """What a counting device said in this event; None if it is no reading."""
    if frame.WhichOneof("body") != "event" or frame.event.WhichOneof("body") != "reading":
        return None
    return next(v.text for v in frame.event.reading.values if v.tag == "data")


def readings(subscriber, device, n):
    """The texts of the next n readings of that device."""
    texts = []
    while len(texts) < n:
        frame = subscriber.next()
        if frame.event.device == device and text_of(frame) is not None:
            texts.append(text_of(frame))
    return texts


def numbers(texts):
    return [int(t) for t in texts if not t.startswith("pid")]


def check_consecutive(texts):
    counted = numbers(texts)
    check(counted == list(range(counted[0], counted[0] + len(counted))), counted)
