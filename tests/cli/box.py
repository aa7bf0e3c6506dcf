"""Helpers for tests of the verbs: the recordings of a box, and the events in its log."""

from __future__ import annotations

import json
from pathlib import Path

from appliance.config.box import load_settings
from appliance.records.audit_record import records
from tests.sealed_daemon import cloister

REASON = "asked for by the data protection officer"


def identities(config: Path) -> list[str]:
    return [kept["id"] for kept in json.loads(cloister(config, "recordings", "list", "--json").stdout)]


def events(config: Path) -> list[tuple[object, object]]:
    log = load_settings(config).state / "audit" / "audit.jsonl"
    return [(record["event"], record.get("reason")) for record in records(log)]
