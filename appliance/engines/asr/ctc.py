"""The ear for a site's own sentences on Moonshine's encoder: a small CTC head, decoded along the site's language.

``moonshine`` turns sound into states of 24 ms, whether or not this ear listens. A head of 2.5 million parameters
(``models/recipes/ctc``) reads them as letters, and ``site.search`` finds the site's sentence that fits these letters
best, or finds that none does. The nearer the letters that were read are to this sentence, the surer it is: with at most
10 % of other letters, 119 of 120 orders were all right and 25 of 28 questions, and no speech or noise that is none of
the site's was read so nearly (the head's card).

The same letters tell when each word was said, also those that another ear heard (``alignment``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from appliance.config.box import CtcSettings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript, WordTime
from appliance.core.ports import PortError
from appliance.engines.asr.alignment import Span, spans
from appliance.engines.asr.moonshine import ENCODER, LONGEST, STATE_SAMPLES, Encoder, SharedEncoder, sha256
from appliance.engines.asr.site import language_model
from appliance.engines.asr.site.cache import prepared
from appliance.engines.asr.site.language_model import spoken_form
from appliance.engines.asr.site.ngram import read_arpa
from appliance.engines.asr.site.search import OTHER, Found, SiteSearch
from appliance.engines.asr.whole_utterance import WholeUtterance
from appliance.engines.onnx import open_network
from appliance.language import Language
from appliance.language.words import fold

_SUBJECT = "subject-"
"""Beginning of the names of subjects' files. The subject of everything that has no other has the empty name."""
_STEEPNESS, _EVEN = 20.0, 0.22
"""Slope of the confidence, and the share of letters at which words are as likely wrong as right"""
_REFUSED = 0.5
"""Share of letters that were read otherwise from which nothing was heard"""
_SURE = 0.8
"""Confidence from which partial results are told: the beginning of any speech may be like a sentence of the site"""
_LEAD_S, _TAIL_S = 0.06, 0.02
"""Seconds by which a word begins before its first letter's first state and ends behind its last letter's last one. They
were fitted on 1,347 words by five voices of synthesizers, for a median error of 23 and 22 ms."""


class Head:
    """The network that reads letters. Several threads may call it at once."""

    def __init__(self, settings: CtcSettings, threads: int = 1) -> None:
        """Load the head. Raises PortError when a file is missing, or the head was made for another encoder."""
        if not settings.head.is_file():
            raise PortError(f"ear.ctc: {settings.head} is missing")
        try:
            self._session: Any = open_network(settings.head, threads)
            about = self._session.get_modelmeta().custom_metadata_map
            self.letters: str = about["letters"]
            """the symbols of its output after the blank"""
            self.symbols: Mapping[str, int] = {letter: number for number, letter in enumerate(self.letters, 1)}
            """the column of each letter in the output"""
            made_for = about["encoder"]
        except (ValueError, KeyError) as error:
            raise PortError(f"ear.ctc: {settings.head} is no CTC head ({error})") from None
        if made_for != sha256(settings.encoder / ENCODER):
            raise PortError(
                f"ear.ctc: {settings.head} was made for another network than {settings.encoder / ENCODER}; take the "
                "one that comes with this version, or leave `ear.ctc` out"
            )

    def log_probs(self, states: Samples) -> Samples:
        """Log probabilities of the blank and of each letter, shape ``(states, 1 + letters)``, given the encoder's
        states."""
        if not states.shape[1]:
            return np.empty((0, 1 + len(self.letters)), np.float32)
        likely: Samples = self._session.run(None, {"states": states})[0][0]
        return likely


class CtcEar:
    """The ``Ear`` port on the head, for one site."""

    def __init__(
        self, settings: CtcSettings, site: Site, keep: Path, encoder: Encoder | None = None, threads: int = 1
    ) -> None:
        """Load the networks and prepare the site's languages, which are kept in ``keep`` from the first start on.
        ``encoder`` is that of ``settings``, where another ear has loaded it.

        Raises PortError.
        """
        self._head = Head(settings)
        self.encoder = encoder or Encoder(settings.encoder, threads)
        folder = prepared(keep, "ctc", _ingredients(site), lambda folder: _prepare(folder, site))
        languages = {
            path.stem.removeprefix(_SUBJECT): read_arpa(path.read_text(encoding="utf-8").splitlines())
            for path in sorted(folder.glob(f"{_SUBJECT}*.arpa"))
        }
        if not languages:
            raise PortError(f"ear.ctc: {site.name} has no sentences to listen for; leave `ear.ctc` out")
        self._search = SiteSearch(languages, self._head.symbols)
        self._language = site.language

    def stream(self, encoder: SharedEncoder | None = None) -> CtcStream:
        """Begin to listen to one speaker, with the ``encoder`` of the line's other ears. A stream keeps the sound of
        its utterance, 64 kB a second."""
        return CtcStream(self._head, self._search, encoder or SharedEncoder(self.encoder), self._language)


class CtcStream(WholeUtterance[Transcript]):
    """The ``EarStream`` port, and ``WordTimer``."""

    name = "ctc"

    def __init__(self, head: Head, search: SiteSearch, encoder: SharedEncoder, language: Language) -> None:
        self._head, self._search, self._encoder, self._language = head, search, encoder, language
        super().__init__()

    def start(self, *, seldom: bool = False) -> None:
        super().start(seldom=seldom)
        self._letters: Samples = np.empty((0, 0), np.float32)
        """what was read last, log probabilities as ``Head`` gives them"""
        self._read_length = 0
        """samples of the utterance in which it was read"""

    def pause(self) -> Transcript:
        return self.heard()

    def finish(self) -> Transcript:
        return self.heard()

    def times(self, text: str) -> tuple[WordTime, ...]:
        # The letters were read for the last partial result or at the pause. Another ear may have heard more since.
        if self._ahead is None and self._length > self._read_length:
            self._read_letters(self.sound)
        words = text.split()
        spelling = [spelled(word, self._head.symbols, self._language) for word in words]
        found = spans(self._letters, spelling, self._head.symbols[" "])
        # Of a longer utterance only the end was read.
        begin_s, end_s = max(0, self._read_length - LONGEST) / SAMPLE_RATE_HZ, self._read_length / SAMPLE_RATE_HZ
        return tuple(WordTime(word, *time) for word, time in zip(words, seconds(found, begin_s, end_s), strict=False))

    def _hear(self, samples: Samples) -> Transcript:
        self._read_letters(samples)
        return transcript(self._search.best(self._letters))

    def _read_letters(self, samples: Samples) -> None:
        self._letters = self._head.log_probs(self._encoder.states(samples))
        self._read_length = len(samples)

    def _words(self, heard: Transcript) -> str:
        return heard.text if heard.confidence >= _SURE else ""


def transcript(found: Found) -> Transcript:
    """The words of the site that were found, and how sure they are. None where the letters were read as others."""
    text = " ".join(word for word in found.words if word != OTHER)
    otherwise = read_otherwise(text, found.read)
    if otherwise >= _REFUSED:
        return Transcript("", 0.0, CtcStream.name)
    return Transcript(text, 1 / (1 + math.exp(_STEEPNESS * (otherwise - _EVEN))), CtcStream.name)


def read_otherwise(text: str, read: str) -> float:
    """How many letters of a text were read otherwise without any language, for each letter of it."""
    return Levenshtein.distance(text, read) / len(text) if text else 1.0


def seconds(found: Sequence[Span], begin_s: float, end_s: float) -> list[tuple[float, float]]:
    """Begin and end of each word, of which none begins before the word before it ends. The first state is at
    ``begin_s``, and the sound ends at ``end_s``."""
    state_s = STATE_SAMPLES / SAMPLE_RATE_HZ
    starts = [max(begin_s, begin_s + span.first * state_s - _LEAD_S) for span in found]
    ends = [min(end_s, begin_s + (span.last + 1) * state_s + _TAIL_S) for span in found]
    following = [*starts[1:], end_s]
    return [(start, max(start, min(end, limit))) for start, end, limit in zip(starts, ends, following, strict=False)]


def spelled(word: str, symbols: Mapping[str, int], language: Language) -> list[int]:
    """The symbols of a word as it is said, without the letters that have none. Figures are said as several words."""
    said = word if symbols.keys() >= set(word) else " ".join(map(fold, spoken_form(word, language)))
    return [symbols[letter] for letter in said if letter in symbols]


def _ingredients(site: Site) -> list[bytes]:
    """Everything that the languages depend on, the program included, for the name of what is kept."""
    return [repr(site).encode(), *(path.read_bytes() for path in (Path(__file__), *language_model.program(site)))]


def _prepare(folder: Path, site: Site) -> None:
    try:
        languages = language_model.subject_models(site)
    except ValueError as error:
        raise PortError(f"speech: {error}") from None
    for subject, language in languages.items():
        language.write(folder / f"{_SUBJECT}{subject}.arpa")
