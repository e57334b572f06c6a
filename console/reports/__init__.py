"""Finance's reports as pages: a chart, the table with the same numbers, the rows behind each.

One module a report. Its figures come from billing.reports; a number's link leads to a list filtered
down to exactly the rows that it is the count or the sum of.
"""
