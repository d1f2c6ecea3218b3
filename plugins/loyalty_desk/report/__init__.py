"""The run record as a table, a page and a spreadsheet.

Never: a change of what it shows.
"""
