"""How dora connects this node, settled before the node joins: by the variables that dora starts a process with.

dora loses messages in three places, none of which says a word to the dataflow: the queue inside the receiving
node (ten deep by default), the channel before it, and the direct path between two nodes, whose sender drops
what cannot leave within a millisecond. The first two are as deep as the receiver says. The third is taken only
after both ends have proved it by messages to and fro; a node that answers none keeps everything that it
receives and sends on the path through the daemon, which does not drop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import yaml

_NODE: Final = "DORA_NODE_CONFIG"
_OVERLAY: Final = "DORA_ZENOH_CONFIG_OVERLAY"
_SHARED: Final = "DORA_ZERO_COPY_THRESHOLD"
"""From how many bytes on dora takes shared memory for a message, which only the direct path can pass on. Of its first
messages of that size dora 1.1 also tells as warnings, which RUST_LOG cannot silence: it widens dora's filter only."""
_OPERATORS: Final = (_OVERLAY, "ZENOH_CONFIG")
"""By these the operator of a deployment configures its direct paths; we do not interfere."""

_SILENCE: Final = {
    "access_control": {
        "enabled": True,
        "default_permission": "allow",
        "rules": [
            {
                "id": "no messages",
                "permission": "deny",
                "messages": ["put"],
                "flows": ["ingress", "egress"],
                "key_exprs": ["**"],
            }
        ],
        "subjects": [{"id": "everybody"}],
        "policies": [{"rules": ["no messages"], "subjects": ["everybody"]}],
    }
}
"""A layer of zenoh's configuration: no message passes on the direct path, in either direction."""


def node_id(environ: Mapping[str, str]) -> str:
    """The name that the dataflow gave this node, or "" outside one."""
    match = re.search(r"^node_id: *(\S+)", environ.get(_NODE, ""), re.MULTILINE)
    return match[1] if match else ""


@contextmanager
def through_daemon(environ: MutableMapping[str, str]) -> Iterator[bool]:
    """Keep a node that joins meanwhile off dora's direct path; whether that is so.

    Where the operator has configured zenoh, nothing is changed.
    """
    if any(name in environ for name in _OPERATORS):
        yield False
        return
    with TemporaryDirectory(prefix="dora-mlx-tts-") as folder:
        file = Path(folder) / "zenoh.json5"
        file.write_text(json.dumps(_SILENCE), encoding="utf-8")
        changed = {_OVERLAY: str(file)} | ({} if _SHARED in environ else {_SHARED: str(2**62)})
        environ.update(changed)
        try:
            yield True
        finally:
            for name in changed:
                del environ[name]


def deepen_queues(ports: Collection[str], size: int, environ: MutableMapping[str, str]) -> bool:
    """Give a node's inputs room for a burst where the dataflow does not say how much; whether it did."""
    try:
        config = yaml.compose(environ.get(_NODE, ""), Loader=yaml.SafeLoader)
        inputs = _entry(_entry(config, "run_config"), "inputs")
        if not isinstance(inputs, yaml.MappingNode):
            return False
        inputs.value = [
            (key, _with_room(value, size) if key.value in ports else value)
            for key, value in inputs.value
        ]
        environ[_NODE] = yaml.serialize(config, Dumper=yaml.SafeDumper)
    except (yaml.YAMLError, RecursionError):
        return False
    return True


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _with_room(value: yaml.Node, size: int) -> yaml.Node:
    """An input with a queue of this size, unless it has one."""
    if isinstance(value, yaml.ScalarNode):
        source = (yaml.ScalarNode("tag:yaml.org,2002:str", "source"), value)
        value = yaml.MappingNode("tag:yaml.org,2002:map", [source])
    if isinstance(value, yaml.MappingNode) and _entry(value, "queue_size") is None:
        number = yaml.ScalarNode("tag:yaml.org,2002:int", str(size))
        value.value.append((yaml.ScalarNode("tag:yaml.org,2002:str", "queue_size"), number))
    return value
