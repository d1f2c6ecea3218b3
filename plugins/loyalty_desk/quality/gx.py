"""Runs checks with Great Expectations on the staging database; it and `gx_rows` alone know GX.

GX sends its statements over a connection of its own, which we open: it can only read, and sees the
temporary table `checked_run` with the values that a check binds. So GX never sees the database's
address or password, no value is ever part of a statement's text, and rows stay in the database:
what comes back are counts and the first few ids.

On PostgreSQL both hold for a transaction and are made anew with each: behind a pooler the next one
may be another session's, and this session another client's.

GX 1.24 has no telemetry; it is switched off all the same, should a later version bring it back.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, event

from loyalty_desk.card.emails import masked_name
from loyalty_desk.errors import SettingsError, StorageError
from loyalty_desk.quality.offline import make_offline
from loyalty_desk.quality.steps import CheckResult, Severity
from loyalty_desk.quality.suites import Check, ColumnCheck, RowCheck
from loyalty_desk.settings.sections import MOST_SET_ASIDE
from loyalty_desk.staging.address import driver_options
from loyalty_desk.staging.statements import statement

MOST_IDS: Final = 50
MOST_ROWS: Final = 100_000
"""Rows at fault are counted up to here, as psycopg holds a whole answer in memory."""

_NOT_ON_A_DATABASE: Final = frozenset(
    {
        "expect_column_values_to_be_dateutil_parseable",
        "expect_column_values_to_be_decreasing",
        "expect_column_values_to_be_in_type_list",
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_json_parseable",
        "expect_column_values_to_be_of_type",
        "expect_column_values_to_match_json_schema",
        "expect_column_values_to_match_strftime_format",
        "expect_column_quantile_values_to_be_between",  # its result cannot be written as JSON
    }
)
"""What GX offers and can use on data frames only."""
_BIND: Final = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")  # as SQLAlchemy's `text()` finds them
_EXCEPTION: Final = re.compile(r"^([\w.]*[A-Z]\w+):", re.MULTILINE)
_PAGE_BYTES: Final = 1 << 18
_SITES: Final = "great_expectations.render.renderer"
_RUN_ROW: Final = "checked_run"


KeepDocs = Callable[[Callable[[Path], None]], None]
"""Takes what writes Data Docs into a folder, and has it do so, or not."""


class CheckCrashedError(Exception):
    """GX could not run a check. The message has the check and the kind of failure, no data."""


def run_checks(
    engine: Engine,
    checks: Sequence[Check],
    values: Mapping[str, Any],
    title: str,
    keep_docs: KeepDocs | None,
) -> tuple[CheckResult, ...]:
    """Validate the checks; `values` are the columns of `checked_run`.

    When all results are there `keep_docs` may have GX's Data Docs written, into an empty folder;
    `index.html` is the start page.

    Raises:
        CheckCrashedError: a check could not be run; it is neither passed nor failed.
    """
    context = _context()
    datasource = _add_datasource(context, engine, values)
    try:
        results: dict[str, CheckResult] = {}
        for batch in dict.fromkeys(_batch(check) for check in checks):
            of_batch = [check for check in checks if _batch(check) == batch]
            results |= _validate(context, datasource, batch, of_batch, title)
    finally:
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()
    found = [results[check.name] for check in checks]
    if keep_docs is not None:
        says = [check.says for check in checks]
        keep_docs(lambda folder: _write_docs(context, folder, title, says, found))
    return tuple(found)


def _write_docs(
    context: Any, folder: Path, title: str, says: Sequence[str], found: Sequence[CheckResult]
) -> None:
    _mask_what_pages_show(context)
    context.add_data_docs_site("staging", _docs_site(folder))
    context.build_data_docs()
    _see_that_all_are_there(context, folder)
    make_offline(folder, title, says, found)


def _mask_what_pages_show(context: Any) -> None:
    """Pages are made of the results in GX's store, so an id that is an address leaves it first."""
    store = context.validation_results_store
    for key in store.list_keys():
        kept = store.get(key)
        for one in kept.results:
            one.result = _without_addresses(one.result)
        store.set(key, kept)


def _without_addresses(found: Any) -> Any:
    match found:
        case str():
            return masked_name(found)
        case list():
            return [_without_addresses(one) for one in found]
        case dict():
            return {name: _without_addresses(one) for name, one in found.items()}
        case _:
            return found


def _see_that_all_are_there(context: Any, folder: Path) -> None:
    """GX only logs which pages it could not write, with a traceback each."""
    wanted = len(context.validation_results_store.list_keys())
    written = [page for page in (folder / "validations").rglob("*.html") if page.stat().st_size]
    if len(written) < wanted:
        (folder / "tried").write_bytes(bytes(_PAGE_BYTES))  # what the disk says to it is the reason
        raise StorageError(f"{folder} has {len(written)} of {wanted} pages of Data Docs")


def see_that_gx_takes(checks: Sequence[Check]) -> None:
    """Raise SettingsError for a check whose expectation or arguments GX does not know."""
    for check in checks:
        _expectation(check)


def _gx(module: str = "") -> Any:
    """GX, or a module of it: imported here, as it takes 5 s and only these tasks need it."""
    return _with_gx(f"great_expectations{module}")


def _with_gx(module: str) -> Any:
    """A module that is GX's or imports it, with GX kept quiet before it is read."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # it tells of every connect
    logging.getLogger(f"{_SITES}.site_builder").setLevel(logging.CRITICAL)  # pages are counted
    return import_module(module)


def _context() -> Any:
    config = _gx(".data_context.types.base")
    return _gx().get_context(
        mode="ephemeral",
        project_config=config.DataContextConfig(
            # Its default is a second docs site, in a temporary folder that nobody takes away.
            store_backend_defaults=config.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=config.ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )


def _add_datasource(context: Any, engine: Engine, values: Mapping[str, Any]) -> Any:
    arguments, options = engine.dialect.create_connect_args(engine.url)
    options = dict(options) | driver_options(engine.url)
    show = _shower(engine, values)

    def connect() -> Any:
        connection = engine.dialect.connect(*arguments, **options)
        if engine.dialect.name == "sqlite":  # where GX has one connection, and never lets it go
            show(connection)
        return connection

    # GX wants an address to know the dialect; `creator` keeps it from being used.
    if engine.dialect.name == "sqlite":
        return context.data_sources.add_sqlite(
            "staging", connection_string="sqlite:///staging", kwargs={"creator": connect}
        )
    source = context.data_sources.add_postgres(
        "staging",
        connection_string="postgresql+psycopg://unused@staging/staging",
        kwargs={"creator": connect},
    )
    for theirs in (source.get_engine(), source.get_execution_engine().engine):
        event.listen(theirs, "begin", lambda begun: show(begun.connection))
    return source


def _shower(engine: Engine, values: Mapping[str, Any]) -> Callable[[Any], None]:
    """Return what makes `checked_run` on a connection of GX's, and then lets it read only."""
    fill = statement("checks/results/insert_checked_run").compile(dialect=engine.dialect)
    filling = fill.construct_params(dict(values))
    row = [filling[name] for name in fill.positiontup or ()] if fill.positional else filling
    create = statement("checks/results/create_checked_run").text
    is_sqlite = engine.dialect.name == "sqlite"

    def show(connection: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(create if is_sqlite else f"{create} ON COMMIT DROP")
        cursor.execute(str(fill), row)
        if is_sqlite:
            connection.commit()
        cursor.execute("PRAGMA query_only = ON" if is_sqlite else "SET TRANSACTION READ ONLY")
        cursor.close()

    return show


def _docs_site(folder: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder),
        },
    }


def _batch(check: Check) -> str:
    return check.batch if isinstance(check, ColumnCheck) else _RUN_ROW


def _validate(
    context: Any, datasource: Any, batch: str, checks: Sequence[Check], title: str
) -> dict[str, CheckResult]:
    gx = _gx()
    if batch == _RUN_ROW:
        asset = datasource.add_table_asset(name="rows_at_fault", table_name=_RUN_ROW)
        wanted: dict[str, Any] = {"result_format": "COMPLETE"}  # else it leaves out the ids
    else:
        asset = datasource.add_query_asset(
            name=batch.rpartition("/select_")[2], query=_query(batch)
        )
        wanted = {
            "result_format": "SUMMARY",
            "partial_unexpected_count": _most_ids(checks),
            "unexpected_index_column_names": [_id_column(checks)],
        }
    name = f"{title}_{asset.name}"
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=name,
            data=asset.add_batch_definition_whole_table("all"),
            suite=context.suites.add(
                gx.ExpectationSuite(name=name, expectations=[_expectation(c) for c in checks])
            ),
        )
    )
    run = _gx(".core.run_identifier").RunIdentifier(run_name=title)
    answer = validation.run(result_format=wanted, run_id=run)
    by_name = {check.name: check for check in checks}
    found = {result.expectation_config.meta["check"]: result for result in answer.results}
    return {name: _read(check, found[name]) for name, check in by_name.items()}


def _id_column(checks: Sequence[Check]) -> str:
    (id_column,) = {check.id_column for check in checks if isinstance(check, ColumnCheck)}
    return id_column


def _most_ids(checks: Sequence[Check]) -> int:
    """How many ids to ask for: of rows that are set aside, one more than can be."""
    sets_aside = any(check.severity is Severity.ROW for check in checks)
    return MOST_SET_ASIDE + 1 if sets_aside else MOST_IDS


def _expectation(check: Check) -> Any:
    severity = Severity.CRITICAL if check.severity is Severity.ROW else check.severity
    common = {
        "severity": severity.value,  # GX has no word for a row
        "description": check.says,
        "meta": {"check": check.name},
    }
    if isinstance(check, RowCheck):
        # GX formats the text, so braces are doubled. It puts the batch in place of `{batch}`; with
        # a join in the query it leaves the alias to us, which PostgreSQL before 16 insists on.
        text = _query(check.query).replace("{", "{{").replace("}", "}}")
        query = (
            f"SELECT at_fault.* FROM ({text}) AS at_fault "  # noqa: S608 - no value is in it
            f"CROSS JOIN {{batch}} AS checked LIMIT {MOST_ROWS}"
        )
        rows_at_fault = _with_gx("loyalty_desk.quality.gx_rows").RowsAtFault
        return rows_at_fault(unexpected_rows_query=query, **common)
    return _with_arguments(check, **common)


def _class_of(check: ColumnCheck) -> Any:
    """GX's class for a check: ours name the class, those of the installation's files the type."""
    name = check.expectation
    if name[0].isupper():
        return getattr(_gx(".expectations"), name)
    known = _types(of_rows=check.severity is Severity.ROW)
    if name not in known:
        raise SettingsError(
            f"expectation {check.name}: Great Expectations has no {name} that can be used with "
            f"severity {check.severity}; there are {', '.join(sorted(known))}"
        )
    return known[name]


def _types(*, of_rows: bool) -> dict[str, Any]:
    """GX's expectations by type, as far as they look at the batch alone; or those of single rows.

    None with a query or a table of one's own: it could read any, and Data Docs show what it finds.
    """
    kinds = _gx(".expectations.expectation")
    allowed = [
        kinds.ColumnMapExpectation,
        kinds.ColumnPairMapExpectation,
        kinds.MulticolumnMapExpectation,
    ]
    counts: set[str] = set()
    if not of_rows:
        allowed.append(kinds.ColumnAggregateExpectation)
        counts |= {"expect_table_row_count_to_be_between", "expect_table_row_count_to_equal"}
    registry = _gx(".expectations.registry")
    found = {
        name: registry.get_expectation_impl(name)
        for name in registry.list_registered_expectation_implementations()
    }
    return {
        name: kind
        for name, kind in found.items()
        if name in counts or (issubclass(kind, tuple(allowed)) and name not in _NOT_ON_A_DATABASE)
    }


def _with_arguments(check: ColumnCheck, **common: Any) -> Any:
    try:
        return _class_of(check)(**check.arguments, **common)
    except ValueError as error:  # pydantic's, which says where and what
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in getattr(error, "errors", list)()
        )
        raise SettingsError(f"expectation {check.name}: {wrong or error}") from None


def _query(name: str) -> str:
    """The statement's text with each bind read from the one row of `checked_run`."""
    return _BIND.sub(
        lambda bind: f"(SELECT {bind[1]} FROM {_RUN_ROW})",  # noqa: S608 - two names, no value
        statement(name).text,
    )


def _read(check: Check, result: Any) -> CheckResult:
    _raise_if_crashed(check, result.exception_info)
    detail = result.result
    if isinstance(check, RowCheck):
        count = detail["observed_value"]
        ids = [row["failing_id"] for row in detail["details"]["unexpected_rows"]]
    else:
        count = detail.get("unexpected_count")  # an expectation on a whole column has none
        ids = [row[check.id_column] for row in detail.get("partial_unexpected_index_list", [])]
    return CheckResult(
        expectation=check.name,
        severity=check.severity,
        passed=bool(result.success),
        failing_count=int(count or 0),  # GX counts an empty batch as None
        failing_ids=tuple("none" if one is None else str(one) for one in ids[:MOST_IDS]),
        is_judged=not (_is_share(check) and not detail["element_count"]),
        at_fault=tuple(map(str, ids)) if check.severity is Severity.ROW else (),
    )


def _is_share(check: Check) -> bool:
    return isinstance(check, ColumnCheck) and "mostly" in check.arguments


def _raise_if_crashed(check: Check, info: Mapping[str, Any]) -> None:
    # GX keeps one such record, or one for each metric that the expectation needs.
    for record in info.values() if "raised_exception" not in info else [info]:
        if record["raised_exception"]:
            # Not the message: it may hold the statement and, from some drivers, a row.
            kinds = _EXCEPTION.findall(str(record["exception_traceback"]))
            kind = kinds[0] if kinds else "an error"
            raise CheckCrashedError(f"check {check.name} could not be run: {kind}")
