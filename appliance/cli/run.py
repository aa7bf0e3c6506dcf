"""``cloister run``: the daemon, as the service runs it."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from appliance.cli import verb
from appliance.cli.process import running, until_told
from appliance.cli.verb import OK, Verbs, load, seal_process
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.ports import PortError

_FORGET_EVERY_S = 600.0
"""how often tools are asked to forget what they have kept for long enough"""

_WATCHDOG_STALL_S = 20.0
"""A loop without progress for this long is stuck: longer than any engine call, shorter than a visitor's patience."""


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    verb.declare(verbs, "run", _run, "run the daemon on this box's microphone and speaker, as the service does")


def _run(options: argparse.Namespace) -> int:
    from appliance.bundle.running import store
    from appliance.control.server import ControlSocket
    from appliance.devices.sound_card import open_sound_card, require_sound_card
    from appliance.isolation.seal import lock_memory
    from appliance.runtime import evidence, systemd
    from appliance.runtime.appliance import Daemon
    from appliance.runtime.assemble import assemble
    from appliance.tools.audited import forget_what_is_due

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    systemd.connect()
    seal_process(sound=True)
    lock_memory()
    settings, site = load(options)
    if reason := evidence.why_unrecordable(settings):
        _stand_by(settings, site, reason)
        # Started anew, it finds room.
        raise reason
    require_sound_card(settings.audio)
    with evidence.audited_run(options.config, settings) as ledger:
        installations = evidence.Installations(store(), settings.state, ledger)
        installations.copy_to_audit_log()
        systemd.status("loading models")
        settings = evidence.signed_models(settings)
        engines = assemble(settings, site, ledger=ledger, open_air=True)
        microphone, speaker = open_sound_card(settings.audio, engines.voice.rate_hz)
        archive = evidence.open_archive(settings, site)
        daemon = Daemon(settings, site, engines, microphone, speaker, ledger, archive)
        control = (
            ControlSocket(
                settings.control_socket,
                daemon,
                words=site.privacy.publish_transcripts,
                operators=settings.operators,
                ledger=ledger,
                statement=evidence.statement(options.config, settings, site, ledger),
                archive=settings.state / "recordings",
            )
            if settings.control_socket
            else None
        )
        with until_told() as told, running(daemon):
            if control is not None:
                control.start()
            systemd.ready("listening")
            logging.getLogger("cloister").info("listening for %s", site.name)
            forget_s = 0.0
            try:
                while not told.is_set() and not daemon.wait(timeout_s=1.0):
                    installations.copy_to_audit_log()
                    if time.monotonic() >= forget_s:
                        forget_what_is_due(engines.tools)
                        forget_s = time.monotonic() + _FORGET_EVERY_S
                    if daemon.stalled_s() < _WATCHDOG_STALL_S:
                        systemd.watchdog()
            finally:
                systemd.stopping()
                if control is not None:
                    control.stop()
    return OK


def _stand_by(settings: Settings, site: Site, reason: PortError) -> None:
    """Tell visitors that there is no talking, until conversations can be recorded."""
    from appliance.devices.sound_card import open_sound_card
    from appliance.engines.tts.piper import PiperVoice
    from appliance.engines.vad.silero import SileroVad
    from appliance.runtime import evidence, systemd
    from appliance.runtime.standby import OutOfOrder

    logging.getLogger("cloister").error("%s", reason)
    voice = PiperVoice(evidence.signed_models(settings))
    devices = open_sound_card(settings.audio, voice.rate_hz)
    with until_told() as told:

        def over() -> bool:
            systemd.not_ready_yet(f"out of order: {reason}")
            return told.is_set() or evidence.why_unrecordable(settings) is None

        OutOfOrder(*devices, SileroVad().stream(), voice, site.prompts.out_of_order).until(over)
