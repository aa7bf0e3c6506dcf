"""``cloister tokens``: a token is shown once, and each change is in the audit log first, with and without a daemon."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from appliance.config.box import load_settings
from appliance.protocols.tokens import KeptTokens
from appliance.records.audit_record import records
from tests.sealed_daemon import cloister, serving


@pytest.mark.parametrize("running", [False, True])
def test_a_token_is_made_listed_and_revoked(config: Path, running: bool) -> None:
    state = load_settings(config).state
    with serving(config) if running else nullcontext():
        made = cloister(config, "tokens", "make", "front-desk", "--scope", "chat", "--days", "30", "--json")
        assert made.returncode == 0, made.stderr
        token = json.loads(made.stdout)["token"]
        caller = KeptTokens(state).caller(token)
        assert caller is not None and (caller.name, caller.scopes) == ("front-desk", frozenset(["chat"]))
        (listed,) = json.loads(cloister(config, "tokens", "list", "--json").stdout)
        assert (listed["name"], listed["scopes"], listed["valid"]) == ("front-desk", ["chat"], True)
        assert cloister(config, "tokens", "revoke", "front-desk").returncode == 0
        assert KeptTokens(state).caller(token) is None
        again = cloister(config, "tokens", "revoke", "front-desk")
        assert again.returncode == 3 and again.stderr.startswith("cloister: there is no token 'front-desk'")
    log = [record for record in records(state / "audit" / "audit.jsonl") if "token" in record]
    assert [(record["event"], record["token"]) for record in log] == [
        ("token made", "front-desk"),
        *[("token revoked", "front-desk")] * 2,
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("make",), "needs the name"),
        (("make", "a", "--scope", "everything"), "--scope everything is none of"),
        (("make", "a", "--days", "0"), "--days must be"),
    ],
)
def test_what_cannot_be_made_is_said(config: Path, arguments: tuple[str, ...], words: str) -> None:
    refused = cloister(config, "tokens", *arguments)
    assert refused.returncode == 2 and words in refused.stderr and len(refused.stderr.splitlines()) == 1
