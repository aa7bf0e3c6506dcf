"""Reports where the keys of the box lie, and what opens them."""

from __future__ import annotations

import shlex

from appliance.attestation.check import Check, Found, Look
from appliance.records import keys, tpm


def _by_hand(look: Look) -> str:
    return (
        "ls -l /run/credentials/cloister.service /etc/credstore.encrypted "
        f"{shlex.quote(str(look.settings.state / 'keys'))}; cloister keys show"
    )


def _look(look: Look) -> Found:
    state = look.settings.state
    places = {name: keys.find(name, state) for name in keys.NAMES}
    in_clear = sorted(name for name, place in places.items() if place and place.parent == state / "keys")
    opened_by = {name: tpm.binding(tpm.CREDENTIALS / f"cloister.{name}") for name in keys.NAMES}
    note = {"note": "a key in the state folder protects against nobody who reads the disk"} if in_clear else {}
    return "warn" if in_clear else "ok", {
        **{name: str(place) if place else None for name, place in places.items()},
        "credentials are opened by": {name: means for name, means in opened_by.items() if means},
        **note,
    }


CHECK = Check("keys", "its keys are credentials that systemd decrypts for the service alone", _by_hand, _look)
