"""Reports what is kept of conversations, and which switches keep words."""

from __future__ import annotations

import shlex

from appliance.attestation.check import Check, Found, Look


def _by_hand(look: Look) -> str:
    return (
        f"find {shlex.quote(str(look.settings.state))} -type f | xargs ls -l; "
        f"grep -A9 ^privacy: {shlex.quote(str(look.settings.site))}"
    )


def _look(look: Look) -> Found:
    state = look.settings.state
    kept: dict[str, str] = {}
    for entry in sorted(state.iterdir()) if state.is_dir() else ():
        files = [p for p in ([entry] if entry.is_file() else entry.rglob("*")) if p.is_file()]
        kept[entry.name] = f"{len(files)} files, {sum(p.stat().st_size for p in files)} bytes"
    privacy = look.statement.get("privacy") or {}
    switched_on = sorted(name for name, value in privacy.items() if value)
    return "warn" if switched_on else "ok", {
        "state": str(state),
        "kept": kept,
        "privacy": privacy,
        "words are kept by": switched_on,
        "the audit log is kept": "for good",
    }


CHECK = Check(
    "data",
    "what is kept, where and for how long (switches: its own statement)",
    _by_hand,
    _look,
    shared=("privacy", "words are kept by"),
)
