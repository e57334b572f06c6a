"""The demo: the customer's system as its survey of 2025-12-08 describes it, ready for work.

What the survey says is held exactly (tests/console/test_demo.py copies it row by row). Where it
says nothing, these are our choices:

- Three accounts make the eight full. salman-raza-sadiq is in the survey only as the account of
  user 53; garden-path-studio and brightwater-clinic are invented.
- There are no subscriptions, as in the survey: active accounts run on credits alone. The two
  customers paid for their months before subscriptions were kept: invoices, payments and
  activations, without a subscription and without ledger rows of their own.
- A bank statement is imported, with lines of every kind waiting; a request waits for approval.
- Nobody of a customer can sign in. The only passwords are those of the five staff logins.
"""
