"""How dora connects this node: settled before it joins, through the environment that dora starts it with.

dora loses messages in three places, none of which the dataflow notices: the queue inside the receiving
node (ten deep by default), the channel before it, and the direct path between two nodes, whose sender drops
what cannot leave within a millisecond. The receiver sets the depth of the first two. The third is used only
after both ends have tested it with messages in both directions; a node that does not answer these keeps all its
traffic on the path through the daemon, which does not drop.
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
"""Message size in bytes from which dora uses shared memory, which only the direct path can pass on. dora 1.1
also logs its first messages of that size as warnings, which RUST_LOG cannot silence: it only widens dora's
filter."""
_OPERATORS: Final = (_OVERLAY, "ZENOH_CONFIG")
"""Variables by which an operator configures direct paths; if one is set, nothing is changed."""

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
"""A zenoh configuration layer under which no message takes the direct path, in either direction."""


def node_id(environ: Mapping[str, str]) -> str:
    """The name that the dataflow gave this node, or "" outside one."""
    match = re.search(r"^node_id: *(\S+)", environ.get(_NODE, ""), re.MULTILINE)
    return match[1] if match else ""


@contextmanager
def through_daemon(environ: MutableMapping[str, str]) -> Iterator[bool]:
    """Keep a node that joins in this context off dora's direct path; yields whether that was possible.

    If the operator has configured zenoh, nothing is changed.
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
    """Give inputs room for a burst unless the dataflow sets a size; returns whether anything changed."""
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
    """The input with a queue of this size, unless it sets its own."""
    if isinstance(value, yaml.ScalarNode):
        source = (yaml.ScalarNode("tag:yaml.org,2002:str", "source"), value)
        value = yaml.MappingNode("tag:yaml.org,2002:map", [source])
    if isinstance(value, yaml.MappingNode) and _entry(value, "queue_size") is None:
        number = yaml.ScalarNode("tag:yaml.org,2002:int", str(size))
        value.value.append((yaml.ScalarNode("tag:yaml.org,2002:str", "queue_size"), number))
    return value
