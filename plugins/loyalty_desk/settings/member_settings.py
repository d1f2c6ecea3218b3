"""Settings of members that no list of a platform tells: from files, or looked up one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from loyalty_desk.settings.project import SHIPPED
from loyalty_desk.settings.strict import Strict


class MemberFileSettings(Strict):
    """Files with members, for a platform that lists none."""

    folder: str = Field(
        default="",
        description="Where they are dropped: a folder, or an address of Airflow's object storage"
        " such as `sftp://my_sftp@/drop`; empty: none.",
    )
    pattern: str = Field(
        default="*.csv", min_length=1, description="Which files of the folder are meant."
    )
    columns: Path = Field(
        default=SHIPPED / "members" / "columns.yaml",
        description="The file that says which column is what.",
    )
    holds: Literal["changes", "everybody"] = Field(
        default="changes",
        description="Whether a file has some members, or all: then who is not in the newest one"
        " has left.",
    )
    settle_s: float = Field(
        default=60.0,
        ge=0,
        le=900,
        description="Seconds between the two looks of a run at a new file; it is read when both"
        " find the same content.",
    )


class MemberLookupSettings(Strict):
    """Members asked for one by one, for a platform that lists none."""

    most_per_run: int = Field(
        default=200, ge=0, description="Customers with recent tickets that one run asks about."
    )
    hours: float = Field(
        default=24.0, gt=0, description="Hours after which the same customer is asked about again."
    )
