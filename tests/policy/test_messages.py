"""Every message that a service receives is handled there, and nothing else is."""

import importlib

import pytest

from services.contracts.messages import MESSAGES


@pytest.mark.parametrize("service", ["intake", "workflow", "notify"])
def test_every_message_is_handled(service: str) -> None:
    """HANDLERS of a service's consumer are exactly the types the catalogue sends there."""
    handlers = importlib.import_module(f"services.{service}.consumer").HANDLERS
    assert set(handlers) == received(service)


def test_every_message_has_a_receiver() -> None:
    """No type goes nowhere, and the three services all receive something."""
    assert [name for name, message in MESSAGES.items() if not message.receivers] == []
    assert all(received(service) for service in ("intake", "workflow", "notify"))


def received(service: str) -> set[str]:
    """The types the catalogue sends to a service."""
    return {name for name, message in MESSAGES.items() if service in message.receivers}
