#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Serial ports of a real kernel: a UART, and a USB adapter that is plugged in, pulled out and plugged in
again, in a QEMU guest (no KVM needed). Run by `make qemu-check`.

Needs qemu-system-x86_64, a static busybox, and a Debian kernel with its modules: that of this machine, or
the one whose package (linux-image-...-amd64) is unpacked in the directory that DRAGOMAN_KERNEL names.
"""
import glob
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

MODULES = ("usb-common", "usbcore", "xhci-hcd", "xhci-pci", "usbserial", "ftdi_sio")
PORTS = ("{usb: {vendor: '0403', serial: A9IL3Q}, baud: 19200, format: 7E1}", "{serial: /dev/ttyS1, flow: rtscts}")
INIT = """#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in {modules}; do insmod /modules/$m.ko; done
echo ready
exec /probe {ports} 2>&1
"""


def skip(why):
    print("SKIP: " + why)
    sys.exit(77)


def kernel():
    root = os.environ.get("DRAGOMAN_KERNEL", "/")
    for image in sorted(glob.glob(root + "/boot/vmlinuz-*"), reverse=True):
        modules = f"{root}/lib/modules/{image.split('vmlinuz-')[1]}"
        found = {}
        for name in MODULES:
            paths = glob.glob(f"{modules}/**/{name}.ko", recursive=True)
            if paths:
                found[name] = paths[0]
        if len(found) == len(MODULES) and os.access(image, os.R_OK):
            return image, found
    skip("no kernel with its modules; see the top of this file")


def libraries(program):
    """None if it is linked statically (ldd fails then)."""
    return re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", program], capture_output=True, text=True).stdout)


def real_program(path):
    """Behind libtool's wrapper."""
    name = os.path.join(os.path.dirname(path), ".libs", os.path.basename(path))
    return name if os.path.exists(name) else path


class Archive:
    """An initramfs: cpio in the "newc" form."""

    def __init__(self):
        self.parts, self.seen = [], set()

    def entry(self, name, mode, data=b""):
        name = name.strip("/")
        if name in self.seen:
            return
        self.seen.add(name)
        head = "070701" + "".join("%08x" % v for v in (
            len(self.seen), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
        for part in (head.encode() + name.encode() + b"\0", data):
            self.parts.append(part + b"\0" * (-len(part) % 4))

    def directories(self, name):
        parent = os.path.dirname(name.strip("/"))
        if parent:
            self.directories(parent)
            self.entry(parent, 0o040755)

    def file(self, name, data, mode=0o100755):
        self.directories(name)
        self.entry(name, mode, data)

    def copy(self, name, path):
        with open(path, "rb") as f:
            self.file(name, f.read())

    def link(self, name, target):
        self.directories(name)
        self.entry(name, 0o120777, target.encode())

    def write(self, path):
        self.entry("TRAILER!!!", 0)
        with gzip.open(path, "wb", 1) as f:
            f.write(b"".join(self.parts))


def initramfs(path, busybox, probe, modules):
    a = Archive()
    for d in ("proc", "sys", "dev", "tmp"):
        a.entry(d, 0o040755)
    a.copy("bin/busybox", busybox)
    for applet in ("sh", "mount", "insmod", "echo"):
        a.link("bin/" + applet, "busybox")
    for name, source in modules.items():
        a.copy(f"modules/{name}.ko", source)
    a.copy("probe", probe)
    for library in libraries(probe):
        a.copy(library, os.path.realpath(library))
    a.file("init", INIT.format(modules=" ".join(MODULES),
                               ports=" ".join('"' + p + '"' for p in PORTS)).encode())
    a.write(path)


class Guest:
    def __init__(self, work, image):
        self.work = work
        self.lines, self.rest = [], b""
        usb, uart, qmp = (os.path.join(work, n) for n in ("usb", "uart", "qmp"))
        self.process = subprocess.Popen([
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "pc,accel=tcg", "-m", "256", "-kernel", image, "-initrd", work + "/initrd",
            "-append", "console=ttyS0 quiet loglevel=3 rdinit=/init panic=-1",
            "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
            "-chardev", f"socket,id=uart,path={uart},server=on,wait=off", "-serial", "chardev:uart",
            "-chardev", f"socket,id=usb,path={usb},server=on,wait=off",
            "-chardev", "null,id=other",
            "-device", "qemu-xhci,id=xhci", "-qmp", f"unix:{qmp},server=on,wait=off",
        ], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.qmp_file = self.connect("qmp").makefile("rw")
        self.qmp_file.readline()
        self.qmp("qmp_capabilities")
        self.usb, self.uart = self.connect("usb"), self.connect("uart")

    def connect(self, name):
        end = time.monotonic() + 20
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(os.path.join(self.work, name))
                s.settimeout(30)
                return s
            except OSError:
                s.close()
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def qmp(self, command, **arguments):
        self.qmp_file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.qmp_file.flush()
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return

    def read_lines(self):
        data = self.process.stdout.read() or b""
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.lines += [line.decode(errors="replace").strip() for line in lines]

    def expect(self, pattern, seconds=60):
        """Waits for a line, from the last one that was expected on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read_lines()
            while self.lines:
                line = self.lines.pop(0)
                print("guest: " + line)
                if re.search(pattern, line):
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"no line that matches {pattern!r}; last: {self.rest!r}")

    def plug(self, name, serial, chardev):
        self.qmp("device_add", driver="usb-serial", id=name, bus="xhci.0", serial=serial, chardev=chardev,
                 **{"always-plugged": True})

    def unplug(self, name):
        self.qmp("device_del", id=name)

    def close(self):
        self.process.kill()
        self.process.wait()


def echo(guest, sock, index, sent):
    """What is sent arrives, and comes back."""
    sock.sendall(sent)
    want, came = "".join(f"{b:02x}" for b in sent), ""
    while len(came) < len(want):
        came += guest.expect(rf"^{index} received ").split("received ")[1].replace(" ", "")
    assert came == want, (came, want)
    back = b""
    while len(back) < len(sent):
        back += sock.recv(100)
    assert back == sent, back


def run(guest):
    guest.expect(r"^ready", 120)
    guest.expect(r"^0 lost no such port: .*no such device is plugged in")
    guest.expect(r"^1 opened /dev/ttyS1")
    echo(guest, guest.uart, 1, b"uart\r\n")
    guest.expect(r"^1 drained")

    guest.plug("d0", "A9IL3Q", "usb")
    guest.expect(r"^0 opened /dev/ttyUSB0 \(.*serial A9IL3Q")
    echo(guest, guest.usb, 0, b"first\r\n")

    guest.unplug("d0")
    guest.expect(r"^0 lost unplugged: /dev/ttyUSB0 is gone")
    # Another adapter takes its name; it is found by its serial number.
    guest.plug("d1", "OTHER1", "other")
    guest.expect(r"^0 lost no such port: .*OTHER1")
    guest.plug("d2", "A9IL3Q", "usb")
    guest.expect(r"^0 opened /dev/ttyUSB1 \(.*serial A9IL3Q")
    echo(guest, guest.usb, 0, b"again\r\n")

    # A break is a NUL to those who do not ask for more.
    guest.qmp("chardev-send-break", id="uart")
    guest.expect(r"^1 received 00")


def main():
    qemu, busybox = shutil.which("qemu-system-x86_64"), shutil.which("busybox")
    if not qemu:
        skip("qemu-system-x86_64 is not installed")
    if not busybox or libraries(busybox):
        skip("there is no static busybox (busybox-static)")
    image, modules = kernel()
    probe = real_program(os.path.join(os.environ.get("top_builddir", "."), "tests/qemu/port_probe"))
    with tempfile.TemporaryDirectory(prefix="dragoman-qemu.") as work:
        initramfs(work + "/initrd", busybox, probe, modules)
        guest = Guest(work, image)
        try:
            run(guest)
        finally:
            guest.close()
    print("PASS")


main()
