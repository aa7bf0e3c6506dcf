"""The ear for a site's own sentences: pocketsphinx, with one decoder for each subject.

Every *subject* of a site (orders at its counter, everything else it knows about) has a decoder that knows only the
subject's own words. Where no other ear hears general English, one more decoder knows that, mixed with the site's
language. All of them listen at the same time, and the best score wins, so the choice is between whole sentences. One
decoder with a mixed language model chooses between words instead, and hears "some almond on August eighth" in an order
of almond milk. With the hospital's words added to the cafe's, one decoder understood 77 instead of 90 of 100 orders.

The scores of two decoders can be compared because both score all states of the acoustic model (``compallsen``).
Otherwise each score would be relative to the best of the decoder's own candidates.

While the visitor speaks, the cepstral means are those of the first second of speech. When the utterance is over and a
subject has won, another decoder of the subject decodes the utterance once more, with the means of the whole.
"""

from __future__ import annotations

import lzma
import math
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.config.box import PocketsphinxSettings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import PortError
from appliance.engines.asr.site import language_model, lexicon
from appliance.engines.asr.site.cache import prepared
from appliance.engines.asr.site.ngram import BackoffModel, estimate, mix, read_arpa
from appliance.engines.asr.sphinx_library import Decoder, acoustic_model

_GENERAL = Path(__file__).with_name("general_english.arpa.xz")
"""The 20,000 commonest words and 300,000 pairs of pocketsphinx's own US-English model"""

_SETTLE_S = 1.0
"""Seconds of speech from which the decoders' first cepstral means are measured, before they begin"""
_LEAD_S = 0.3
"""Seconds of quiet before that speech that count for the means too"""
_QUIET_DB = 25.0
"""Decibels below the loudest moment from which sound is no speech"""
_DITHER = 8.0
"""RMS of the noise added, in steps of 16 bits (-72 dBFS). Digital silence, as in files and behind noise gates, is
unlike anything the acoustic model was trained on: pocketsphinx hears words in it."""

_GENERAL_HANDICAP = 0.3
"""Added to the score per frame of a subject's expected sentence, when it is compared with general English"""

_EMERGENCY_HANDICAP = 0.1
"""Taken from the score per frame of what visitors in need say. On a first look at this decoder alone, 18 of 22
emergencies in noise scored higher than the other subjects by more than that, and 3 of 25 harmless sentences, most of
which have the words of emergencies."""

_STRANGE = 1 / 3
"""Unseen n-grams (``BackoffModel.unseen``) per word from which a sentence is not one that the site expects"""
_WIDEST = 3000
"""The most HMM states that the search follows in a frame. Without a bound, noise makes the search of general English
five times wider, and slower than speech. With it, no more words are wrong."""

_SUBJECT = "subject-"
"""Beginning of the names of subjects' files. The subject of everything that has no other has the empty name."""

GENERAL = "general"
"""Name of the decoder that knows general English"""


@dataclass(frozen=True, slots=True)
class Hearing:
    """The words that one decoder understood, with their score."""

    subject: str
    text: str
    score: float
    """log likelihood of sound and words per frame of 10 ms, relative to the best state of each frame"""


class PocketsphinxEar:
    """The ``Ear`` port; see the module. pocketsphinx has a search and its models in one decoder, and decoders share
    nothing but pages of the acoustic model's file. So each stream has decoders of its own. The ear has the models'
    files, the threads that decode, and one decoder that measures cepstral means for all streams."""

    def __init__(
        self, settings: PocketsphinxSettings, site: Site, keep: Path, threads: int = 1, *, general: bool = True
    ) -> None:
        """Load the acoustic model and prepare the site's languages, which are kept in ``keep`` from the first start
        on. At most ``threads`` decoders of all streams together work at the same time. Without ``general``, none of
        them knows more than the site's language.

        Raises PortError.
        """
        model = settings.model or acoustic_model()
        acoustic = _one(model, "*/mdef").parent
        words = _one(model, "*.dict")
        languages = prepared(
            keep,
            "pocketsphinx",
            _ingredients(settings, site, words, general),
            lambda folder: _prepare(folder, settings, site, words, general),
        )
        self._acoustic, self._languages, self._general = acoustic, languages, general
        self._subjects = {
            path.stem.removeprefix(_SUBJECT): read_arpa(path.read_text(encoding="utf-8").splitlines())
            for path in sorted(languages.glob(f"{_SUBJECT}*.arpa"))
        }
        # This decoder only measures means. Its words do not matter, so it knows only one.
        self._probe = self._decoder("probe", compallsen=False)
        self._probing = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ear")

    def stream(self) -> PocketsphinxStream:
        """Begin to listen to one speaker. Raises PortError.

        A stream has two decoders for each subject, which take some 9 MB and 40 ms to load in a small site, and one for
        general English, which takes 45 MB and a second.
        """
        decoders = {
            # The second pass over its lattice would be wasted on a subject: the winner is heard again anyway.
            subject: self._decoder(f"{_SUBJECT}{subject}", fwdflat=False, maxhmmpf=_WIDEST)
            for subject in self._subjects
        }
        if self._general:
            decoders[GENERAL] = self._decoder("general", maxhmmpf=_WIDEST)
        # No more scores are compared once a subject has won, so these may search the lattice for the best path. That
        # search recovers last words that are soft or drowned.
        second = {
            subject: self._decoder(f"{_SUBJECT}{subject}", compallsen=False, bestpath=True)
            for subject in self._subjects
        }
        return PocketsphinxStream(self._subjects, decoders, second, self._means, self._pool)

    def _decoder(self, language: str, **options: bool | int) -> Decoder:
        settled: dict[str, str | bool | int] = {
            "compallsen": True,
            # Scores after the search for the best path in the lattice are relative to that lattice.
            "bestpath": False,
            # Louder, pocketsphinx prints the words it hears.
            "loglevel": "FATAL",
            **options,
        }
        return Decoder(
            hmm=str(self._acoustic),
            lm=str(self._languages / f"{language}.arpa"),
            dict=str(self._languages / f"{language}.dict"),
            **settled,
        )

    def _means(self, samples: Samples) -> bytes:
        """Cepstral means of a sound, for ``Decoder.expect``."""
        with self._probing:
            _hear_whole(self._probe, _pcm(samples))
            return self._probe.means


class PocketsphinxStream:
    """The ``EarStream`` port."""

    name = "pocketsphinx"

    def __init__(
        self,
        subjects: Mapping[str, BackoffModel],
        decoders: Mapping[str, Decoder],
        second: Mapping[str, Decoder],
        means: Callable[[Samples], bytes],
        pool: Executor,
    ) -> None:
        """``subjects`` holds the language model of each subject. ``decoders`` listen while the visitor speaks, one for
        each subject and perhaps one for general English. ``second`` decode an utterance of their subject again.
        ``means`` gives the cepstral means of a sound. ``pool`` has the threads that decode."""
        self._subjects = subjects
        self._decoders = decoders
        self._second = second
        self._means = means
        self._pool = pool
        self._running: set[str] = set()
        self.start()

    def start(self) -> None:
        for subject in list(self._running):
            self._end(subject)
        self._heard: list[Samples] = []
        self._decoded = 0
        self._ahead: Hearing | None = None
        """result of the winner's second pass over the utterance, at a pause"""
        self._partial = ""
        self._noise = np.random.default_rng(0)

    def accept(self, samples: Samples) -> str:
        if len(samples):
            noise = self._noise.normal(0.0, _DITHER / 32768, len(samples))
            self._heard.append((samples + noise).astype(np.float32))
        if self._ahead is not None:
            # This is silence. It is decoded when the speaker goes on, so that the end of a turn need not wait for it.
            return self._partial
        if not self._running and not (self._heard and self._begin()):
            return ""
        self._decode()
        self._partial = self._best().text
        return self._partial

    @property
    def streaming(self) -> str:
        return self._best().text if self._running else ""

    def pause(self) -> Transcript:
        """Let the winner decode the utterance again now. The result is valid until the speaker goes on."""
        if self._ahead is None:
            heard = self._best()
            if heard.subject not in self._second:
                return self._transcript(heard)
            self._ahead = self._heard_again(heard)
        return self._transcript(self._ahead)

    def resume(self) -> None:
        self._ahead = None

    def finish(self) -> Transcript:
        return self._transcript(self._last())

    def _last(self) -> Hearing:
        """End the utterance and return the best hearing.

        Decoders that lost are ended when the next utterance starts, because ending them takes time, and the visitor
        should not wait for it.
        """
        if self._ahead is not None:
            return self._ahead
        if self._heard and not self._running:
            self._begin(at_once=True)
        self._decode()
        heard = self._best()
        if heard.subject in self._second:
            return self._heard_again(heard)
        if heard.subject in self._running:
            self._end(heard.subject)
            return _hearing(heard.subject, self._decoders[heard.subject])
        return heard

    def _heard_again(self, heard: Hearing) -> Hearing:
        decoder = self._second[heard.subject]
        _hear_whole(decoder, _pcm(np.concatenate(self._heard)))
        return Hearing(heard.subject, _hearing(heard.subject, decoder).text, heard.score)

    def hearings(self) -> list[Hearing]:
        """The hearing of each decoder so far."""
        return [_hearing(subject, self._decoders[subject]) for subject in self._decoders if subject in self._running]

    def _transcript(self, hearing: Hearing) -> Transcript:
        return Transcript(hearing.text, _confidence(hearing), self.name)

    def _surprises(self, subject: str, text: str) -> int:
        """How many n-grams of a sentence occur in none of the subject's phrases; 0 where there is no such subject."""
        return self._subjects[subject].unseen(text.split()) if subject in self._subjects else 0

    def _best(self) -> Hearing:
        """The most probable hearing.

        General English fits any sound a little better, because it has more words to choose from. So a subject whose
        sentence the site expects wins even if its score is up to ``_GENERAL_HANDICAP`` lower. Emergencies are rare, so
        they have to fit better than what else is said.
        """

        def merit(hearing: Hearing) -> float:
            surprises = self._surprises(hearing.subject, hearing.text)
            expected = hearing.subject != GENERAL and surprises < _STRANGE * len(hearing.text.split())
            rare = hearing.subject == language_model.EMERGENCY
            return hearing.score + _GENERAL_HANDICAP * expected - _EMERGENCY_HANDICAP * rare

        return max(self.hearings(), key=merit, default=Hearing(GENERAL, "", -math.inf))

    def _begin(self, at_once: bool = False) -> bool:
        """Start the decoders once enough speech was heard to know its cepstral means; returns whether they run."""
        heard = np.concatenate(self._heard)
        speech = _speech(heard)
        if speech is None and not at_once:
            return False
        means = self._means(heard if speech is None else heard[speech])
        for subject, decoder in self._decoders.items():
            decoder.forget()
            decoder.expect(means)
            decoder.start()
            self._running.add(subject)
        return True

    def _decode(self) -> None:
        fresh = self._heard[self._decoded :]
        if fresh:
            pcm = _pcm(np.concatenate(fresh))
            for done in [self._pool.submit(decoder.process, pcm) for decoder in self._decoders.values()]:
                done.result()
        self._decoded = len(self._heard)

    def _end(self, subject: str) -> None:
        self._running.discard(subject)
        self._decoders[subject].end()


def _ingredients(settings: PocketsphinxSettings, site: Site, words: Path, general: bool) -> list[bytes]:
    """Everything that the language models depend on, the program included, for the name of what is kept."""
    files = [_GENERAL, words, Path(__file__), Path(lexicon.__file__), *language_model.program(site)]
    return [repr(site).encode(), repr((settings.site_weight, general)).encode(), *(path.read_bytes() for path in files)]


def _prepare(folder: Path, settings: PocketsphinxSettings, site: Site, words: Path, general: bool) -> None:
    """Write a language model and a dictionary for each decoder; general English takes a dozen seconds."""
    try:
        # The model of all subjects together is only needed for general English.
        subjects, whole = (
            language_model.language_models(site) if general else (language_model.subject_models(site), None)
        )
        models = {folder / f"{_SUBJECT}{subject}.arpa": language for subject, language in subjects.items()}
        models[folder / "probe.arpa"] = estimate([(("the",), 1.0)])
        if general:
            with lzma.open(_GENERAL, "rt", encoding="ascii") as lines:
                english = read_arpa(lines)
            models[folder / "general.arpa"] = mix(whole, english, settings.site_weight) if whole else english
        needed = {word for language in models.values() for word in language.words}
        pronunciations = lexicon.pronounce(
            needed, lexicon.read_dictionary(words), site.language, site.speech.vocabulary
        )
    except ValueError as error:
        raise PortError(f"speech: {error}") from None
    for path, language in models.items():
        language.write(path)
        lexicon.write_dictionary(path.with_suffix(".dict"), {word: pronunciations[word] for word in language.words})


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise PortError(f"{folder}: needs exactly one {pattern}, has {len(found)}; set ear.pocketsphinx.model")
    return found[0]


def _pcm(samples: Samples) -> bytes:
    """16-bit samples, as pocketsphinx takes them."""
    return (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def _speech(heard: Samples) -> slice | None:
    """The part of the samples from the beginning of speech, with a little quiet before it, up to now. None while the
    speech is shorter than a second."""
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
    decoder.forget()
    decoder.start()
    decoder.process(pcm, whole=True)
    decoder.end()


def _confidence(hearing: Hearing) -> float:
    """Confidence from the score per frame: clear speech lies above -4, noise below -6."""
    return 0.0 if not hearing.text else 1 / (1 + math.exp(-1.5 * (hearing.score + 5.8)))


def _hearing(subject: str, decoder: Decoder) -> Hearing:
    text, likelihood = decoder.hypothesis()
    words = " ".join(word.split("(")[0] for word in text.split())
    return Hearing(subject, words, likelihood / max(1, decoder.frames) if words else -math.inf)
