"""What finance asks at the end of a month. Each module answers one question and changes nothing.

A month is a calendar month in UTC. Money is Decimal in units of its `currency`; credits are int.
A number and the rows behind it come from the same condition, which the screens' filters use too.
"""
