"""Ears on sherpa-onnx: streaming models, and models that hear whole utterances.

A streaming CTC model decodes along the site's word graph, and a transducer gets the site's vocabulary as hotwords.
(Hotwords on a CTC model end the process.) A model for whole utterances is run again each time that the utterance has
grown by a third, so that all its partial results together cost no more than four final ones.

sherpa-onnx keeps the state of decoding in streams of its own, and lets several threads decode different ones at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.config.box import Settings, SherpaSettings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import Ear, PortError
from appliance.engines.asr.site import graph as site_graph
from appliance.engines.asr.site import language_model
from appliance.engines.asr.site.cache import prepared
from appliance.engines.asr.site.graph import read_tokens, spell
from appliance.engines.asr.site.language_model import vocabulary_of
from appliance.engines.asr.whole_utterance import WholeUtterance
from appliance.language.words import plain_words

if TYPE_CHECKING:
    import sherpa_onnx

_NAME = "sherpa"
_GRAPH = "site.fst"
_SMALL_BYTES = 100_000_000
"""A model whose files have fewer bytes runs on one thread, because sherpa-onnx's threads spin while they wait for each
other. With the starter's network two threads took 0.104 instead of 0.042 processor seconds for a second of sound, and
were no faster. To decode the streams of eight lines in one batch (``decode_streams``) took 0.031 to 0.037."""
_TAIL_S = 0.9
"""Seconds of silence added after the last sample, because only full chunks are decoded and a network may look ahead"""
_FIRST_PARTIAL_S, _GROWTH = 0.8, 4 / 3

_FILES: Mapping[str, Mapping[str, str]] = {
    "model": {"model": "model.onnx", "tokens": "tokens.txt"},
    "transducer": {
        "encoder": "encoder.onnx",
        "decoder": "decoder.onnx",
        "joiner": "joiner.onnx",
        "tokens": "tokens.txt",
    },
    "whisper": {"encoder": "encoder.onnx", "decoder": "decoder.onnx", "tokens": "tokens.txt"},
    "canary": {"encoder": "encoder.int8.onnx", "decoder": "decoder.int8.onnx", "tokens": "tokens.txt"},
    "moonshine": {
        "preprocessor": "preprocess.onnx",
        "encoder": "encode.int8.onnx",
        "uncached_decoder": "uncached_decode.int8.onnx",
        "cached_decoder": "cached_decode.int8.onnx",
        "tokens": "tokens.txt",
    },
}
"""Usual name of each file of a model, by the model's kind and the file's role"""


def open_sherpa(ear: SherpaSettings, settings: Settings, site: Site) -> Ear:
    """Open the ear that ``ear`` describes. Raises PortError when a file or the library is missing."""
    try:
        import sherpa_onnx
    except ImportError:
        raise PortError("ear: sherpa-onnx is not installed; run `uv sync`") from None
    files = _files(ear)
    small = sum(Path(path).stat().st_size for path in files.values()) < _SMALL_BYTES
    threads = 1 if small else settings.threads
    common: dict[str, Any] = {**files, "num_threads": threads, "provider": settings.device}
    online, offline = sherpa_onnx.OnlineRecognizer, sherpa_onnx.OfflineRecognizer
    if ear.kind == "zipformer2_ctc":
        graph = _graph(site, Path(files["tokens"]), settings.kept) if ear.site_graph else None
        if graph is not None and graph.is_file():
            common["ctc_graph"] = str(graph)
        return OnlineEar(_made(online.from_zipformer2_ctc, common, ear))
    if ear.kind == "nemo_ctc":
        return OnlineEar(_made(online.from_nemo_ctc, common, ear))
    if ear.kind == "transducer":
        hotwords = _hotwords(ear, site, Path(files["tokens"]))
        if hotwords:
            common |= {"decoding_method": "modified_beam_search", "hotwords_score": ear.hotwords_score}
        return OnlineEar(_made(online.from_transducer, common, ear), hotwords)
    if ear.kind == "offline_transducer":
        # Parakeet and its relatives are NeMo models.
        common["model_type"] = "nemo_transducer" if _is_nemo(Path(files["tokens"])) else "transducer"
    makers: dict[str, Callable[..., Any]] = {
        "offline_transducer": offline.from_transducer,
        "offline_whisper": offline.from_whisper,
        "offline_moonshine": offline.from_moonshine,
        "offline_canary": offline.from_nemo_canary,
        "offline_nemo_ctc": offline.from_nemo_ctc,
        "offline_medasr_ctc": offline.from_medasr_ctc,
        "offline_sense_voice": offline.from_sense_voice,
    }
    return OfflineEar(_made(makers[ear.kind], common, ear))


class OnlineEar:
    """The ``Ear`` port on a streaming model."""

    def __init__(self, recognizer: sherpa_onnx.OnlineRecognizer, hotwords: str = "") -> None:
        self._recognizer = recognizer
        self._hotwords = hotwords

    def stream(self) -> OnlineStream:
        """Begin to listen to one speaker. A stream holds the states of network and search, 150 kB for the starter's."""
        return OnlineStream(self._recognizer, self._hotwords)


class OnlineStream:
    """The ``EarStream`` port on a streaming model."""

    name = _NAME

    def __init__(self, recognizer: sherpa_onnx.OnlineRecognizer, hotwords: str) -> None:
        self._recognizer = recognizer
        self._hotwords = hotwords
        self.start()

    def start(self) -> None:
        # Only a transducer has hotwords. With other models, passing the argument at all ends the process.
        create = self._recognizer.create_stream
        self._stream: Any = create(hotwords=self._hotwords) if self._hotwords else create()
        self._heard = False

    def accept(self, samples: Samples) -> str:
        self._heard = self._heard or len(samples) > 0
        self._stream.accept_waveform(SAMPLE_RATE_HZ, samples)
        return self._decode()

    @property
    def streaming(self) -> str:
        return self._decode()

    def pause(self) -> Transcript:
        """The transcript so far. A streaming model has decoded everything but its last window, which is not full."""
        text = self._decode()
        return Transcript(text, _certainty(text, ()), self.name)

    def resume(self) -> None:
        """Do nothing, because nothing was computed ahead."""

    def finish(self) -> Transcript:
        if not self._heard:
            # A network may find one more word in the silence that is added below.
            return Transcript("", 0.0, self.name)
        self._stream.accept_waveform(SAMPLE_RATE_HZ, np.zeros(int(_TAIL_S * SAMPLE_RATE_HZ), np.float32))
        self._stream.input_finished()
        text = self._decode()
        result = self._recognizer.get_result_all(self._stream)
        return Transcript(text, _certainty(text, getattr(result, "ys_probs", ())), self.name)

    def _decode(self) -> str:
        while self._recognizer.is_ready(self._stream):
            self._recognizer.decode_stream(self._stream)
        return _plain(self._recognizer.get_result(self._stream))


class OfflineEar:
    """The ``Ear`` port on a model that hears whole utterances."""

    def __init__(self, recognizer: sherpa_onnx.OfflineRecognizer) -> None:
        self._recognizer = recognizer

    def stream(self) -> OfflineStream:
        """Begin to listen to one speaker. A stream keeps the sound of its utterance, 64 kB a second."""
        return OfflineStream(self._recognizer)


class OfflineStream(WholeUtterance[Transcript]):
    """The ``EarStream`` port on a model that hears whole utterances."""

    name = _NAME

    def __init__(self, recognizer: sherpa_onnx.OfflineRecognizer) -> None:
        self._recognizer = recognizer
        super().__init__()

    def pause(self) -> Transcript:
        return self.heard()

    def finish(self) -> Transcript:
        last = self.heard()
        self.start()
        return last

    def _hear(self, samples: Samples) -> Transcript:
        if not len(samples):
            return Transcript("", 0.0, self.name)
        stream = self._recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE_HZ, samples)
        self._recognizer.decode_stream(stream)
        text = _plain(stream.result.text)
        return Transcript(text, _certainty(text, getattr(stream.result, "ys_log_probs", ())), self.name)

    def _words(self, heard: Transcript) -> str:
        return heard.text

    def _next_partial(self, length: int) -> int:
        return max(int(_FIRST_PARTIAL_S * SAMPLE_RATE_HZ), int(length * _GROWTH))


def _files(ear: SherpaSettings) -> dict[str, str]:
    part = ear.kind.removeprefix("offline_")
    defaults = _FILES.get(part, _FILES["model"])
    unknown = set(ear.files) - set(defaults)
    if unknown:
        raise PortError(
            f"ear.sherpa.files: {ear.kind} has no {', '.join(sorted(unknown))}; it has {', '.join(defaults)}"
        )
    paths = {role: ear.directory / name for role, name in {**defaults, **ear.files}.items()}
    for role, path in paths.items():
        if not path.is_file():
            raise PortError(f"ear.sherpa: the {role} is missing: {path}")
    return {role: str(path) for role, path in paths.items()}


def _graph(site: Site, tokens: Path, keep: Path) -> Path:
    """Path of the site's word graph, which is made at the first start. A site without words has no such file."""
    files = [tokens, Path(site_graph.__file__), *language_model.program(site)]

    def make(folder: Path) -> None:
        try:
            languages = language_model.subject_models(site)
        except ValueError as error:
            raise PortError(f"speech: {error}") from None
        if languages:
            site_graph.write_site_graph(folder / _GRAPH, languages, read_tokens(tokens))

    ingredients = [repr(site).encode(), *(path.read_bytes() for path in files)]
    return prepared(keep, "sherpa", ingredients, make) / _GRAPH


def _made(maker: Callable[..., Any], arguments: dict[str, Any], ear: SherpaSettings) -> Any:
    try:
        return maker(**arguments)
    except (RuntimeError, ValueError) as error:
        raise PortError(f"ear.sherpa: {ear.directory} is no {ear.kind} model: {error}") from None


def _is_nemo(tokens: Path) -> bool:
    """Whether a model is a NeMo model. NeMo models put the blank last, all others first."""
    return read_tokens(tokens).get("<blk>", 0) != 0


def _hotwords(ear: SherpaSettings, site: Site, tokens: Path) -> str:
    """The site's vocabulary, spelled in tokens, as sherpa-onnx takes it; empty when there is none."""
    if ear.hotwords_score <= 0:
        return ""
    numbers = read_tokens(tokens)
    symbols = {number: symbol for symbol, number in numbers.items()}
    spellings = (spell(word, numbers) for word in vocabulary_of(site))
    return "/".join(" ".join(symbols[number] for number in spelling) for spelling in spellings if spelling)


def _plain(text: str) -> str:
    """A model's text as lower-case words without punctuation."""
    return " ".join(plain_words(text.replace("▁", " ")))


def _certainty(text: str, log_probabilities: Any) -> float:
    """Mean probability of the tokens, or 1 where the model gives no probabilities."""
    if not text:
        return 0.0
    if not len(log_probabilities):
        return 1.0
    return math.exp(min(0.0, float(np.mean(log_probabilities))))
