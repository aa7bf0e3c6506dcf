"""Checks the users that the site's programs run as, by the site file on the disk. Another check compares that file with
the one that the daemon runs with."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look
from appliance.config.site import load_site
from appliance.tools.executable import separated


def _by_hand(_: Look) -> str:
    return "systemctl list-sockets 'cloister-tool@*'; systemctl cat 'cloister-tool@.service'"


def _look(look: Look) -> Found:
    declared = load_site(look.settings.site).tools
    apart = separated(declared)
    same = sorted(name for name, own in apart.items() if not own)
    note = {"note": "such a program can read the keys and the log, and write them"} if same else {}
    return "warn" if same else "ok", {
        "units": sorted(name for name, own in apart.items() if own),
        "as the appliance's own user": same,
        "classes within the appliance": sorted(tool.name for tool in declared if tool.python),
        **note,
    }


CHECK = Check("tools", "every program of the site's runs as a user of its own, in a unit of its own", _by_hand, _look)
