"""The commands: one file per verb, with its arguments, its help and its work.

Imports: core, isolation, language, config, hearing, speaking, records, bundle, tools, engines, devices,
control, attestation, brain, authoring, runtime, protocols, telephone, bench. Not pure.
"""
