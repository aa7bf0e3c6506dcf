"""Which ear is believed: opens what ``cloister.yaml`` names and, with two ears, combines them.

Both hear every utterance. pocketsphinx tells whether somebody spoke about a subject of the site or about something
else. On anything else its word counts: the network was trained for sites and knows no other English. On a subject,
the sentence that surprises the site less wins, as counted in word sequences that none of its phrases has ("a medium
mocha with give"); pocketsphinx is right more often, so it wins when both surprise alike. ``Transcript.ear`` says who.
"""

from __future__ import annotations

import logging

from appliance.config import Settings, Site
from appliance.engines.pocketsphinx import Hearing, PocketsphinxEar
from appliance.engines.sherpa import open_sherpa
from appliance.messages import Samples, Transcript
from appliance.ports import PortError, Recognizer

_log = logging.getLogger(__name__)


def open_ear(settings: Settings, site: Site) -> Recognizer:
    """The recogniser for this box and this site. Raises PortError when none can be opened."""
    wanted = settings.ear
    if wanted.pocketsphinx is None and wanted.sherpa is None:
        raise PortError("ear: neither `pocketsphinx` nor `sherpa` is configured, so nothing can be heard")
    if wanted.pocketsphinx is None:
        assert wanted.sherpa is not None
        return open_sherpa(wanted.sherpa, settings, site)
    general = PocketsphinxEar(wanted.pocketsphinx, site, settings.kept, settings.threads)
    if wanted.sherpa is None:
        return general
    try:
        return BothEars(general, open_sherpa(wanted.sherpa, settings, site))
    except PortError as error:
        # With one ear the appliance still works; `cloister check` reports the other.
        _log.warning("%s; pocketsphinx listens alone", error)
        return general


class BothEars:
    """A ``Recognizer`` made of two."""

    name = "both"

    def __init__(self, general: PocketsphinxEar, network: Recognizer) -> None:
        self._general = general
        self._network = network

    def start(self) -> None:
        self._general.start()
        self._network.start()

    def accept(self, samples: Samples) -> str:
        network = self._network.accept(samples)
        # The network answers from the first syllable on; pocketsphinx needs a second to know the voice.
        return self._general.accept(samples) or network

    def pause(self) -> Transcript:
        network = self._network.pause()
        return self._believed(self._general.foresee(), network)[-1]

    def finish(self) -> Transcript:
        return self.finish_each()[-1]

    def finish_each(self) -> tuple[Transcript, Transcript, Transcript]:
        """End the utterance: what pocketsphinx understood, what the network did, and the one that is believed."""
        network = self._network.finish()
        return self._believed(self._general.last(), network)

    def _believed(self, heard: Hearing, network: Transcript) -> tuple[Transcript, Transcript, Transcript]:
        general = self._general.transcript(heard)
        surprises = [self._general.surprises(heard.subject, ear.text) for ear in (general, network)]
        believed = network if network.text and surprises[1] < surprises[0] else general
        return general, network, believed
