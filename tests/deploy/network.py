"""What network policies let through, by the rules of the Kubernetes API for NetworkPolicy."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.deploy.rendered import selects

Direction = Literal["Ingress", "Egress"]
PEERS: dict[Direction, str] = {"Ingress": "from", "Egress": "to"}


@dataclass(frozen=True)
class Place:
    """A pod; with an address and without a namespace something outside of the cluster."""

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    """Numbers by the names that the container gives them."""
    address: str = ""


def admits(
    policies: Sequence[Mapping[str, Any]],
    source: Place,
    target: Place,
    port: int,
    protocol: str = "TCP",
) -> bool:
    """Whether the source may open this connection: both sides have to let it through."""

    def is_open(direction: Direction, here: Place, there: Place) -> bool:
        governing = [one for one in policies if _governs(one, direction, here)]
        rules = [rule for one in governing for rule in one["spec"].get(direction.lower(), ())]
        return not governing or any(
            _takes_peer(rule.get(PEERS[direction]), there, here.namespace)
            and _takes_port(rule.get("ports"), target, port, protocol)
            for rule in rules
        )

    return is_open("Egress", source, target) and is_open("Ingress", target, source)


def _governs(policy: Mapping[str, Any], direction: Direction, place: Place) -> bool:
    return (
        policy["metadata"]["namespace"] == place.namespace
        and direction in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], place.labels)
    )


def _takes_peer(peers: Sequence[Mapping[str, Any]] | None, there: Place, home: str) -> bool:
    return not peers or any(_is_peer(peer, there, home) for peer in peers)


def _is_peer(peer: Mapping[str, Any], there: Place, home: str) -> bool:
    """A block of addresses means what is outside: pods get addresses that nobody knows before."""
    if block := peer.get("ipBlock"):
        return bool(there.address) and _within(block, there.address)
    if there.address:
        return False
    if "namespaceSelector" in peer:
        at_home = selects(peer["namespaceSelector"], there.namespace_labels)
    else:
        at_home = there.namespace == home
    return at_home and selects(peer.get("podSelector", {}), there.labels)


def _within(block: Mapping[str, Any], address: str) -> bool:
    given = ipaddress.ip_address(address)
    excepted = (ipaddress.ip_network(one) for one in block.get("except", ()))
    return given in ipaddress.ip_network(block["cidr"]) and not any(
        given in one for one in excepted
    )


def _takes_port(
    ports: Sequence[Mapping[str, Any]] | None, target: Place, port: int, protocol: str
) -> bool:
    """A port may have the name that the target's container gives it."""
    return not ports or any(
        one.get("protocol", "TCP") == protocol
        and target.ports.get(one["port"], one["port"]) == port
        for one in ports
    )
