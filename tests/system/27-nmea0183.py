#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver on a terminal, the plugin nmea0183, and clients: its readings, its catalogue, what is unknown,
two instruments behind one multiplexer."""

import os

from dragoman_test import BUILD, check, main, wait_for
from line import ALL, Channel, Pty, counters
from wire import Hub, pb

PLUGINS = [os.path.join(BUILD, "adapters", "nmea0183", ".libs")]
GPS = "devices:\n  gps: {adapter: nmea0183}\n"


def sentence(text):
    total = 0
    for c in text.encode():
        total ^= c
    return b"$%s*%02X\r\n" % (text.encode(), total)


def next_event(s, body, device=None):
    while True:
        event = s.next("event").event
        if event.WhichOneof("body") == body and device in (None, event.device):
            return event


def values(event):
    return {v.tag: v for v in event.reading.values}


def gateway(config):
    hub, receiver = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", "$channel/+", tcp=True, kinds=ALL)
    channel = Channel("c1", "port: {tty: %s}\n" % receiver.path + config, plugins=PLUGINS)
    channel.expect("is open")
    return hub, receiver, s, channel


def sentences_become_readings():
    hub, receiver, s, channel = gateway(GPS)
    receiver.write(sentence("GPRMC,083559.00,A,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,A"))
    event = next_event(s, "reading")
    v = values(event)
    check(event.reading.key == "RMC" and abs(v["latitude"].number - 47.2852395) < 1e-9, event)
    check(v["longitude"].quality == pb.QUALITY_GOOD and v["mode"].text == "autonomous", event)
    check(event.reading.device_time == 1039422959 * 10**9, event)
    receiver.write(sentence("GPRMC,083600.00,V,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,N"))
    v = values(next_event(s, "reading"))
    check(v["latitude"].quality == pb.QUALITY_BAD and v["latitude"].reason == "no fix", v)
    check(v["latitude"].WhichOneof("value") is None, v)
    channel.stop()
    hub.stop()


def noise_and_what_is_unknown_are_counted_and_raw():
    hub, receiver, s, channel = gateway(GPS)
    receiver.write(b"\xb5\x62\x01\x07$\x00\xff" + sentence("GPHDT,274.07,T") + b"!AIVDM,1,1,,A,x,0*4A\r\n")
    receiver.write(b"$GPHDT,1.0,T*00\r\n" + sentence("PSRF100,1,9600,8,1,0") + sentence("GPHDT,90.0,T"))
    check(values(next_event(s, "reading"))["heading"].number == 274.07)
    seen = []
    while True:
        event = s.next("event").event
        if event.HasField("raw"):
            seen.append(event.raw.data)
        if event.HasField("reading"):
            break
    check(any(b"PSRF100" in data for data in seen), seen)
    check(values(event)["heading"].number == 90)
    wait_for(lambda: any("unknown" in name and n for name, n in counters(hub, "c1").items()), "the counter")
    channel.stop()
    hub.stop()


def two_instruments_behind_a_multiplexer_are_two_devices():
    two = "devices:\n  gps: {adapter: nmea0183, options: {talkers: GP GN}}\n"
    two += "  wind: {adapter: nmea0183, options: {talkers: WI}}\n"
    hub, receiver, s, channel = gateway(two)
    receiver.write(sentence("WIMWV,060.2,R,8.5,M,A") + sentence("GPHDT,274.07,T"))
    event = next_event(s, "reading", "wind")
    check(event.reading.key == "MWV-R" and values(event)["wind_speed_apparent"].number == 8.5, event)
    check(next_event(s, "reading", "gps").reading.key == "HDT")
    devices = {d.name: d for d in hub.client().ask(pb.Frame(browse=pb.Browse())).catalogue.devices}
    tags = {t.name: t.unit for t in devices["wind"].tags}
    check(tags == {"wind_angle_apparent": "deg", "wind_speed_apparent": "m/s"}, tags)
    check([t.name for t in devices["gps"].tags] == ["heading"], devices["gps"])
    channel.stop()
    hub.stop()


main(
    sentences_become_readings,
    noise_and_what_is_unknown_are_counted_and_raw,
    two_instruments_behind_a_multiplexer_are_two_devices,
)
