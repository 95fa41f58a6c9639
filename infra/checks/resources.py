"""Predicted resources, and how to find among them."""

from collections.abc import Iterator
from pathlib import Path

from checks import facts


class Resources(list):
    """The resources of one deployment, and the lock that it is held to."""

    def __init__(self, resources: list[dict], folder: Path = facts.INFRA):
        super().__init__(resources)
        self.lock = facts.Lock(folder)

    @classmethod
    def predicted(cls, environment: str, folder: Path = facts.INFRA) -> "Resources":
        return cls(facts.snapshot(environment, folder)["predictedResources"], folder)

    def of(self, kind: str) -> list[dict]:
        return [resource for resource in self if resource["type"].lower() == kind.lower()]

    def one(self, kind: str, name: str = "") -> dict:
        """The only one of a type whose name begins so."""
        found = [resource for resource in self.of(kind) if resource["name"].startswith(name)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources of {kind} are called {name}…")
        return found[0]


def scope(resource: dict) -> str:
    """What an extension resource is about: its id up to its own type."""
    return resource["id"].rpartition("/providers/")[0]


def strings(value: object) -> Iterator[str]:
    """Every string in a value, names of properties included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def differences(what: str, actual: dict, expected: dict) -> Iterator[str]:
    """What of the expected properties (dots go deeper) is missing or other."""
    for path, value in expected.items():
        found: object = actual
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            yield f"{what}: {path} is {found!r}, not {value!r}"
