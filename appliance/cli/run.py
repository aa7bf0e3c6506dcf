"""``cloister run``: the daemon, as the service runs it."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from contextlib import ExitStack

from appliance.cli import verb
from appliance.cli.process import until_told
from appliance.cli.verb import OK, Verbs, load, seal_process
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.ports import PortError

_FORGET_EVERY_S = 600.0
"""Seconds between two requests to the tools to forget what they have kept for long enough."""

_WATCHDOG_STALL_S = 20.0
"""A loop without progress for so many seconds is stuck. The time is longer than any engine call, and shorter than a
visitor waits."""


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    verb.declare(verbs, "run", _run, "run the daemon on this box's microphone and speaker, as the service does")


def _run(options: argparse.Namespace) -> int:
    from appliance.bundle.running import store
    from appliance.control.server import ControlSocket
    from appliance.devices.sound_card import open_sound_card, require_sound_card
    from appliance.isolation.seal import lock_memory
    from appliance.protocols.service import Service, open_doors
    from appliance.protocols.tokens import KeptTokens
    from appliance.runtime import evidence, systemd
    from appliance.runtime.assemble import assemble, running
    from appliance.tools.audited import forget_what_is_due

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    systemd.connect()
    seal_process(sound=True)
    lock_memory()
    settings, site = load(options)
    if reason := evidence.why_unrecordable(settings):
        _stand_by(settings, site, reason)
        # systemd starts the process again, and then there is room.
        raise reason
    if settings.room:
        require_sound_card(settings.audio)
    with evidence.audited_run(options.config, settings) as ledger:
        installations = evidence.Installations(store(), settings.state, ledger)
        installations.copy_to_audit_log()
        systemd.status("loading models")
        settings = evidence.signed_models(settings)
        engines = assemble(settings, site, open_air=settings.room)
        room = open_sound_card(settings.audio, engines.voice.rate_hz) if settings.room else None
        archive = evidence.open_archive(settings, site)
        with until_told() as told, ExitStack() as open_until_the_end:
            appliance = open_until_the_end.enter_context(running(settings, site, engines, ledger, archive))
            control = (
                ControlSocket(
                    settings.control_socket,
                    appliance,
                    words=site.privacy.publish_transcripts,
                    operators=settings.operators,
                    ledger=ledger,
                    statement=evidence.statement(options.config, settings, site, ledger),
                    archive=settings.state / "recordings",
                )
                if settings.control_socket
                else None
            )
            if room is not None:
                appliance.open_line(*room)
            if control is not None:
                control.start()
            open_until_the_end.enter_context(
                open_doors(Service(appliance, engines, site, settings), KeptTokens(settings.state), ledger)
            )
            systemd.ready("listening")
            logging.getLogger("cloister").info("listening for %s", site.name)
            forget_s = 0.0
            try:
                while not told.is_set() and not appliance.wait(timeout_s=1.0):
                    installations.copy_to_audit_log()
                    if time.monotonic() >= forget_s:
                        forget_what_is_due(appliance.tools)
                        forget_s = time.monotonic() + _FORGET_EVERY_S
                    if appliance.stalled_s() < _WATCHDOG_STALL_S:
                        systemd.watchdog()
            finally:
                systemd.stopping()
                if control is not None:
                    control.stop()
    return OK


def _stand_by(settings: Settings, site: Site, reason: PortError) -> None:
    """Tell visitors that the appliance is out of order, until conversations can be recorded."""
    from appliance.runtime import evidence, systemd
    from appliance.runtime.assemble import open_standby

    logging.getLogger("cloister").error("%s", reason)
    standby = open_standby(evidence.signed_models(settings), site)
    with until_told() as told:

        def over() -> bool:
            systemd.not_ready_yet(f"out of order: {reason}")
            return told.is_set() or evidence.why_unrecordable(settings) is None

        standby.until(over)
