"""Downloads a file from its address, and goes on where an earlier attempt stopped."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from appliance.core.ports import PortError

_BLOCK = 1 << 20
_TIMEOUT_S = 30.0
_PARTIAL_CONTENT = 206


def download(url: str, unfinished: Path, size: int, report: Callable[[int], None]) -> None:
    """Complete ``unfinished`` to ``size`` bytes. ``report`` is called with the number of bytes that are there. What a
    server sends is not checked here. Raises PortError; what came until then stays."""
    have = unfinished.stat().st_size if unfinished.exists() else 0
    headers = {"User-Agent": "cloister", **({"Range": f"bytes={have}-"} if have else {})}
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer, unfinished.open("ab") as file:
            if answer.status != _PARTIAL_CONTENT:  # the server sends all of it
                file.truncate(0)
                have = 0
            while have < size and (block := answer.read(_BLOCK)):
                file.write(block[: size - have])
                have = min(size, have + len(block))
                report(have)
    except urllib.error.HTTPError as error:
        raise PortError(f"{url}: the server answers {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise PortError(f"{url}: cannot be reached ({error.reason})") from None
    except (OSError, http.client.HTTPException) as error:
        raise PortError(f"{url}: broke off ({error or type(error).__name__})") from None
    if have < size:
        raise PortError(f"{url}: broke off after {have} of {size} bytes")
