"""The evaluation of the ears over a telephone, with a scripted ear."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.bench.workbench import telephone
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.ports import PortError
from tests.bench.workbench.test_ear import HOSPITAL, ORDER, SETTINGS, ScriptedEar
from tests.fakes import tone


@pytest.mark.parametrize("line", ["G.711 A-law", "G.711 µ-law"])
def test_a_telephone_carries_what_is_below_4_khz(line: str) -> None:
    carried = telephone.LINES[line]
    low, high = tone(1.0, 1_000), tone(1.0, 6_000)
    assert np.std(carried(low)) == pytest.approx(np.std(low), rel=0.05)
    assert np.std(carried(high)) < 0.01 * np.std(high)


def test_words_and_orders_are_counted_for_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, entry in (
        ("A-asr-dev", {"text": "Can I have a large iced coffee?", "seconds": 3.0}),
        ("commands-dev", {"slots": {"size": "large", "coffeeDrink": "iced coffee", "milkAmount": "soy milk"}}),
    ):
        (tmp_path / folder).mkdir()
        soundfile.write(tmp_path / folder / "0.wav", ORDER, SAMPLE_RATE_HZ)
        (tmp_path / folder / "manifest.jsonl").write_text(json.dumps({**entry, "file": "0.wav"}) + "\n")
    monkeypatch.setattr(telephone, "open_ear", lambda settings, site: ScriptedEar())
    figures = telephone.evaluate(SETTINGS, HOSPITAL, tmp_path)
    assert [one.line for one in figures.lines] == list(telephone.LINES)
    assert {(one.sentences, one.words, one.errors, one.orders, one.exact) for one in figures.lines} == {(1, 7, 3, 1, 1)}
    assert "42.9 %" in figures.table() and len(list(figures.document())) == 2 * len(telephone.LINES)
    (tmp_path / "A-asr-dev" / "manifest.jsonl").unlink()
    with pytest.raises(PortError, match="no recordings there"):
        telephone.evaluate(SETTINGS, HOSPITAL, tmp_path)
