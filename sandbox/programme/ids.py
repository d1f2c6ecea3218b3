"""Ids that are numbers, computed from the row and back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NumberedIds:
    """Ids from `first` on, `step` apart, in the order of the rows."""

    first: int
    step: int

    def of(self, row: int) -> int:
        """Return the id of a row."""
        return self.first + self.step * row

    def find_row(self, number: int) -> int | None:
        """Return the row of an id, None when the id cannot be one."""
        row, rest = divmod(number - self.first, self.step)
        return row if rest == 0 and row >= 0 else None

    def first_beyond(self, number: int) -> int:
        """Return the first row whose id is greater than a number."""
        return max(0, (number - self.first) // self.step + 1)
