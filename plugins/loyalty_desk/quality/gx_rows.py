"""Rows at fault, all of them, by running a check's statement once.

Great Expectations' own expectation runs it twice, to count the rows and to fetch the first 200:
with a million members staged that is most of what the checks take, and the others would not be set
aside. Importing this imports GX.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metrics.query_table.query_table import QueryTable

from loyalty_desk.settings.sections import MOST_SET_ASIDE

_ROWS = "rows_at_fault.rows"


class RowsOfStatement(QueryTable):
    """What a statement returns; it has a limit of its own."""

    metric_name = _ROWS
    value_keys = ("unexpected_rows_query",)
    query_param_name: ClassVar[str] = "unexpected_rows_query"

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805 - GX hands the class over by this name
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> list[dict[Any, Any]]:
        wanted = {**metric_value_kwargs, "fetch_all": True}
        return QueryTable._sqlalchemy(
            cls, execution_engine, metric_domain_kwargs, wanted, metrics, runtime_configuration
        )


class RowsAtFault(UnexpectedRowsExpectation):
    """Passes when a statement returns no row; the result has as many as can be set aside."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (_ROWS,)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> ExpectationValidationResult | dict[str, Any]:
        rows = metrics[_ROWS]
        found = {
            "unexpected_rows_query.table": rows[: MOST_SET_ASIDE + 1],
            "unexpected_rows_query.row_count": len(rows),
        }
        return super()._validate(found, runtime_configuration, execution_engine)
