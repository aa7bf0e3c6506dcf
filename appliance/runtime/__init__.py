"""The running appliance: threads, errands, the watchdog, and ``assemble``, the one place where everything is put
together.

Imports: core, isolation, config, hearing, speaking, records, bundle, conversation, tools, engines, devices,
attestation, brain. Not pure.
"""
