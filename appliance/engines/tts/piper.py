"""The voice: any Piper model (``.onnx`` beside ``.onnx.json``), clause by clause, every clause at the same loudness.

piper scales each chunk to full scale, so a short quiet clause would come out as loud as a long one, and the level would
jump. Here the scaling is off. One gain, measured on a fixed sentence when the voice is loaded, brings the voice to the
site's level, and a soft limiter bends the rare peak above it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.config.box import Settings
from appliance.core.audio import Samples
from appliance.core.facts import WordSpan
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import PortError, Voiced
from appliance.core.turn import Turn
from appliance.language import Language

_ACTIVE_DB = 30.0
"""Frames this many decibels below the loudest one are pauses, not speech."""
LOUDEST_DBFS = -12.0
"""level of the speech (RMS) up to which a visitor may have it made louder"""
_KNEE = 0.7
"""Magnitude, of full scale, from which the limiter bends."""


class PiperVoice:
    """The ``Voice`` port. The process has one espeak, behind piper's own lock. Several threads may run the network at
    once.

    The network draws the prosody of a clause at random, in one sequence for each loaded voice, so two voices do not
    affect each other. Lines that share a voice share its sequence, so a clause of one line changes the prosody, and
    with it the length, of the next clause of another. That does no harm, because word ends are those of the sound that
    was made, and no decision depends on prosody. Only a replay of one line alone gives the same samples again.
    """

    def __init__(self, settings: Settings, language: Language) -> None:
        """Load and measure the voice, which takes half a second. Raises PortError with what the operator can do."""
        wanted = settings.voice
        description = Path(f"{wanted.model}.json")
        for path in (wanted.model, description):
            if not path.is_file():
                raise PortError(f"voice: {path} is missing; a Piper voice is an .onnx file and its .onnx.json")
        import onnxruntime
        import piper
        from piper.config import PiperConfig, SynthesisConfig

        # piper writes the text it is given to its debug log.
        logging.getLogger("piper").setLevel(logging.ERROR)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Idle worker threads would spin for a while after every clause, on cores that the ear and the brain need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The fixed seed makes a replay repeatable. The network takes the seed when it is loaded, and nothing else in
        # the process draws random numbers with onnxruntime.
        onnxruntime.set_seed(0)
        providers = _providers(settings.device)
        try:
            config = PiperConfig.from_dict(json.loads(description.read_text(encoding="utf-8")))
            session = onnxruntime.InferenceSession(str(wanted.model), options, providers=providers)
        except Exception as error:  # onnxruntime's own exception types are not exported; the JSON may lack any field
            reason = str(error).splitlines()[0]
            raise PortError(f"voice: {wanted.model} cannot be loaded ({reason}); copy the voice again") from None
        if wanted.speaker is not None and not 0 <= wanted.speaker < config.num_speakers:
            raise PortError(
                f"voice: {wanted.model} has {config.num_speakers} speaker(s), no `speaker: {wanted.speaker}`"
            )
        if wanted.speed <= 0:
            raise PortError(f"voice: `speed: {wanted.speed}` must be above 0")
        self._voice = piper.PiperVoice(session=session, config=config)
        self._length_scale = config.length_scale / wanted.speed
        self._synthesis = SynthesisConfig(speaker_id=wanted.speaker, normalize_audio=False)
        self._loudness_dbfs = wanted.loudness_dbfs
        self._language = language
        self._gain = 1.0
        sound = np.concatenate(
            [self._sound(phonemes)[0] for phonemes in self._voice.phonemize(language.speech.MEASURED)]
        )
        self._gain = float(10 ** (wanted.loudness_dbfs / 20) / max(active_rms(sound, self.rate_hz), 1e-6))

    def _louder(self, manner: Manner) -> float:
        """Factor of the samples for a manner. Speech is not made so loud that the limiter would bend every syllable."""
        louder_db = min(manner.gain_db, max(0.0, LOUDEST_DBFS - self._loudness_dbfs))
        return float(10 ** (louder_db / 20))

    @property
    def rate_hz(self) -> int:
        """Sample rate of the sound that it makes, in Hz."""
        return int(self._voice.config.sample_rate)

    @property
    def aligned(self) -> bool:
        """Whether the model tells how long each phoneme sounds. Without that, the ends of words are estimated."""
        return len(self._voice.session.get_outputs()) > 1

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        """Speak one clause and yield a piece for each sentence. Stops between pieces once ``turn`` is cancelled."""
        forms = self._language.speech.spoken(text)
        sentences = self._voice.phonemize(" ".join(form for _, form in forms)) if forms else []
        sentences = [phonemes for phonemes in sentences if phonemes]
        if not sentences:
            return
        # Words are matched to sound over the whole clause, because only there are their numbers known to agree.
        lengths = [len(_word_ends(phonemes)) for phonemes in sentences]
        shares = _shares([form for _, form in forms], sum(lengths))
        before, said = 0, 0
        for i, phonemes in enumerate(sentences):
            if turn.cancelled:
                return
            samples, ends = self._sound(phonemes, manner)
            last = i + 1 == len(sentences)
            words = []
            while said < len(forms) and (last or shares[said] <= before + lengths[i] + 1e-6):
                place = np.interp(shares[said] - before, np.arange(len(ends) + 1), [0, *ends])
                words.append(WordSpan(forms[said][0], int(place)))
                said += 1
            before += lengths[i]
            yield Voiced(samples, tuple(words))

    def _sound(self, phonemes: list[str], manner: Manner = PLAIN) -> tuple[Samples, NDArray[np.int64]]:
        """Sound of one sentence and the sample at which each of its phonetic words ends."""
        ids = self._voice.phonemes_to_ids(phonemes)
        synthesis = replace(self._synthesis, length_scale=self._length_scale / manner.pace)
        made = self._voice.phoneme_ids_to_audio(ids, synthesis, include_alignments=True)
        audio, samples_of_id = made if isinstance(made, tuple) else (made, None)
        samples = soft_limit(np.atleast_1d(audio).astype(np.float32) * np.float32(self._gain * self._louder(manner)))
        borders = _word_ends(phonemes)
        if samples_of_id is not None and len(samples_of_id) == len(ids):
            # Voices differ in ids per phoneme (padding). A word ends where the ids up to it end, less the end mark.
            counts = [len(self._voice.phonemes_to_ids(phonemes[:n])) - 1 for n in borders]
            elapsed = np.concatenate([[0], np.cumsum(samples_of_id)])
            return samples, np.minimum(elapsed[counts], len(samples)).astype(np.int64)
        # This model gives no alignment, so each word gets a share of the time in proportion to its phonemes.
        return samples, (np.array(borders) * len(samples) // max(1, len(phonemes))).astype(np.int64)


def active_rms(samples: Samples, rate_hz: int) -> float:
    """Root mean square of the 20 ms frames that are speech, in full-scale units."""
    frame = rate_hz // 50
    count = len(samples) // frame
    if count == 0:
        return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
    power = (samples[: count * frame].reshape(count, frame) ** 2).mean(1)
    active = power >= power.max() * 10 ** (-_ACTIVE_DB / 10)
    return float(np.sqrt(power[active].mean()))


def soft_limit(samples: Samples) -> Samples:
    """Bend magnitudes above the knee so that nothing exceeds full scale. Samples below it stay as they are."""
    magnitude = np.abs(samples)
    over = magnitude > _KNEE
    if not over.any():
        return samples
    bent = _KNEE + (1 - _KNEE) * np.tanh((magnitude - _KNEE) / (1 - _KNEE))
    return np.where(over, np.sign(samples) * bent, samples).astype(np.float32)


def _providers(device: str) -> list[str]:
    if device == "cpu":
        return ["CPUExecutionProvider"]
    import onnxruntime

    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise PortError("voice: this onnxruntime has no CUDA support; install onnxruntime-gpu or set `device: cpu`")
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def _word_ends(phonemes: Sequence[str]) -> list[int]:
    """Number of phonemes up to the end of each phonetic word (a space separates two)."""
    ends = [i for i, phoneme in enumerate(phonemes) if phoneme == " " and i and phonemes[i - 1] != " "]
    return [*ends, len(phonemes)]


def _shares(forms: Sequence[str], phonetic_words: int) -> list[float]:
    """The position in the phonetic words, counted from 0, at which each written word ends.

    The result is exact when espeak kept as many words as it was given. espeak joins some ("on the") and splits others.
    Then a word's letters stand for its length, and its end moves to the nearest border of a phonetic word close by.
    """
    counts = np.cumsum([len(form.split()) for form in forms])
    if counts[-1] == phonetic_words:
        return [float(n) for n in counts]
    letters = np.cumsum([sum(c.isalnum() for c in form) + 1 for form in forms])
    places = letters / letters[-1] * phonetic_words
    return [float(round(p)) if abs(p - round(p)) < 0.3 else float(p) for p in places]
