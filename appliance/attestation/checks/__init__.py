"""The lines of an attestation, one file each: what is claimed, how it is looked at, and the command by hand.

A new check is a file here and its name in ``CHECKS``.
"""

from __future__ import annotations

from appliance.attestation.check import Check
from appliance.attestation.checks import (
    audit_log,
    clock,
    code,
    configuration,
    cores,
    daemon,
    data,
    deputies,
    disposal,
    doors,
    encryption_at_rest,
    environment,
    executable_memory,
    keys,
    models,
    network_namespace,
    privileges,
    probe,
    retention,
    seccomp,
    sockets,
    swap,
    telemetry,
    tools,
    tpm,
    unit,
    writing,
)

CHECKS: dict[str, Check] = {
    module.CHECK.id: module.CHECK
    for module in (
        daemon,
        seccomp,
        probe,
        deputies,
        tools,
        network_namespace,
        sockets,
        doors,
        privileges,
        unit,
        environment,
        cores,
        executable_memory,
        swap,
        writing,
        telemetry,
        code,
        models,
        configuration,
        data,
        retention,
        encryption_at_rest,
        keys,
        disposal,
        clock,
        audit_log,
        tpm,
    )
}
"""every line of a report, in its order; a report that lacks one is not complete"""
