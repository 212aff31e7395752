#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas are valid, accept what the gateway accepts, and refuse what rows alone refuse."""
import copy
import json
import os
import pathlib
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as error:
    print(f"SKIP: {error.name} is not installed (python3-jsonschema, python3-yaml)")
    sys.exit(77)

top = pathlib.Path(os.environ.get("top_srcdir", pathlib.Path(__file__).parents[2]))
config = pathlib.Path(os.environ.get("top_builddir", ".")) / "tests/config/config"
failed = False


def fail(text):
    global failed
    failed = True
    print("FAIL:", text)


def schema(name):
    text = subprocess.run([config, name], check=True, stdout=subprocess.PIPE).stdout
    tree = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(tree)
    return jsonschema.Draft202012Validator(tree)


main, channels = schema("schema"), schema("schema-channels")


def errors(validator, tree):
    return sorted(f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(tree))


def accepted(validator, tree, name):
    for text in errors(validator, tree):
        fail(f"{name} should pass: {text}")


def refused(validator, tree, name):
    if not errors(validator, tree):
        fail(f"{name} should not pass: {json.dumps(tree)}")


def load(path):
    return yaml.safe_load(path.read_text()) or {}


# Files that the gateway accepts.
here = top / "tests/conf"
good = [*here.glob("*.ok"), *here.glob("*/dragoman.ok"), top / "etc/dragoman.yaml"]
for path in good:
    accepted(main, load(path if path.suffix == ".yaml" else path.with_suffix(".yaml")), path)
    if path.suffix == ".ok":  # the effective configuration, behind warnings
        lines = [line for line in path.read_text().splitlines() if ": warning: " not in line]
        text = "\n".join(lines).replace("token: (secret)", "token: 0123456789abcdef")
        accepted(main, yaml.safe_load(text), f"{path} itself")
for path in [*(top / "etc/channels.d").glob("*.example"), *(here / "split/channels.d").glob("*.yaml")]:
    accepted(channels, load(path), path)

# One mistake each. The base is good, or the test would prove nothing.
base = {"channels": {"a": {"port": {"tcp": "10.0.0.1:1"}, "devices": {"d": {"adapter": "raw"}}}}}
accepted(main, base, "base")
accepted(channels, base["channels"], "base")


def changed(path, value):
    tree = copy.deepcopy(base)
    at = tree
    for key in path[:-1]:
        at = at.setdefault(key, {})
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return tree


A, D = ("channels", "a"), ("channels", "a", "devices", "d")
wrong = [
    (("gatway",), "mill"),
    (("log",), "verbose"),
    (("hub",), {"memory": "64KB"}),
    (("hub",), {"memory": 5}),
    (("hub",), {"max_clients": "many"}),
    (("hub",), {"max_clients": 0}),
    (("hub",), {"idle_timeout": 30}),
    (("hub",), {"slow_timeout": "2 minutes"}),
    (("hub",), []),
    (("listen",), {"socket_mode": "rw"}),
    (("listen",), {"tcp": [{"adress": "127.0.0.1"}]}),
    (("listen",), {"tcp": [{"port": 75310}]}),
    (("listen",), {"tcp": [{"port": "7531"}]}),
    (("listen",), {"tcp": [7531]}),
    (("listen",), {"tcp": {"port": 7531}}),
    (("publishers",), {"erp": {"token": "short"}}),
    (("publishers",), {"a/b": {"token_file": "/x"}}),
    (("channels", "scale line"), base["channels"]["a"]),
    (("channels", "b"), {}),
    ((*A, "port"), None),
    ((*A, "devices"), None),
    ((*A, "devices"), ["d"]),
    ((*A, "read_only"), "yes"),
    ((*A, "port"), {"tpc": "10.0.0.1:1"}),
    ((*A, "port"), {"tcp": "10.0.0.1:1", "timout": "3s"}),
    ((*A, "port"), {"tcp": "10.0.0.1:1", "pty": "/x"}),
    ((*A, "port"), {"tcp": {"tcp": "10.0.0.1:1"}, "timeout": "3s"}),
    ((*A, "port"), "tcp"),
    ((*A, "link"), {"delimeter": ","}),
    ((*A, "link"), {"delimiter": ",", "max": 0}),
    ((*A, "link"), {"fixed": "x"}),
    ((*A, "link"), {"delimiter": [["x"]]}),
    ((*A, "link"), {"delimiter": {"ends": "x"}}),
    ((*A, "link"), ["raw"]),
    ((*A, "retry"), {"first": 1}),
    ((*A, "devices", "hall//x"), {"adapter": "raw"}),
    ((*D, "profle"), "x"),
    ((*D, "profile"), ["x"]),
    ((*D, "stale_after"), "1y"),
]
for path, value in wrong:
    refused(main, changed(path, value), path)
    if path[0] == "channels":
        refused(channels, changed(path, value)["channels"], path)

right = [
    ((*A, "port"), "none"),
    ((*A, "port"), {"tcp": {"tcp": "10.0.0.1:1", "timeout": "3s"}}),
    ((*A, "link"), "raw"),
    ((*A, "link"), {"raw": None}),
    ((*A, "link"), {"delimiter": "\r\n", "max": "1KiB"}),
    ((*A, "link"), {"fixed": 7}),
    ((*A, "link"), {"delimiter": {"delimiter": ["\r", "\n"]}}),
    ((*A, "retry"), {}),
    ((*D, "stale_after"), 0),
    (("listen",), {"tcp": []}),
    (("listen",), {"tcp": None}),
    (("hub",), {"memory": 1 << 20}),
]
for path, value in right:
    accepted(main, changed(path, value), path)
sys.exit(failed)
