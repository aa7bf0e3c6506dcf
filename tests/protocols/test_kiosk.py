"""The kiosk's page at the level of its messages. A real browser opens it in ``test_kiosk_browser``."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, unix_connect

from appliance.config.site import Kiosk, Privacy, SiteFact
from appliance.core.facts import Outcome
from appliance.devices.wave import WaveLine
from appliance.protocols.kiosk.session import questions_of
from appliance.protocols.kiosk.texts import TEXTS
from appliance.protocols.sound import encode
from tests.conftest import CHECKOUT
from tests.fakes import VOICE_RATE_HZ, tone
from tests.protocols.rig import Exchange, OneToken, served
from tests.protocols.test_deepgram import messages, of_type
from tests.sites import SITE

ANSWERS: list[Exchange] = [("where is room one", ["On the first floor.", Outcome()])]
LONG = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen."


def connect(path: Path, mode: str, token: str | None = None) -> ClientConnection:
    subprotocols = None if token is None else ["bearer", token]
    return unix_connect(str(path), uri=f"ws://localhost/kiosk/session?mode={mode}", subprotocols=subprotocols)


def test_the_page_is_served_whole_and_loads_nothing_else(tmp_path: Path) -> None:
    with served(tmp_path, tokens=OneToken("secret")) as box:
        status, headers, body = box.ask("GET /kiosk HTTP/1.1\nHost: localhost")
        assert status == 200 and "require-trusted-types-for 'script'" in headers["content-security-policy"]
        page = body.decode()
        for path in re.findall(r'(?:src|href)="([^"]+)"', page):
            assert box.ask(f"GET {path} HTTP/1.1\nHost: localhost")[0] == 200
        assert not re.search(r"https?:|style=|onclick|<script>", page)


def test_every_text_of_the_page_is_there_in_every_language() -> None:
    page = CHECKOUT / "appliance" / "protocols" / "kiosk" / "page"
    named = set(re.findall(r"texts\.(\w+)", (page / "kiosk.js").read_text()))
    assert named <= set(TEXTS["en"]) and all(set(texts) == set(TEXTS["en"]) for texts in TEXTS.values())
    assert all(texts[key] for texts in TEXTS.values() for key in texts)


def test_questions_are_the_sites_own_or_come_from_its_facts() -> None:
    facts = tuple(SiteFact(f"f{n}", "Yes.", (f"[please] (where|how) is room {n}",)) for n in range(8))
    assert questions_of(replace(SITE, facts=facts))[1] == "Where is room 1?"
    assert len(questions_of(replace(SITE, facts=facts))) == 6
    assert questions_of(replace(SITE, facts=facts, kiosk=Kiosk(("Where is room 9?",)))) == ["Where is room 9?"]


@pytest.mark.parametrize("publishes", [False, True])
def test_a_page_on_the_box_follows_and_touches_the_room(tmp_path: Path, publishes: bool) -> None:
    site = replace(SITE, privacy=Privacy(publish_transcripts=publishes))
    answers: list[Exchange] = [*ANSWERS, ("long", [LONG])]
    with served(tmp_path, ["where is room one"], answers, site=site) as box:
        room = WaveLine(VOICE_RATE_HZ, "real")
        box.service.appliance.open_line(room.microphone, room.speaker)
        with connect(box.path, "here") as page:
            (hello,) = messages(page, of_type("hello"))
            assert (hello["name"], hello["language"], hello["captions"]) == (site.name, "en-US", publishes)
            room.say(tone(1.0))
            told = messages(page, lambda m: m == {"type": "state", "state": "speaking"})
            states = [m["state"] for m in told if m["type"] == "state"]
            assert states[0] == "hearing" and {"thinking", "speaking"} <= set(states)
            assert any(m["type"] == "level" and m["dbfs"] > -40 for m in told)  # type: ignore[operator]
            said = [m["text"] for m in told if m["type"] == "heard" and m["final"]]
            assert said == (["where is room one"] if publishes else [])
            messages(page, lambda m: m == {"type": "state", "state": "listening"})
            page.send(json.dumps({"type": "text", "text": "long"}))
            messages(page, lambda m: m == {"type": "state", "state": "speaking"})
            page.send(json.dumps({"type": "stop"}))
            messages(page, of_type("interrupted"))
            page.send(json.dumps({"type": "mute", "on": True}))
            room.say(tone(1.0))
            messages(page, of_type("level"))
            muted = [message for _ in range(12) for message in messages(page, of_type("level"))]
            assert not any(m.get("dbfs", -120) > -99 or m.get("state") == "hearing" for m in muted)  # type: ignore[operator]
            page.send("nonsense")
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    page.recv(5)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
        room.stop()


def test_a_page_on_another_device_brings_its_sound(tmp_path: Path) -> None:
    with (
        served(tmp_path, ["where is room one"], ANSWERS, tokens=OneToken("t", frozenset(["kiosk"]))) as box,
        connect(box.path, "apart", "t") as page,
    ):
        assert page.subprotocol == "bearer"
        messages(page, of_type("hello"))
        page.send(encode(np.concatenate([np.repeat(tone(1.0), 3)[::2], np.zeros(12_000, np.float32)]), "linear16"))
        told: list[dict[str, object]] = []
        sound = b""
        while not told or told[-1] != {"type": "state", "state": "listening"} or not sound:
            message = page.recv(20)
            if isinstance(message, bytes):
                sound += message
            else:
                told.append(json.loads(message))
        texts = [m["text"] for m in told if m["type"] in ("heard", "said") and m.get("final", True)]
        assert texts == ["where is room one", "On the first floor."]
        assert len(sound) / 48_000 == pytest.approx(0.8, abs=0.1)
        page.send(json.dumps({"type": "text", "text": "Code red!"}))
        (emergency,) = [m for m in messages(page, of_type("emergency")) if m["type"] == "emergency"]
        assert emergency["text"] == "Help is on the way."


def test_a_box_without_a_microphone_has_no_room_to_show(tmp_path: Path) -> None:
    with served(tmp_path) as box, connect(box.path, "here") as page:
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(5)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
