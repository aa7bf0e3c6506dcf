"""The general-vocabulary ear: pocketsphinx, with one search for each thing a visitor may be talking about.

Every *subject* of a site (orders at its counter, everything else it knows about) has a decoder that knows only the
subject's own words, and one more knows general English mixed with the site's language. All of them listen at the same
time, and the best score wins: a choice between whole sentences. One decoder with a mixed language model chooses
between words instead, and hears "some almond on August eighth" in an order of almond milk: with the hospital's words
added to the cafe's, one decoder understood 77 instead of 90 of 100 orders.

The scores of two decoders can be compared because both score all states of the acoustic model (``compallsen``);
otherwise each would measure itself against the best of its own candidates.

While somebody speaks, cepstral means are those of the first second of speech. When the utterance is over and a
subject's decoder has won, it hears the utterance once more with the means of the whole.
"""

from __future__ import annotations

import lzma
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from appliance.config import PocketsphinxSettings, Site
from appliance.engines import lexicon
from appliance.engines.ngram import BackoffModel, mix, read_arpa
from appliance.engines.site_language import language_models
from appliance.messages import SAMPLE_RATE_HZ, Samples, Transcript
from appliance.ports import PortError

if TYPE_CHECKING:
    from pocketsphinx import Decoder

_GENERAL = Path(__file__).with_name("general_english.arpa.xz")
"""The 20,000 commonest words and 300,000 pairs of pocketsphinx's own US-English model"""

_SETTLE_S = 1.0
"""Speech that is heard before the decoders begin, for the cepstral means they start from"""
_LEAD_S = 0.3
"""Quiet before that speech that counts for the means too"""
_QUIET_DB = 25.0
"""What is so far below the loudest moment is no speech"""
_DITHER = 8.0
"""RMS of the noise added, in steps of 16 bits (-72 dBFS). Digital silence, as in files and behind noise gates, is
unlike anything the acoustic model was trained on: pocketsphinx hears words in it."""

GENERAL = "general"
"""Name of the decoder that knows general English"""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one decoder understood."""

    subject: str
    text: str
    score: float
    """log likelihood of sound and words per frame of 10 ms, relative to the best state of each frame"""


class PocketsphinxEar:
    """A ``Recognizer``; see the module."""

    name = "pocketsphinx"

    def __init__(self, settings: PocketsphinxSettings, site: Site) -> None:
        try:
            import pocketsphinx
        except ImportError:
            raise PortError("ear: pocketsphinx is not installed; run `uv sync`") from None
        model = settings.model or Path(pocketsphinx.get_model_path("en-us"))
        acoustic = _one(model, "*/mdef").parent
        known = lexicon.read_dictionary(_one(model, "*.dict"))
        try:
            subjects, whole = language_models(site)
            with lzma.open(_GENERAL, "rt", encoding="ascii") as lines:
                languages = {**subjects, GENERAL: mix(whole, read_arpa(lines), settings.site_weight)}
        except ValueError as error:
            raise PortError(f"speech: {error}") from None
        pronunciations = lexicon.pronounce(languages[GENERAL].words, known, site.speech.vocabulary)

        def decoder(language: BackoffModel) -> Decoder:
            with tempfile.TemporaryDirectory(prefix="cloister-ear-") as folder:
                arpa, words = Path(folder, "language.arpa"), Path(folder, "words.dict")
                language.write(arpa)
                lexicon.write_dictionary(words, {word: pronunciations[word] for word in language.words})
                return pocketsphinx.Decoder(
                    hmm=str(acoustic),
                    lm=str(arpa),
                    dict=str(words),
                    samprate=SAMPLE_RATE_HZ,
                    compallsen=True,
                    # Scores after the search for the best path in the lattice are relative to that lattice.
                    bestpath=False,
                    # Louder, pocketsphinx prints the words it hears.
                    loglevel="FATAL",
                )

        self._decoders = {subject: decoder(language) for subject, language in languages.items()}
        self._started = False
        self.start()

    def start(self) -> None:
        self._abandon()
        self._heard: list[Samples] = []
        self._decoded = 0
        self._noise = np.random.default_rng(0)

    def accept(self, samples: Samples) -> str:
        noise = self._noise.normal(0.0, _DITHER / 32768, len(samples)).astype(np.float32)
        self._heard.append(samples + noise)
        if not self._started and not self._begin():
            return ""
        self._decode()
        return self._best().text

    def finish(self) -> Transcript:
        best = max(self.hearings(), key=lambda hearing: hearing.score)
        if best.subject != GENERAL and best.text:
            best = self.again(best.subject)
        return Transcript(best.text, _confidence(best), self.name)

    def hearings(self) -> list[Hearing]:
        """End the utterance: what each decoder understood."""
        if not self._heard:
            return [Hearing("", "", -math.inf)]
        if not self._started:
            self._begin(at_once=True)
        self._decode()
        self._abandon()
        return [_hearing(subject, decoder) for subject, decoder in self._decoders.items()]

    def again(self, subject: str) -> Hearing:
        """Hear the utterance that has just ended again, with the cepstral means of the whole."""
        decoder = self._decoders[subject]
        _hear_whole(decoder, _pcm(np.concatenate(self._heard)))
        return _hearing(subject, decoder)

    def _begin(self, at_once: bool = False) -> bool:
        """Start the decoders once enough speech was heard to know its cepstral means; returns whether they run."""
        heard = np.concatenate(self._heard)
        speech = _speech(heard)
        if speech is None and not at_once:
            return False
        probe = self._decoders[min(self._decoders, key=lambda subject: subject == GENERAL)]
        _hear_whole(probe, _pcm(heard if speech is None else heard[speech]))
        means = probe.get_cmn(False)
        for decoder in self._decoders.values():
            # Forget the noise and the level of the visitor before.
            decoder.reinit_feat()
            decoder.set_cmn(means)
            decoder.start_utt()
        self._started = True
        return True

    def _decode(self) -> None:
        fresh = self._heard[self._decoded :]
        if fresh:
            pcm = _pcm(np.concatenate(fresh))
            for decoder in self._decoders.values():
                decoder.process_raw(pcm)
        self._decoded = len(self._heard)

    def _abandon(self) -> None:
        if self._started:
            for decoder in self._decoders.values():
                decoder.end_utt()
        self._started = False

    def _best(self) -> Hearing:
        hearings = [_hearing(subject, decoder) for subject, decoder in self._decoders.items()]
        return max(hearings, key=lambda hearing: hearing.score)


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise PortError(f"{folder}: needs exactly one {pattern}, has {len(found)}; set ear.pocketsphinx.model")
    return found[0]


def _pcm(samples: Samples) -> bytes:
    """16-bit samples, as pocketsphinx takes them."""
    return (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def _speech(heard: Samples) -> slice | None:
    """Where speech began, with a little quiet before it, up to now; None while it is less than a second."""
    frame = SAMPLE_RATE_HZ // 50
    frames = heard[: len(heard) // frame * frame].reshape(-1, frame)
    if not len(frames):
        return None
    level_db = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-10)
    loud = np.flatnonzero(level_db > level_db.max() - _QUIET_DB)
    if (len(frames) - loud[0]) * frame < _SETTLE_S * SAMPLE_RATE_HZ:
        return None
    return slice(max(0, int(loud[0] * frame - _LEAD_S * SAMPLE_RATE_HZ)), None)


def _hear_whole(decoder: Decoder, pcm: bytes) -> None:
    """Decode a whole utterance with its own cepstral means."""
    # After live decoding, pocketsphinx would go on using running means.
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()


def _confidence(hearing: Hearing) -> float:
    """Certainty by the score: good matches lie above -3 per frame, mere noise below -6."""
    return 0.0 if not hearing.text else 1 / (1 + math.exp(-1.5 * (hearing.score + 4.5)))


def _hearing(subject: str, decoder: Decoder) -> Hearing:
    hypothesis = decoder.hyp()
    if hypothesis is None or not hypothesis.hypstr or hypothesis.best_score <= 0:
        return Hearing(subject, "", -math.inf)
    words = (word.split("(")[0] for word in hypothesis.hypstr.split())
    # pocketsphinx keeps a 1024th of its logarithms.
    score = 1024 * math.log(hypothesis.best_score) / max(1, decoder.n_frames())
    return Hearing(subject, " ".join(words), score)
