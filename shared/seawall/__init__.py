"""Seawall: the truth about network isolation across a fleet of Kubernetes clusters."""

__version__ = "0.1.0"
