"""Cloister: a voice appliance that never makes a network call.

Importing the package switches every dependency's telemetry off, before any of them can be imported: onnxruntime
1.29 and later reports home from the import alone. The switches are set, not defaulted, so an environment that a
service manager or a shell hands down cannot turn reporting back on.
"""

import os

TELEMETRY_SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""Environment variables and the values that keep the libraries silent."""

os.environ.update(TELEMETRY_SWITCHES)

# The matrices are small. A second thread of numpy's library gains nothing and spins between two products: fitting the
# retrieval of one site took 4.0 s of processor time with it and 0.6 s without.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

__version__ = "0.1.0"
