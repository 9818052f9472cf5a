"""Every rule there is, in the order they are run and shown. A plain tuple: no rule hides."""

from seawall.judge.rule import Rule
from seawall.judge.rules import (
    allow_all_egress,
    allow_all_ingress,
    cluster_open_ingress,
    default_open_egress,
    default_open_ingress,
    dns_blocked,
    host_network_bypass,
    label_admits_other_namespaces,
    metadata_reachable,
    policy_inert,
    policy_invalid,
    policy_not_enforced,
    policy_selects_nothing,
)

RULES: tuple[Rule, ...] = (
    policy_not_enforced.RULE,
    default_open_ingress.RULE,
    default_open_egress.RULE,
    allow_all_ingress.RULE,
    allow_all_egress.RULE,
    cluster_open_ingress.RULE,
    label_admits_other_namespaces.RULE,
    policy_selects_nothing.RULE,
    policy_invalid.RULE,
    policy_inert.RULE,
    dns_blocked.RULE,
    metadata_reachable.RULE,
    host_network_bypass.RULE,
)
