"""An S3 server on loopback, and what a test looks at in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CONNECTION = "desk_files"
KEYS = {"login": "desk", "password": "a-secret-key-of-tests-alone"}
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of the server. `address` is how Loyalty Desk is told of it."""

    server: str
    name: str

    @property
    def address(self) -> str:
        return f"s3://{CONNECTION}@{self.name}"

    @property
    def connection(self) -> dict[str, Any]:
        """Airflow's connection to the server."""
        extra = {"endpoint_url": self.server, "region_name": REGION}
        return {"conn_type": "aws", **KEYS, "extra": json.dumps(extra)}

    def names(self, below: str = "") -> list[str]:
        pages = self._client().get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.name, Prefix=below)
        return sorted(one["Key"] for page in found for one in page.get("Contents", []))

    def put(self, name: str, content: bytes) -> None:
        self._client().put_object(Bucket=self.name, Key=name, Body=content)

    def read(self, name: str) -> bytes:
        content: bytes = self._client().get_object(Bucket=self.name, Key=name)["Body"].read()
        return content

    def make(self) -> None:
        self._client().create_bucket(Bucket=self.name)

    def refuse_deletes(self) -> None:
        """As for a role that may write and read alone."""
        self.refuse("DeleteObject")

    def refuse(self, action: str) -> None:
        """As for keys without a right."""
        rule = {"Effect": "Deny", "Principal": "*", "Action": f"s3:{action}"}
        rule["Resource"] = f"arn:aws:s3:::{self.name}/*"
        policy = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
        self._client().put_bucket_policy(Bucket=self.name, Policy=policy)

    def _client(self) -> Any:
        import boto3  # not there where the lowest versions are tried

        return boto3.client(
            "s3",
            endpoint_url=self.server,
            region_name=REGION,
            aws_access_key_id=KEYS["login"],
            aws_secret_access_key=KEYS["password"],
        )


@contextmanager
def running_s3() -> Iterator[str]:
    """Run the server in this process; yields its address."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it tells of each request
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
