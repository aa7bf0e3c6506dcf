"""``cloister tokens``: makes, lists and revokes the tokens of programs that come in by a proxy."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance.cli import verb
from appliance.cli.account import account
from appliance.cli.verb import OK, Verbs, print_json
from appliance.config.box import load_settings
from appliance.config.reader import ConfigError
from appliance.core.plain_text import show

if TYPE_CHECKING:
    from appliance.protocols.tokens import Token


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "tokens",
        _tokens,
        "make, list or revoke the tokens of programs that come in by a proxy (`doors` with `tokens: true`)",
        json_too=True,
    )
    parser.add_argument("action", choices=["make", "list", "revoke"])
    parser.add_argument("name", nargs="?", help="make, revoke: what the program is called; it is recorded")
    parser.add_argument(
        "--scope",
        action="append",
        metavar="SCOPE",
        help="make: what it may use: realtime, audio, chat, models, deepgram, kiosk, tools; may be repeated (default: "
        "all but tools)",
    )
    parser.add_argument("--days", type=float, metavar="N", help="make: refuse it after so many days (default: never)")


def _tokens(options: argparse.Namespace) -> int:
    from appliance.protocols import tokens

    settings = load_settings(options.config)
    now = datetime.now(UTC)
    if options.action == "list":
        kept = tokens.read(settings.state)
        if options.json:
            print_json([tokens.shown(token, now) for token in kept])
        else:
            show(*(_line(token, now) for token in kept))
        return OK
    if options.name is None:
        raise ConfigError([f"cloister tokens {options.action}: needs the name of a token"])
    if options.action == "revoke":
        account(settings, "token revoked", {"token": options.name})
        tokens.revoke(settings.state, options.name)
        return OK
    scopes = tuple(dict.fromkeys(options.scope or [scope for scope in tokens.SCOPES if scope != "tools"]))
    if unknown := [scope for scope in scopes if scope not in tokens.SCOPES]:
        raise ConfigError([f"cloister tokens make: --scope {unknown[0]} is none of {', '.join(tokens.SCOPES)}"])
    if options.days is not None and not 0 < options.days <= 36_500:
        raise ConfigError(["cloister tokens make: --days must be more than 0 and at most 36500"])
    account(settings, "token made", {"token": options.name})
    made = tokens.make(settings.state, options.name, scopes, options.days)
    if options.json:
        print_json({"name": options.name, "token": made})
    else:
        show(made)
    return OK


def _line(token: Token, now: datetime) -> str:
    until = "no end" if token.until is None else f"until {token.until}"
    state = until if token.valid(now) else f"expired {token.until}"
    return f"{token.name}: {', '.join(token.scopes)}; made {token.made}; {state}"
