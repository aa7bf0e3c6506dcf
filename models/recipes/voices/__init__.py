"""The voice network: published weights (GE2E, Resemblyzer 0.1.4) as ONNX."""
