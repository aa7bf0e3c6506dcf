"""Tokens of programs: made once, kept as hashes, revoked at once."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core.ports import PortError
from appliance.protocols import tokens
from appliance.protocols.access import Caller
from appliance.protocols.openai.realtime.client_secrets import ClientSecrets
from appliance.protocols.tokens import KeptTokens


def test_a_token_is_known_by_its_text_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    text = tokens.make(tmp_path, "app", ("chat",), None)
    other = tokens.make(tmp_path, "other", ("audio",), 1)
    kept = KeptTokens(tmp_path)
    assert kept.caller(text) == Caller("app", frozenset(["chat"]))
    assert kept.caller(other) == Caller("other", frozenset(["audio"]))
    assert kept.caller(text[:-1]) is None and kept.caller("") is None
    file = tmp_path / tokens.FILE
    assert text not in file.read_text() and file.stat().st_mode & 0o777 == 0o600
    assert [token.name for token in tokens.read(tmp_path)] == ["app", "other"]
    assert "sha256" not in tokens.shown(tokens.read(tmp_path)[0], datetime.now(UTC))


def test_a_token_ends_with_its_days_and_when_it_is_revoked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tokens.make(tmp_path, "old", ("chat",), 1, datetime.now(UTC) - timedelta(days=2))
    text = tokens.make(tmp_path, "app", ("chat",), 1)
    kept = KeptTokens(tmp_path)
    assert kept.caller(old) is None
    caller = kept.caller(text)
    assert caller is not None
    secrets = ClientSecrets(kept)
    short, _ = secrets.make(caller, frozenset(["chat"]), {"seconds": 60}, {})
    assert secrets.caller(short) == caller and secrets.caller(text) == caller
    with monkeypatch.context() as later:
        later.setattr(
            "appliance.protocols.openai.realtime.client_secrets.time", SimpleNamespace(monotonic=lambda: 1e12)
        )
        assert secrets.caller(short) is None
    short, _ = secrets.make(caller, frozenset(["chat"]), None, {})
    assert secrets.caller(short) == caller
    tokens.revoke(tmp_path, "app")
    assert kept.caller(text) is None and secrets.caller(short) is None and not kept.valid("app")


def test_a_file_that_is_damaged_lets_nobody_in(tmp_path: Path) -> None:
    text = tokens.make(tmp_path, "app", ("chat",), None)
    kept = KeptTokens(tmp_path)
    for damage in ("", "[]", '{"format": 2}', json.dumps({"format": 1, "tokens": [{"name": "x"}]})):
        (tmp_path / tokens.FILE).write_text(damage)
        with pytest.raises(PortError, match=r"tokens\.json"):
            KeptTokens(tmp_path)
        os.utime(tmp_path / tokens.FILE, ns=(1, hash(damage) % 10**9))
        assert kept.caller(text) is None


@pytest.mark.parametrize("name", ["", "Upper", "a b", "a/b", "-a", "x" * 65, "app"])
def test_a_name_that_would_mislead_is_refused(tmp_path: Path, name: str) -> None:
    tokens.make(tmp_path, "app", ("chat",), None)
    with pytest.raises(PortError, match="token"):
        tokens.make(tmp_path, name, ("chat",), None)
    with pytest.raises(PortError, match="there is no token"):
        tokens.revoke(tmp_path, "nobody")
