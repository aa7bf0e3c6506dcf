"""``cloister evaluate site-words``: measures whether names, drugs, places and instruments of a site are heard.

espeak-ng and flite say each word of ``site_words.yaml`` in a sentence, in voices that no ear of ours was trained on
alone. The ears hear them twice: with a site whose lists name the words, and with the same site without them. A word is
heard when all its parts stand in the transcript, in their order.

Synthesizers pronounce names by their spelling, as a stranger would. A site's own people say them in one way, which its
``vocabulary`` can tell.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
import yaml

from appliance.bench.markdown import Row, percent
from appliance.bench.workbench.material import drawn
from appliance.bench.workbench.record import Line, speech_bounds, synthesize
from appliance.config.box import Settings
from appliance.config.site import Site, Speech
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import EarStream, PortError
from appliance.engines.asr.combined import open_ear
from appliance.engines.asr.site.language_model import spoken_form

_WORDS = Path(__file__).with_suffix(".yaml")
VOICES = ("flite slt", "flite rms", "flite awb", "espeak-ng en-us+f3", "espeak-ng en-gb+m3", "espeak-ng en-us+klatt4")
_PACE = 155
"""words a minute of espeak-ng"""
_AROUND_S = 0.35
"""seconds of quiet before and after the speech"""
_LEVEL_DBFS, _NOISE_DBFS = -26.0, -56.0
_BLOCK = SAMPLE_RATE_HZ // 10


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance that has a word of the site."""

    kind: str
    """the list of the word"""
    word: str
    sentence: str
    voice: str


@dataclass(frozen=True, slots=True)
class Recall:
    """How many words of a kind were heard."""

    kind: str
    said: int
    with_lexicon: int
    without: int


@dataclass(frozen=True, slots=True)
class SiteWordFigures:
    """The recall of each kind of words, and of all together last."""

    kinds: tuple[Recall, ...]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for recall in self.kinds:
            yield Row(f"{recall.kind}: heard with the lexicon", percent(recall.with_lexicon, recall.said), recall.said)
            yield Row(f"{recall.kind}: heard without it", percent(recall.without, recall.said), recall.said)

    def table(self) -> str:
        """The figures as text for a terminal."""
        lines = [f"{'words':<12}{'said':>6}{'with lexicon':>14}{'without':>10}"]
        lines += [
            f"{r.kind:<12}{r.said:>6}{percent(r.with_lexicon, r.said):>14}{percent(r.without, r.said):>10}"
            for r in self.kinds
        ]
        return "\n".join(lines)


def evaluate(settings: Settings, site: Site, shared: Path, limit: int | None = None) -> SiteWordFigures:
    """Measure the ears of ``settings``. ``site`` gives the language; its sentences and ``shared`` are not used.

    Raises PortError where flite or espeak-ng is missing.
    """
    del shared
    for program in ("flite", "espeak-ng"):
        if shutil.which(program) is None:
            raise PortError(f"{program} is not installed; apt-get install {program}")
    data = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    utterances = drawn(list(utterances_of(data["words"], data["sentences"])), limit)
    knows, strange = (
        open_ear(settings, _site(site, data["words"], data["sentences"], known)).stream() for known in (True, False)
    )
    counts: dict[str, list[int]] = {}
    for spoken in utterances:
        sound = _said(spoken)
        row = counts.setdefault(spoken.kind, [0, 0, 0])
        row[0] += 1
        row[1] += heard(spoken.word, _listen(knows, sound), site)
        row[2] += heard(spoken.word, _listen(strange, sound), site)
    kinds = [Recall(kind, *row) for kind, row in counts.items()]
    together = Recall("together", *(sum(row[i] for row in counts.values()) for i in range(3)))
    return SiteWordFigures((*kinds, together))


def utterances_of(words: Mapping[str, list[str]], sentences: Mapping[str, list[str]]) -> Iterator[Spoken]:
    """Each word in as many sentences as there are voices, so that sentences and voices take turns."""
    number = 0
    for kind, listed in words.items():
        for word in listed:
            for voice in VOICES:
                pattern = sentences[kind][number % len(sentences[kind])]
                yield Spoken(kind, word, pattern.replace("{word}", word), voice)
                number += 1
            number += 1


def heard(word: str, text: str, site: Site) -> bool:
    """Whether a transcript has a word of the site, but for its article."""
    parts = [part for part in spoken_form(word, site.language) if part != "the"]
    return f" {' '.join(parts)} " in f" {text} "


def _site(site: Site, words: Mapping[str, list[str]], sentences: Mapping[str, list[str]], known: bool) -> Site:
    """A site of these sentences. Without its words, only the sentences' beginnings and ends are left."""
    phrases = [
        pattern.replace("{word}", f"{{{kind}}}" if known else "it")
        for kind, patterns in sentences.items()
        for pattern in patterns
    ]
    lists = {kind: tuple(listed) for kind, listed in words.items()} if known else {}
    speech = Speech(phrases=tuple(phrases), lists=lists)
    return dataclasses.replace(site, speech=speech, facts=(), opening_hours=(), small_talk=(), forms=(), emergency=None)


def _listen(ear: EarStream, samples: Samples) -> str:
    ear.start()
    for at in range(0, len(samples), _BLOCK):
        ear.accept(samples[at : at + _BLOCK])
    return ear.finish().text


def _said(spoken: Spoken) -> Samples:
    """The utterance with a little quiet around it, and with the noise of a still room."""
    program, _, voice = spoken.voice.partition(" ")
    if program == "flite":
        speech = synthesize(Line("word", spoken.sentence, voice), 1.0)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "word.wav"
            command = ["espeak-ng", "-v", voice, "-s", str(_PACE), "-w", str(path), spoken.sentence]
            subprocess.run(command, check=True, capture_output=True)
            samples, rate_hz = soundfile.read(path, dtype="float32")
        speech = np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)
    begin, end = speech_bounds(speech)
    speech = speech[begin:end] * (10 ** (_LEVEL_DBFS / 20) / np.sqrt(np.mean(speech[begin:end] ** 2)))
    quiet = round(_AROUND_S * SAMPLE_RATE_HZ)
    speech = np.pad(speech, (quiet, quiet))
    noise = np.random.default_rng(len(spoken.sentence)).standard_normal(len(speech)) * 10 ** (_NOISE_DBFS / 20)
    return np.clip(speech + noise, -1, 1).astype(np.float32)
