#!/usr/bin/env python3
"""Somebody who has a signed URL and Azure's own client library, and nothing else.

Reads a JSON object from standard input: `certificate`, a file with what to trust, and `acts`, which are done one after the other.
Prints a JSON list that says of each act how it ended: the requests that it took, each with its status, and the code of a refusal.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, ContainerClient


def write(blob: BlobClient, act: dict) -> None:
    with open(act["file"], "rb") as content:
        blob.upload_blob(content, overwrite=True)


def read(blob: BlobClient, act: dict) -> None:
    with open(act["file"], "wb") as content:
        blob.download_blob().readinto(content)


def describe(blob: BlobClient, act: dict) -> None:
    blob.get_blob_properties()


def remove(blob: BlobClient, act: dict) -> None:
    blob.delete_blob()


def enumerate_all(blob: BlobClient, act: dict) -> None:
    """Names everything in the container, by the permission that the URL holds."""
    parts = urlsplit(blob.url)
    container = f"{parts.scheme}://{parts.netloc}{parts.path.rsplit('/', 1)[0]}?{parts.query}"
    with ContainerClient.from_container_url(container, **blob_options(act)) as client:
        list(client.list_blob_names())


# The newest that Azurite knows; the library would ask for a newer one.
API_VERSION = "2026-06-06"

ACTS = {"write": write, "read": read, "describe": describe, "delete": remove, "list": enumerate_all}


def blob_options(act: dict) -> dict:
    """The same for every client of an act; without `piece` everything goes in one piece."""
    piece = act.get("piece", 64 * 1024 * 1024)
    return {
        "api_version": API_VERSION,
        "connection_verify": act["certificate"],
        "raw_response_hook": act["note"],
        "max_single_put_size": piece,
        "max_block_size": piece,
        "max_single_get_size": piece,
        "max_chunk_get_size": piece,
    }


def done(act: dict) -> dict:
    requests = []

    def note(response) -> None:
        kind = parse_qs(urlsplit(response.http_request.url).query).get("comp", [""])[0]
        requests.append(" ".join(filter(None, [response.http_request.method, kind, str(response.http_response.status_code)])))

    act["note"] = note
    outcome = {"requests": requests, "refusal": None}
    try:
        with BlobClient.from_blob_url(act["url"], **blob_options(act)) as blob:
            ACTS[act["do"]](blob, act)
    except HttpResponseError as error:
        outcome["refusal"] = str(getattr(error.error_code, "value", error.error_code))
    return outcome


def main() -> None:
    given = json.load(sys.stdin)
    acts = [{**act, "certificate": str(Path(given["certificate"]))} for act in given["acts"]]
    json.dump([done(act) for act in acts], sys.stdout)


if __name__ == "__main__":
    main()
