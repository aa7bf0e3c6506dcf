"""A small site for tests that need one without reading a file."""

from appliance.config.site import Emergency, HandOver, Persona, Prompts, Site, Timeouts, ToolSettings

SITE = Site(
    name="Test Clinic",
    persona=Persona(name="Ada", role="the voice assistant of a test clinic", greeting="Hello."),
    tools=(ToolSettings(name="pager", command=("/bin/true",)),),
    emergency=Emergency(phrases=("Code red", "call for help"), say="Help is on the way.", tool="pager"),
    hand_over=HandOver(say="I am calling someone.", tool="pager"),
    timeouts=Timeouts(no_input_s=8.0, close_s=12.0, reprompts=2),
    prompts=Prompts(no_input=("Still there?", "Anything else?"), no_match=("Pardon?", "Again, please?")),
)
