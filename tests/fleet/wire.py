"""The operator's network: a bridge that leads nowhere else, and a cable to each machine of a fleet."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

NAMESPACE = "cloister-wire"
"""the network namespace of the controller"""


def outside(*command: str) -> str:
    """Run a command on this machine. Returns what it printed."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Wire:
    """See the module. Every machine has a network namespace of its own, ``cloister-NAME``."""

    def __init__(self, machines: Sequence[str]) -> None:
        self._machines = machines

    def address(self, machine: str) -> str:
        """The address of a machine."""
        return f"10.77.0.{11 + self._machines.index(machine)}"

    def inside(self, *command: str) -> str:
        """Run a command where the controller is. Returns what it printed."""
        return outside("ip", "netns", "exec", NAMESPACE, *command)

    def lay(self) -> None:
        """Lay the cables."""
        self.remove()
        for end in ["wire", *self._machines]:
            outside("ip", "netns", "add", f"cloister-{end}")
            outside("ip", "-n", f"cloister-{end}", "link", "set", "lo", "up")
        outside(*"ip -n cloister-wire link add wire type bridge".split())
        outside(*"ip -n cloister-wire addr add 10.77.0.1/24 dev wire".split())
        outside(*"ip -n cloister-wire link set wire up".split())
        for machine in self._machines:
            end = f"to-{machine}"
            outside(*f"ip -n cloister-wire link add {end} type veth peer name eth0 netns cloister-{machine}".split())
            outside(*f"ip -n cloister-wire link set {end} master wire up".split())
            outside(*f"ip -n cloister-{machine} addr add {self.address(machine)}/24 dev eth0".split())
            outside(*f"ip -n cloister-{machine} link set eth0 up".split())

    def remove(self) -> None:
        """Take everything away."""
        for end in ["wire", *self._machines]:
            subprocess.run(["ip", "netns", "del", f"cloister-{end}"], check=False, capture_output=True)
