# SPDX-License-Identifier: Apache-2.0
"""Stock protobuf runtimes of other languages, for the system tests."""

import os
import shutil
import subprocess

from dragoman_test import BUILD, SOURCE, skip

PROTO = os.path.join(SOURCE, "proto")
JAVA_RUNTIME = "/usr/share/java/protobuf.jar"


def node_modules(*files):
    """A directory below the build with protobufjs, as the example's package.json pins it, installed once; and with
    copies of these files."""
    if not shutil.which("node") or not shutil.which("npm"):
        skip("node or npm is not installed")
    home = os.path.join(BUILD, "examples", "node-modules")
    os.makedirs(home, exist_ok=True)
    for path in (os.path.join(SOURCE, "examples", "node", "package.json"), *files):
        shutil.copyfile(path, os.path.join(home, os.path.basename(path)))
    if not os.path.isdir(home + "/node_modules/protobufjs"):
        npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            run = subprocess.run(
                npm + ["--cache", home + "/.npm"], cwd=home, timeout=60, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            skip("the npm registry does not answer")
        if run.returncode:
            skip("npm install failed: " + run.stderr.strip().replace("\n", " ")[:200])
    return home


def java_classes(source, *protos):
    """Compiles a Java program in the present directory with what protoc makes of these files; its class path."""
    for tool in ("java", "javac", "protoc"):
        if not shutil.which(tool):
            skip("%s is not installed" % tool)
    if not os.path.exists(JAVA_RUNTIME):
        skip("libprotobuf-java is not installed")
    os.makedirs("classes")
    os.makedirs("generated")
    for path, root in protos:
        subprocess.run(["protoc", "-I" + root, "--java_out=generated", path], check=True)
    generated = [os.path.join(d, f) for d, _, files in os.walk("generated") for f in files]
    javac = ["javac", "-J-XX:TieredStopAtLevel=1", "-nowarn", "-proc:none", "-cp", JAVA_RUNTIME, "-d", "classes"]
    subprocess.run(javac + generated + [source], check=True, timeout=100)
    return "classes:" + JAVA_RUNTIME
