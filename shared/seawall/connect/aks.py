"""The door to an AKS cluster: a token of Entra for the application that all API servers share."""

from seawall.clouds.azure import SERVICE, Azure
from seawall.clouds.told import own_authority, server
from seawall.model.door import Door
from seawall.model.fleet import ClusterRecord


def aks_door(record: ClusterRecord, azure: Azure) -> Door:
    """The door to a recorded cluster.

    Raises:
        NoEntry: It has no endpoint or authority, or the login was refused.
        TryLater: Entra could not be asked.
        Trouble: There is no login.
    """
    where, ca = server(record, SERVICE), own_authority(record)
    return Door(where, ca=ca, token=azure.token())
