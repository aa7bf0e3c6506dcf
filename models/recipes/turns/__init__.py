"""The starter's finality network: has somebody finished, judged by how the last seconds sounded."""
