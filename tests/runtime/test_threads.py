"""A thread's name reaches the kernel."""

import threading
from pathlib import Path

from appliance.runtime.threads import name_this_thread


def test_the_kernel_knows_the_name():
    def named() -> None:
        name_this_thread("a very long name indeed")
        names.append(Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text())

    names: list[str] = []
    thread = threading.Thread(target=named)
    thread.start()
    thread.join()
    assert names == ["a very long nam\n"]
