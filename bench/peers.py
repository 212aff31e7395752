"""How each peer is started and spoken to. A start function fills in a benchlib.Server."""
import os
import pathlib
import shlex
import time

import ours
from benchlib import BUILD

# Where our programs are: the build tree, unless DRAGOMAN_BUILD says another.
PROGRAMS = pathlib.Path(os.environ.get("DRAGOMAN_BUILD") or BUILD.parent.parent)


# GGA and RMC as a profile.
NMEA = pathlib.Path(__file__).absolute().with_name("nmea0183.yaml")


def write(s, name, text):
    path = f"{s.dir}/{name}"
    with open(path, "w") as f:
        f.write(text)
    return path


# --- brokers: fan-out, connections, durable path ---

def mosquitto(s, *lines):
    conf = write(s, "mosquitto.conf", "\n".join((
        f"listener {s.port} 127.0.0.1", "allow_anonymous true", "user root", "log_type error",
        "max_queued_messages 0", *lines, "")))
    s.spawn(["mosquitto", "-c", conf])
    s.wait_port()
    s.load = ["--sub", "mqtt", "--port", s.port]


def mosquitto_durable(s):
    mosquitto(s, "persistence true", f"persistence_location {s.dir}/", "max_inflight_messages 0")


def mosquitto_autosave(s):
    """Writes its whole database every 1000 changes: the nearest it has to a durable log."""
    mosquitto(s, "persistence true", f"persistence_location {s.dir}/", "max_inflight_messages 0",
              "autosave_on_changes true", "autosave_interval 1000")


def nats(s, *extra):
    s.spawn(["nats-server", "-a", "127.0.0.1", "-p", s.port, *extra])
    s.wait_port()
    s.load = ["--sub", "nats", "--port", s.port]


def nats_durable(s):
    nats(s, "-js", "-sd", s.dir)


def redis(s, *extra):
    s.spawn(["redis-server", "--port", s.port, "--bind", "127.0.0.1", "--save", "", "--dir", s.dir,
             *(extra or ("--appendonly", "no"))])
    s.wait_port()
    s.load = ["--sub", "resp", "--port", s.port]


def redis_everysec(s):
    redis(s, "--appendonly", "yes", "--appendfsync", "everysec")


def redis_always(s):
    redis(s, "--appendonly", "yes", "--appendfsync", "always")


def raw(s, max_write=None):
    """The ceiling: one shared ring, no topics. Fed by TCP."""
    s.spawn([BUILD / "fanraw", s.port, s.pub_port, *([max_write] if max_write else [])])
    s.wait_port(s.pub_port)
    s.load = ["--sub", "frame", "--port", s.port, "--pub-port", s.pub_port]


def raw_single(s):
    """The same with one system call per message and subscriber."""
    raw(s, 65)


def raw_tty(s):
    """The ceiling when the messages come from a tty."""
    master, path = s.new_tty()
    s.spawn([BUILD / "fanraw", s.port, path])
    s.wait_port()
    s.load = ["--sub", "line", "--port", s.port, "--pub", "line", "--pub-fd", master]


def hub_load(s, path, pattern, device="plc01", incarnation=1):
    """What the load program needs to publish through the Unix socket at path, and to subscribe on s.port."""
    whole, at = ours.reading(device=device, incarnation=incarnation)
    publisher = ours.publisher([device], incarnation=incarnation)
    return ["--sub", "frame", "--port", s.port, "--hello", ours.subscriber(pattern).hex(), "--hello-frames", 2,
            "--pub", "frame", "--pub-unix", path, "--pub-hello", publisher.hex(), "--pub-hello-frames", 3,
            "--pub-frame", whole.hex(), "--pub-number-at", at]


def dragoman(s):
    """Our hub by itself, fed with publish frames over its Unix socket."""
    path = f"{s.dir}/hub.sock"
    s.spawn([PROGRAMS / "dragoman-hub", "--part=" + ours.part(s), "--listen-local=" + path,
             f"--listen-tcp=127.0.0.1:{s.port}"])
    s.wait_port()
    s.load = hub_load(s, path, "#")


def dragoman_durable(s):
    """Our hub with its store."""
    s.path = f"{s.dir}/hub.sock"
    s.spawn([PROGRAMS / "dragoman-hub", "--part=" + ours.part(s, store="size: 16GiB, segment: 64MiB"),
             f"--store={s.dir}/stream", "--listen-local=" + s.path, f"--listen-tcp=127.0.0.1:{s.port}"])
    s.wait_port()
    s.durload = "durframe"


def durable_load(s):
    """What durframe needs: a publisher that is new each time, and a subscriber from the beginning."""
    incarnation = time.time_ns()
    whole, at = ours.reading(incarnation=incarnation, prompt=True)
    return ["--unix", s.path, "--pub-hello", ours.publisher(incarnation=incarnation).hex(), "--pub-frame", whole.hex(),
            "--pub-number-at", at, "--sub-hello", ours.subscriber(start=ours.EARLIEST).hex()]


def gateway(s, path, device, more=""):
    """The whole gateway on the tty at path: supervisor, channel, hub."""
    plugins = PROGRAMS / "adapters/nmea0183/.libs"
    s.spawn([PROGRAMS / "dragomand", "--config=" + ours.config(s, path, device, plugins, more), f"--run-dir={s.dir}/run",
             f"--data-dir={s.dir}/data", f"--libexec={PROGRAMS}", *(["--user=root"] if os.geteuid() == 0 else [])])
    s.wait_log("publisher line has begun")
    s.hello = ["--hello", ours.subscriber().hex(), "--hello-frames", 2]
    s.load = ["--sub", "frame", "--port", s.port, *s.hello]


def dragoman_tty(s):
    """The whole gateway, fed with lines."""
    master, path = s.new_tty()
    gateway(s, path, *RAW_LINES)
    s.load += ["--pub", "line", "--pub-fd", master]


RAW_LINES = ("{ adapter: raw }", 'link: { delimiter: "\\n" }')

BROKERS = {"dragoman": dragoman, "dragoman-tty": dragoman_tty, "mosquitto": mosquitto, "nats": nats, "redis": redis, "raw": raw, "raw-single": raw_single,
           "raw-tty": raw_tty}
DURABLE = {"dragoman": ("frame", dragoman_durable), "mosquitto": ("mqtt", mosquitto_durable), "mosquitto-autosave": ("mqtt", mosquitto_autosave),
           "nats": ("nats", nats_durable), "redis-everysec": ("resp", redis_everysec),
           "redis-always": ("resp", redis_always)}


# --- serial bridges: latency. Each reads the tty at path and serves TCP on s.port ---

def bridge_raw(s, path):
    s.spawn([BUILD / "ptyraw", path, s.port])


def bridge_hop(s, path):
    """One process per channel: tty -> process -> socketpair -> process -> TCP."""
    s.spawn([BUILD / "ptyraw", path, s.port, "hop"])


def socat(s, path):
    s.spawn(["socat", f"FILE:{path},raw,echo=0", f"TCP-LISTEN:{s.port},bind=127.0.0.1,nodelay"])


def ser2net(s, path):
    conf = write(s, "ser2net.yaml", f"connection: &c\n  accepter: tcp(nodelay=true),127.0.0.1,{s.port}\n"
                 f"  connector: serialdev(nouucplock=true),{path},115200n81,local\n"
                 "  options:\n    max-connections: 16\n")
    s.spawn(["ser2net", "-n", "-c", conf])


def mosquitto_pub(s, path):
    """What a shell user would do: mosquitto_pub -l reads the tty, mosquitto fans out."""
    mosquitto(s, "set_tcp_nodelay true")
    with open(path) as f:
        s.spawn(["mosquitto_pub", "-h", "127.0.0.1", "-p", s.port, "-t", "r/plc01/temp", "-l"], stdin=f)


def dragoman_line(s, path):
    gateway(s, path, *RAW_LINES)


BRIDGES = {"dragoman": (dragoman_line, "frame"), "raw": (bridge_raw, "line"), "raw-hop": (bridge_hop, "line"), "socat": (socat, "line"),
           "ser2net": (ser2net, "line"), "mosquitto-pub": (mosquitto_pub, "mqtt")}


# --- decoders: NMEA from the tty at path, results on s.port ---

def gpsd(s, path):
    s.spawn(["gpsd", "-N", "-n", "-b", "-S", s.port, path])


def decode_raw(s, path):
    s.spawn([BUILD / "decoderaw", path, s.port])


def dragoman_nmea(s, path):
    gateway(s, path, "{ adapter: nmea0183 }")


def dragoman_profile(s, path):
    gateway(s, path, f"{{ profile: {NMEA} }}")


DECODERS = {"dragoman": (dragoman_nmea, "frame"), "dragoman-profile": (dragoman_profile, "frame"), "gpsd": (gpsd, "gpsd"), "raw": (decode_raw, "frame")}


# --- our daemon, described by flags ---

def by_flags(s, args, path=None):
    s.spawn(shlex.split(args.ours.format(port=s.port, pub_port=s.pub_port, tty=path or "", dir=s.dir)))
    s.wait_port()
    s.load = ["--sub", args.ours_out, "--port", s.port, *hello(args)]


def ours_fanout(s, args):
    if args.ours_feed == "tty":
        master, path = s.new_tty()
        by_flags(s, args, path)
        s.load += ["--pub", "line", "--pub-fd", master]
    else:
        by_flags(s, args)
        s.load += ["--pub", "frame"]
        if args.ours_pub_unix:
            s.load += ["--pub-unix", args.ours_pub_unix.format(dir=s.dir)]
        else:
            s.wait_port(s.pub_port)
            s.load += ["--pub-port", s.pub_port]
        if args.ours_pub_hello:
            s.load += ["--pub-hello", args.ours_pub_hello, "--pub-hello-frames", args.ours_pub_hello_frames]
        if args.ours_pub_frame:
            s.load += ["--pub-frame", args.ours_pub_frame, "--pub-number-at", args.ours_pub_number_at]


def hello(args):
    return ["--hello", args.ours_hello, "--hello-frames", args.ours_hello_frames] if args.ours_hello else []
