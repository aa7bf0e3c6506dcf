"""``telephone.yaml``: where the telephone listens, which exchange it belongs to, and where a transfer goes."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from appliance.config.reader import ConfigError, Within, load_record, read_text

_NAME = re.compile(r"[\w.+~-]+")
_HOST = re.compile(r"(\[[0-9A-Fa-f:]+\]|[\w.-]+)(:\d{1,5})?")
_ADDRESS = re.compile(r"sip:[\w.+~*#-]+@" + _HOST.pattern)


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """An address of this machine with a port."""

    def wrong(self, value: str) -> str | None:
        host, _, port = value.rpartition(":")
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return f"{value!r} must be an IP address of this machine and a port, as in '10.20.0.5:5060'"
        if address.is_unspecified or address.is_multicast:
            return f"{value!r} would listen on every network: name the address in the telephones' network"
        return None if port.isdecimal() and 0 < int(port) < 65536 else f"{port!r} is no port"


@dataclass(frozen=True, slots=True)
class Like:
    """A text of a shape. ``what`` says of which, for messages."""

    shape: re.Pattern[str]
    what: str

    def wrong(self, value: str) -> str | None:
        return None if self.shape.fullmatch(value) else f"{value!r} must be {self.what}"


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """How a caller is handed over to a person: by REFER, or by keys that the exchange takes as a transfer."""

    address: Annotated[str, Like(_ADDRESS, "a SIP address, as in 'sip:200@pbx.example'")] | None = None
    """whom the caller's side is asked to call (REFER)"""
    keys: Annotated[str, Like(re.compile(r"[0-9A-D*#]{1,32}"), "keys of a telephone")] | None = None
    """keys that are pressed instead, for an exchange that takes no REFER"""

    def __post_init__(self) -> None:
        if (self.address is None) == (self.keys is None):
            raise ValueError("name an `address` or `keys`, and not both")


@dataclass(frozen=True, slots=True)
class TelephoneSettings:
    """``telephone.yaml``: one gateway between an exchange and a box."""

    door: Path
    """the box's door with ``speaks: calls``"""
    listen: Annotated[str, OwnAddress()]
    """address and port at which calls come in"""
    exchange: Annotated[str, Like(_HOST, "a host, with a port where it is not 5060")]
    """the telephone exchange (PBX), or the trunk's other end"""
    user: Annotated[str, Like(_NAME, "letters, digits and . + ~ -")]
    """the extension, or the trunk's user"""
    password_file: Path | None = None
    """file that holds the password. Without one the gateway does not register, and the exchange sends it calls as a
    trunk"""
    auth_user: Annotated[str, Like(_NAME, "letters, digits and . + ~ -")] | None = None
    """the name that goes with the password, where it is not ``user``"""
    transport: Literal["udp", "tcp"] = "udp"
    """towards the exchange"""
    codecs: tuple[Literal["g722", "alaw", "ulaw"], ...] = ("g722", "alaw", "ulaw")
    """codecs, the best first: G.722 has twice the bandwidth of G.711"""
    calls: Annotated[int, Within(1, 200)] = 4
    """most calls at a time; the next caller hears the busy tone"""
    rtp_from: Annotated[int, Within(1024, 64000)] = 20_000
    """first UDP port for sound; each call takes two, and as many are kept free between calls"""
    person: PersonSettings | None = None
    """how a caller gets to a person; without it the call ends when the site calls one"""
    drain_s: Annotated[float, Within(0, 3600)] = 300.0
    """seconds that calls may go on when the gateway is stopped"""

    def __post_init__(self) -> None:
        if not self.codecs:
            raise ValueError("`codecs` must name one")

    @property
    def password(self) -> str:
        """What the password's file holds; empty without one. Raises ConfigError."""
        if self.password_file is None:
            return ""
        password = read_text(self.password_file).strip()
        if not password or not password.isprintable() or set(password) & set('"\\'):
            raise ConfigError([f"{self.password_file}: must hold one line, without quotes and backslashes"])
        return password


def load_telephone(path: Path) -> TelephoneSettings:
    """Read the gateway's configuration. Raises ConfigError."""
    return load_record(path, TelephoneSettings)
