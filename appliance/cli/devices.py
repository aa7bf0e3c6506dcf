"""``cloister devices``: the sound devices of this machine."""

from __future__ import annotations

import argparse
import dataclasses

from appliance.cli import verb
from appliance.cli.verb import OK, Verbs, print_json
from appliance.core.plain_text import show


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    verb.declare(verbs, "devices", _devices, "list sound devices", json_too=True)


def _devices(options: argparse.Namespace) -> int:
    from appliance.devices.sound_card import list_devices

    devices = list_devices()
    if options.json:
        print_json([dataclasses.asdict(device) for device in devices])
    elif not devices:
        print("no sound device found")
    else:
        for device in devices:
            show(device.line())
    return OK
