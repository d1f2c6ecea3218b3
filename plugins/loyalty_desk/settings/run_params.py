"""What a person may choose when starting a run. Light to import, as every DAG parse does."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class RunParams(BaseModel):
    """The params of a run; the DAG and the command line are made from this."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: bool = Field(
        default=False, title="Dry run", description="Plan and report, but write nothing."
    )
    full_resync: bool = Field(
        default=False,
        title="Full resync",
        description="Read everything again and compare every card.",
    )
    release_brake: bool = Field(
        default=False,
        title="Release the brake",
        description="Let this one run exceed the limits of the brake.",
    )
    limit: int | None = Field(
        default=None,
        ge=0,
        title="Limit",
        description="Push at most this many cards, the most important first.",
    )

    @classmethod
    def form_fields(cls) -> dict[str, dict[str, Any]]:
        """Default, title, description and JSON type of each, for Airflow's trigger form."""
        properties = cls.model_json_schema()["properties"]
        return {
            name: {
                "default": field.get_default(),
                "title": field.title,
                "description": field.description,
                "type": [part["type"] for part in properties[name]["anyOf"]]
                if "anyOf" in properties[name]
                else properties[name]["type"],
            }
            for name, field in cls.model_fields.items()
        }
