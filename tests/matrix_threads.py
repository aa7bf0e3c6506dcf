"""Loaded by pytest before any plugin that imports numpy, whose matrix library reads its setting only once.

The matrices here are small. A second thread that waits for its share of one takes ten times the processor time of the
work itself, and on a machine that others use too a hundred times the time.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
