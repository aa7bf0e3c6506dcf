"""Signed bundles: how a box without a network gets its software, and how it goes back.

A bundle is one plain tar file (or the same files in a directory): a signature, a manifest that it signs, and the files
that the manifest lists. Everything here but ``builder``, ``wheels`` and ``sbom`` imports the standard library alone,
because the same modules, zipped as ``cloister-installer.pyz``, install the first bundle on a box that has nothing but
Debian's ``python3``: there is one implementation of what decides which code a box runs, and it can be read in an hour.

Imports: core, config. Not pure.
"""


class BundleError(Exception):
    """The message says what is wrong and what to do; ``exit_code`` is that of the command."""

    exit_code = 3


class Refused(BundleError):
    """The verdict is no: a signature, hash, version or target does not hold, or the new version failed its test."""

    exit_code = 1


class WrongInput(BundleError):
    """A file or an option that the operator gave is not what it should be."""

    exit_code = 2


class Cannot(BundleError):
    """This box cannot do it now: no space, another installation runs, nothing to go back to."""


class Busy(Cannot):
    """Another installation runs."""
