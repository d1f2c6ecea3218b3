"""The run record as a table, a page and a spreadsheet."""
