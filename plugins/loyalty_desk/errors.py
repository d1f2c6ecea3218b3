"""Failures with a name. The message says what is wrong, and `what_to_do` what comes next, where the
message does not say so itself.

A message names ids, counts, paths and settings; never an e-mail, a body, a header or a query.

Never: an import of ours.
"""

from typing import ClassVar, Final

CLEAR_TASK: Final = "clear the failed task"


class LoyaltyDeskError(Exception):
    """Base of every failure that Loyalty Desk raises on purpose."""

    what_to_do: ClassVar[str] = f"Mend that, then {CLEAR_TASK}"


class TemporaryError(LoyaltyDeskError):
    """Try again later; nothing needs a person yet."""

    what_to_do = "It is tried again by itself, and in the next run"


class PermanentError(LoyaltyDeskError):
    """Stop. Trying again cannot help, a person must act."""


def explain(error: BaseException) -> str:
    """What went wrong and what to do, without anything personal. Sentences without a last stop."""
    if not isinstance(error, LoyaltyDeskError):
        # Its own message may hold what it was working on.
        return (
            f"{type(error).__name__}, which nobody foresaw. Clear the failed task once; if it fails"
            " again, report it as a bug, with the log below this line"
        )
    return ". ".join(filter(None, (str(error).rstrip("."), error.what_to_do)))


def explain_at_once(error: LoyaltyDeskError) -> str:
    """The same to whoever ran a command: nothing is tried again there, and no task to be cleared.

    The message alone stays as it is, with a last stop or without.
    """
    if isinstance(error, TemporaryError) or CLEAR_TASK in error.what_to_do or not error.what_to_do:
        return str(error)
    return explain(error)


class SettingsError(PermanentError):
    """A setting is missing or wrong. The message names the store, the key and what is allowed."""


class StoreDisconnectedError(PermanentError):
    """A person took the store out of service; nothing of it runs until it is connected again."""

    what_to_do = "Connect it again, or pause its DAGs"


class PlatformChangedError(PermanentError):
    """The stores file names another platform than the members in staging are of."""

    what_to_do = "See “Change the platform” in docs/platforms.md"

    def __init__(self, store: str, known: str, named: str) -> None:
        super().__init__(
            f"store {store} is on {named} by the stores file, and its members and decisions are of"
            f" {known}: nothing was read or booked. Carry them over by `python -m loyalty_desk"
            f" platform change --store {store}`, or write `platform: {known}` again"
        )


class PlatformChangeError(PermanentError):
    """The change of a store's platform cannot begin. The message says why; nothing was changed."""


class ConnectError(PermanentError):
    """Connecting or disconnecting a store stopped; the message says what to mend."""


class StagingUnavailableError(TemporaryError):
    """The staging database cannot be reached now; it may be starting again."""


class BadConnectionError(PermanentError):
    """An Airflow connection is missing, incomplete or refused; the message has the remedy."""


class NoConnectionError(BadConnectionError):
    """Airflow has no connection of that name."""


class ApiError(PermanentError):
    """The API refused a request for good (a 4xx other than 429).

    `status` is the HTTP status, `method` and `path` what was asked; the body is never kept.
    """

    def __init__(self, service: str, method: str, path: str, status: int, hint: str = "") -> None:
        self.service, self.method, self.path, self.status = service, method, path, status
        super().__init__(
            f"{service} answered {status} to {method} {path}" + (f": {hint}" if hint else "")
        )


class NotFoundError(ApiError):
    """404: the object does not exist any more. Often normal."""


class MovedError(ApiError):
    """301: a merged customer; the id is dead and another one took its place."""


class ApiUnavailableError(TemporaryError):
    """429 or 5xx after the transport's own waiting, a broken answer, or no answer at all.

    `may_have_arrived` is False only when the request surely had no effect.
    """

    def __init__(self, message: str, *, may_have_arrived: bool = True) -> None:
        self.may_have_arrived = may_have_arrived
        super().__init__(message)


class PlatformOutageError(PermanentError):
    """The loyalty platform could not be used. What is due waits, and later runs take it."""

    what_to_do = "Nothing, if it was away; else correct its Airflow connection"


class NotToldError(LoyaltyDeskError):
    """Places could not be told something. All others were, and these are told by a later run."""

    what_to_do = (
        "A later run tells it, and the desk names the place until then; mend its address, its"
        " arguments or its connection"
    )


class CursorError(TemporaryError):
    """A page came without its cursor, or with one seen before: the list is not whole."""


class RejectedShareError(PermanentError):
    """So many rows of one extract were unusable that the extract itself must be wrong."""

    what_to_do = f"Correct them where they come from, then {CLEAR_TASK}"


class MemberFileError(PermanentError):
    """A file with members, its folder or the file of its columns cannot be used."""


class MemberFolderError(TemporaryError):
    """The place of member files does not answer now."""


class StorageError(TemporaryError):
    """The folder or object store of the desk's own files refuses, is full or does not answer."""

    what_to_do = (
        "It is tried again by itself; if it stays, see that there is room and that our user may"
        " write there. LOYALTY_DESK_VAR_DIR says where it is; with an object store see its"
        " connection too"
    )


class StoreBusyError(TemporaryError):
    """Another run holds the store's lock. Wait for it, or for its lease to end."""


class NoTurnError(PermanentError):
    """A sync worked on the store for so long that an erasure or a disconnect gave up. Nothing was
    changed.
    """

    what_to_do = "Run it again when the sync has ended, or raise `turn_minutes`"


class RunAbandonedError(PermanentError):
    """This run lost its lock and another run has worked since. Start a new run."""

    what_to_do = ""


class BrakeError(PermanentError):
    """The plan or an extract is outside the store's limits. Nothing was pushed."""

    what_to_do = ""


class QualityError(PermanentError):
    """A critical data-quality check failed. The message names the step and the checks."""

    what_to_do = f"Correct the rows where they come from, then {CLEAR_TASK}"
