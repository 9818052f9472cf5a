"""Modes: the lower of fleet and cluster wins."""

from itertools import product

import pytest
from tests.contract.state.ports import Ports
from tests.contract.state.values import HOSTILE, key

from seawall.model.plan import Mode


def test_a_cluster_is_observed_until_somebody_says_more(ports: Ports) -> None:
    assert Mode.OBSERVE is ports.modes.mode(key("prod"))


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_is_set_for_one_cluster(mode: Mode, ports: Ports, others: Ports) -> None:
    ports.modes.set_mode(key(HOSTILE), mode)

    assert mode is others.modes.mode(key(HOSTILE))
    assert Mode.OBSERVE is others.modes.mode(key("prod"))


@pytest.mark.parametrize("ceiling, own", [*product(Mode, Mode)])
def test_the_lower_of_fleet_and_cluster_wins(ceiling: Mode, own: Mode, ports: Ports) -> None:
    ports.modes.set_mode(None, ceiling)
    ports.modes.set_mode(key("prod"), own)

    assert tuple(Mode)[min(ceiling.rank, own.rank)] is ports.modes.mode(key("prod"))


def test_a_ceiling_lifts_no_cluster(ports: Ports) -> None:
    ports.modes.set_mode(None, Mode.AUTO)

    assert Mode.OBSERVE is ports.modes.mode(key("prod"))


def test_a_mode_that_is_lowered_holds_at_once_for_everybody(ports: Ports, others: Ports) -> None:
    ports.modes.set_mode(key("prod"), Mode.AUTO)
    assert Mode.AUTO is others.modes.mode(key("prod"))

    ports.modes.set_mode(None, Mode.PROPOSE)
    assert Mode.PROPOSE is others.modes.mode(key("prod"))

    ports.modes.set_mode(None, Mode.AUTO)
    ports.modes.set_mode(key("prod"), Mode.OBSERVE)
    assert Mode.OBSERVE is others.modes.mode(key("prod"))


def test_a_cluster_without_a_name_is_not_the_fleet(ports: Ports) -> None:
    ports.modes.set_mode(key("prod"), Mode.AUTO)
    ports.modes.set_mode(key(""), Mode.OBSERVE)

    assert Mode.AUTO is ports.modes.mode(key("prod"))


def test_two_fleets_do_not_meet(ports: Ports, west: Ports) -> None:
    ports.modes.set_mode(key("prod"), Mode.AUTO)
    west.modes.set_mode(None, Mode.OBSERVE)

    assert Mode.AUTO is ports.modes.mode(key("prod"))
    assert Mode.OBSERVE is west.modes.mode(key("prod"))
