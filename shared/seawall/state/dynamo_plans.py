"""Plans and how far they came in DynamoDB, each step a conditional write from the one before.

PLANS            #<id>  the plan, its stage, its holder, and its number in the order they were made
PLANS#<cluster>  #<id>  which plans a cluster has; written before the plan
"""

import secrets
from collections.abc import Iterable

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.plan import NEXT, PlanId, PlanState, Stage
from seawall.state.dynamo import NEW, DynamoTable, Item, Place, Put, Refused, stored_time
from seawall.state.dynamo_documents import Attic, Document


class DynamoPlans:
    """The port `Plans` over one table."""

    def __init__(self, table: DynamoTable, attic: Attic | None = None) -> None:
        self._table = table
        self._document = Document(PlanState, "the plan", "plans", attic)

    def plan(self, plan: PlanId) -> PlanState | None:
        """One plan."""
        item = self._table.read(self._place(plan))
        return self._read(item) if item else None

    def plans(self, cluster: ClusterKey | None = None) -> tuple[PlanState, ...]:
        """All plans of a cluster, or of the fleet, the oldest first."""
        if cluster is None:
            return self._sorted(self._table.query(self._table.place("PLANS")))
        index = self._table.query(self._of(cluster))
        places = [self._place(PlanId(str(each["sk"])[1:])) for each in index]
        return self._sorted(self._table.read_each(places).values())

    def put(self, state: PlanState, *, before: Stage | None, holder: str = "") -> bool:
        """Write where a plan is, if it was at `before` (None: not known yet), held by `holder`.

        False: it was not.

        Raises:
            Trouble: No plan goes from `before` to there; a bug.
        """
        attempt = secrets.token_hex(8)
        if before is None:
            refused = self._made(state, attempt)
        elif state.stage not in NEXT[before]:
            raise Trouble(
                f"plan {state.plan.id}: no plan goes from {before} to {state.stage}; "
                "this is a bug in Seawall"
            )
        else:
            refused = self._moved(state, before, holder, attempt)
        # The SDK asks again where an answer was lost: then it is refused by its own write.
        return refused is None or refused.item.get("attempt") == attempt

    def _made(self, state: PlanState, attempt: str) -> Refused | None:
        pk, sk = self._place(state.plan.id)
        self._table.put(Put({"pk": self._of(state.plan.cluster), "sk": sk}))
        number = self._table.number()
        item = {"pk": pk, "sk": sk, "number": number, **self._item(state, attempt)}
        return self._table.put(Put(item, NEW))

    def _moved(self, state: PlanState, before: Stage, holder: str, attempt: str) -> Refused | None:
        item = self._item(state, attempt)
        change = ", ".join(f"{name} = :{name}" for name in item)
        return self._table.update(
            self._place(state.plan.id),
            f"SET {change}",
            "stage = :before AND holder = :held_by",
            {**item, "before": before, "held_by": holder},
        )

    def _item(self, state: PlanState, attempt: str) -> Item:
        return {
            "stage": state.stage,
            "holder": state.holder,
            "made_at": stored_time(state.made_at),
            "attempt": attempt,
            **self._document.stored(state, state.plan.id),
        }

    def _sorted(self, items: Iterable[Item]) -> tuple[PlanState, ...]:
        oldest_first = sorted(items, key=lambda item: (str(item["made_at"]), int(item["number"])))
        return tuple(map(self._read, oldest_first))

    def _read(self, item: Item) -> PlanState:
        return self._document.read(item, str(item["sk"])[1:])

    def _place(self, plan: PlanId) -> Place:
        return self._table.place("PLANS"), f"#{plan}"

    def _of(self, cluster: ClusterKey) -> str:
        return self._table.place("PLANS", cluster)
