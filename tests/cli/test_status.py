"""What `cloister status` says when it cannot ask."""

from tests.cli.command import cloister


def test_status_without_a_socket_says_which_lines_to_add(starter):
    done = cloister("status", "--follow", "--config", starter)
    assert done.returncode == 3
    assert "`control_socket: control.sock` and `operators: {listen: [" in done.stderr
