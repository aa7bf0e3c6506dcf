"""Configuration: YAML files to validated, immutable settings.

Two files. ``cloister.yaml`` (``Settings``) belongs to the box: devices, models, threads, paths. The site file
(``Site``) belongs to the place: who the appliance is, what it knows, what visitors say, what it may do and keep.

A file is checked whole; all mistakes are reported at once, each with its line, the path of the field and, for a name
that does not exist, the one that was probably meant. The dataclasses below are the reference: every field is
documented where it is declared, and a field without a default is required.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Literal

from appliance.config.reader import (
    Within,
    load_record,
)

# --- the box ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PocketsphinxSettings:
    """The ear for what a site expects and, where it listens alone, for general English too; its US-English model comes
    with the package."""

    site_weight: Annotated[float, Within(0, 1)] = 0.75
    """share of the site's own language model against general English, 0..1"""
    model: Path | None = None
    """directory with another acoustic model, dictionary and language model"""


@dataclass(frozen=True, slots=True)
class SherpaSettings:
    """A sherpa-onnx recogniser. File names are relative to ``directory``."""

    directory: Path
    """folder of the model"""
    kind: Literal[
        "zipformer2_ctc",
        "transducer",
        "nemo_ctc",
        "offline_transducer",
        "offline_whisper",
        "offline_moonshine",
        "offline_canary",
        "offline_nemo_ctc",
        "offline_medasr_ctc",
        "offline_sense_voice",
    ] = "zipformer2_ctc"
    """architecture of the model"""
    files: Mapping[str, str] = field(default_factory=dict)
    """role to file name: ``model``, or ``encoder decoder joiner``, and ``tokens``; defaults by kind"""
    site_graph: bool = True
    """CTC only: decode along a word graph built from the site's phrases"""
    hotwords_score: Annotated[float, Within(0, 100)] = 1.5
    """transducer only: boost of the site's vocabulary; 0 switches it off"""


@dataclass(frozen=True, slots=True)
class MoonshineSettings:
    """The ear for everything, and the judge of what the others heard."""

    directory: Path
    """where set-up puts the model"""


@dataclass(frozen=True, slots=True)
class CtcSettings:
    """An ear for the site's own sentences on Moonshine's encoder."""

    head: Path
    """network that reads letters from the encoder's states; ``models/recipes/ctc`` makes it"""
    encoder: Path
    """folder of the Moonshine model whose encoder it is for"""


@dataclass(frozen=True, slots=True)
class EarSettings:
    """Which ears listen. Of several, the one whose words fit the sound best is believed; Moonshine tells."""

    moonshine: MoonshineSettings | None = None
    """a general ear, which also judges what the others heard"""
    pocketsphinx: PocketsphinxSettings | None = None
    """an ear for the site's own words"""
    sherpa: SherpaSettings | None = None
    """an ear by sherpa-onnx, as ``cloister models`` lists them"""
    ctc: CtcSettings | None = None
    """an ear for the site's own sentences, which says how sure it is and when each word was said"""

    @property
    def configured(self) -> tuple[str, ...]:
        """Names of those that are."""
        return tuple(kind.name for kind in fields(self) if getattr(self, kind.name) is not None)


@dataclass(frozen=True, slots=True)
class BrainSettings:
    """The chat model and the retrieval model."""

    model: Path
    """GGUF file with a chat template"""
    embedder: Path | None = None
    """converted retrieval model; by default the one that set-up converts"""
    answers: Path | None = None
    """model that judges whether a fact answers a question, where the words leave a doubt; none by default"""
    distress: Path | None = None
    """model that judges whether a person needs help at once; without it, as by default, words alone tell"""
    context_tokens: Annotated[int, Within(256, 1_000_000)] = 1024
    """tokens of prompt and reply together that the model has room for"""
    prompt: Literal["starter", "plain"] | None = None
    """how it is talked to: with the roles that the starter was trained on, or with a system prompt that says what the
    facts are; by default as suits the model"""
    composed: bool = False
    """facts in the language model's words instead of the site's, where ``cloister models prepare`` measured the model
    to do it well. Each sentence is checked, and one that does not pass is replaced by the fact's"""
    gpu_layers: Annotated[int, Within(-1, 10_000)] = -1
    """layers on the GPU when ``device`` is ``cuda``; -1 is all"""


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """A Piper voice."""

    model: Path
    """``.onnx`` file; its ``.onnx.json`` lies beside it"""
    speaker: Annotated[int, Within(0, 100_000)] | None = None
    """which speaker of a model that has several"""
    speed: Annotated[float, Within(0.25, 4)] = 1.0
    """words per time relative to the voice's own pace"""
    loudness_dbfs: Annotated[float, Within(-60, -6)] = -23.0
    """level of the speech (RMS), the same for every clause"""


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """Sound devices, by (part of) the name that ``cloister devices`` prints."""

    microphone: str | None = None
    """by default the system's own"""
    speaker: str | None = None
    """by default the system's own"""
    barge_in: bool = True
    """whether speech over a reply may stop it, as far as the echo allows; without it only the emergency phrase and the
    words that always stop a reply do"""
    echo_cancellation: bool = True
    """take the loudspeaker's sound out of the microphone's; switch off for a device that does so itself"""
    noise_suppression: bool = False
    """make steady noise quieter; the bundled ears hear better without it"""
    gain_control: bool = False
    """make quiet speakers louder and loud ones quieter"""
    calibrate: bool = True
    """play soft noise at start, which measures the delay and the level of the echo"""
    cross_talk_db: Annotated[float, Within(0, 60)] = 0.0
    """speech that begins this much quieter than the visitor's is not heard; 0 hears everybody, 15 shuts out
    conversations across the room"""
    voices: Path | None = None
    """network that tells voices apart (ONNX). Within a conversation, a speaker with another voice who is somewhat
    quieter than the visitor does not interrupt a reply, and where ``cross_talk_db`` is set gets no answer. Off by
    default: numbers about a voice are biometric data in the eyes of GDPR and BIPA, although they are in memory only
    and forgotten with the conversation. Visitors must be told, and where the law says so, asked"""
    duck_db: Annotated[float, Within(0, 100)] = 18.0
    """how much quieter a reply gets as soon as there is a sound over it"""
    hold_ms: Annotated[int, Within(0, 10_000)] = 0
    """speech over a reply that makes it silent until it is decided what the speech is; 0: the first moment of speech
    does. Larger where many people talk nearby: what was silent goes on with the clause from its start"""

    @property
    def duck_gain(self) -> float:
        """``duck_db`` as a factor."""
        return float(10 ** (-self.duck_db / 20))


@dataclass(frozen=True, slots=True)
class FinalitySettings:
    """A speech network that hears whether somebody has finished."""

    weights: Path
    """weights that read the encoder's states; ``models/recipes/turns`` makes them"""
    encoder: Path
    """folder of the Moonshine model whose encoder they are for; the ears need not be Moonshine's"""


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """When a turn is over."""

    speech_threshold: Annotated[float, Within(0.01, 0.99)] = 0.5
    """probability from which a window counts as speech"""
    start_ms: Annotated[int, Within(0, 2_000)] = 96
    """speech that must be heard before a turn starts"""
    patience_s: Annotated[float, Within(0, 60)] = 6.0
    """cost of one premature cut, in seconds of extra silence; larger values wait longer"""
    end_ms: Annotated[int, Within(0, 10_000)] = 200
    """the least silence that ends a turn, however sure it is"""
    unfinished_ms: Annotated[int, Within(0, 30_000)] = 3000
    """the most silence that a turn lasts, however unfinished it sounds"""
    longest_s: Annotated[float, Within(1, 600)] = 25.0
    """length at which a turn is ended whatever is heard"""
    finality: FinalitySettings | None = None
    """network that judges by the sound whether a phrase was the last one; without it, pitch and level alone do"""
    speculate: bool = True
    """whether a reply is made, unheard, as soon as the visitor may have finished"""

    def __post_init__(self) -> None:
        if self.unfinished_ms < self.end_ms:
            raise ValueError(f"`unfinished_ms` ({self.unfinished_ms}) is less than `end_ms` ({self.end_ms})")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Conversations at once: the box's own sound card and every client that connects have a line each."""

    most: Annotated[int, Within(1, 1000)] | None = None
    """the most lines that are open at once; the next caller is told that all are taken. By default as ``cloister bench
    lines --keep`` measured on this box, else two for each of ``threads``"""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """The audit log, which is always kept, in ``state``."""

    export: Path | None = None
    """folder on another medium, which gets every signed checkpoint; without one, nothing shows that the tail of the
    log was cut off"""
    checkpoint_s: Annotated[float, Within(1, 604_800)] = 900.0
    """seconds between checkpoints"""


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """Who may do what at the control socket, besides root and the appliance's own user, who may do everything. Names
    are users, or groups as ``@group``."""

    group: str | None = None
    """group that may connect at all (mode 0660); the appliance's own user must be in it"""
    say: tuple[str, ...] = ()
    """may make the appliance act towards visitors"""
    listen: tuple[str, ...] = ()
    """may follow what it does, without the words"""
    administer: tuple[str, ...] = ()
    """may make checkpoints and take evidence"""
    break_glass: tuple[str, ...] = ()
    """may, with a reason that is recorded, follow what is said"""
    idle_s: Annotated[float, Within(1, 86_400)] = 300.0
    """an operator's session ends after this long without a command, and so does every look through broken glass"""
    follow_s: Annotated[float, Within(1, 604_800)] = 28_800.0
    """following facts without words, as a display on a wall does, ends after this long: a shift"""


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """A Unix socket at which other programs hold conversations. There is none by default.

    Programs of this box are known by their user, because the kernel says who connected. A program in front of the
    socket, which lets others in (a proxy), is one user for all of them, so there each request must bring a token."""

    path: Path
    """the socket; its folder must exist"""
    speaks: Literal["http", "wyoming", "calls"] = "http"
    """``http``: OpenAI's and Deepgram's protocols and the kiosk page; ``wyoming``: Home Assistant's; ``calls``:
    telephone calls in AudioSocket's framing"""
    group: str | None = None
    """group that may connect at all (mode 0660); the appliance's own user must be in it"""
    users: tuple[str, ...] = ()
    """users, or groups as ``@group``, who are served, besides root and the appliance's own user; with ``tokens``
    everybody is whom the socket's mode lets in"""
    tokens: bool = False
    """each request must bring a token that ``cloister tokens`` made; only for ``http``"""
    connections: Annotated[int, Within(1, 256)] = 16
    """most connections at a time"""

    def __post_init__(self) -> None:
        if self.tokens and self.speaks != "http":
            raise ValueError(f"`tokens` are for `http`; {self.speaks!r} has no place for one")


@dataclass(frozen=True, slots=True)
class Settings:
    """``cloister.yaml``: one box."""

    site: Path
    """the site file"""
    ear: EarSettings
    """which speech recognisers listen"""
    brain: BrainSettings
    """the language model and the retrieval model"""
    voice: VoiceSettings
    """the voice"""
    audio: AudioSettings = field(default_factory=AudioSettings)
    """sound devices and speech over a reply"""
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    """when a turn is over"""
    lines: LineSettings = field(default_factory=LineSettings)
    """how many conversations are held at once"""
    device: Literal["cpu", "cuda"] = "cpu"
    """where the models run"""
    threads: Annotated[int, Within(1, 1024)] = 2
    """CPU cores the engines may use together"""
    state: Path = Path("state")
    """directory for what outlives a restart (the appointment book)"""
    prepared: Path | None = None
    """directory for what is worked out once from the configuration (the site's language); by default in ``state``"""
    control_socket: Path | None = None
    """Unix socket for ``cloister`` commands to a running daemon, mode 0600; off by default"""
    operators: OperatorSettings = field(default_factory=OperatorSettings)
    """who may do what at the control socket"""
    doors: tuple[DoorSettings, ...] = ()
    """sockets at which other programs hold conversations; none by default"""
    room: bool = True
    """whether the box has a microphone and a loudspeaker of its own; without them it serves its doors alone"""
    audit: AuditSettings = field(default_factory=AuditSettings)
    """the log of what the appliance did"""
    trusted_models: tuple[str, ...] = ()
    """SHA-256 of each model file outside the signed bundle that may be loaded"""

    def __post_init__(self) -> None:
        if not self.room and not self.doors:
            raise ValueError("`room` is off and there are no `doors`: the box would serve nobody")
        for sha256 in self.trusted_models:
            if not re.fullmatch(r"[0-9a-f]{64}", sha256):
                raise ValueError(f"`trusted_models` must be SHA-256 sums of 64 hexadecimal digits, not {sha256!r}")

    def models(self) -> tuple[Path, ...]:
        """Files and folders of every model that is loaded."""
        voice = self.voice.model
        finality, ear = self.endpoint.finality, self.ear
        places = (
            *(
                self.brain.model,
                self.brain.embedder,
                self.brain.answers,
                self.brain.distress,
                voice,
                voice.with_name(f"{voice.name}.json"),
                self.audio.voices,
            ),
            *((finality.weights, finality.encoder) if finality else ()),
            ear.moonshine.directory if ear.moonshine else None,
            *(
                (ear.sherpa.directory, *map(ear.sherpa.directory.joinpath, ear.sherpa.files.values()))
                if ear.sherpa
                else ()
            ),
            ear.pocketsphinx.model if ear.pocketsphinx else None,
            *((ear.ctc.head, ear.ctc.encoder) if ear.ctc else ()),
        )
        return tuple(place for place in places if place is not None)

    @property
    def kept(self) -> Path:
        """The folder that keeps what was worked out from the configuration."""
        return self.prepared or self.state / "prepared"


# --- reading ------------------------------------------------------------------------------------------------------


def load_settings(path: Path) -> Settings:
    """Read ``cloister.yaml``; relative paths in it are relative to the file. Raises ConfigError."""
    return load_record(path, Settings)
