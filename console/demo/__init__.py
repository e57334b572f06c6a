"""The demo: the customer's system as its survey of 2025-12-08 describes it, ready for work.

What the survey says is held exactly (tests/console/test_demo.py copies it row by row). Where it
says nothing, these are our choices:

- Three accounts make the eight full. salman-raza-sadiq is in the survey only as the account of
  user 53; garden-path-studio and brightwater-clinic are invented.
- There are no subscriptions, as in the survey: active accounts run on credits alone. Their
  overdue renewals are therefore open bank transfers without a paid period behind them.
- No money has come in: no payment is confirmed and no payer is named.
- Nobody of a customer can sign in. The only passwords are those of the five staff logins.
"""
