"""How large an import may be, and from where on nobody waits for it."""

from datetime import timedelta

# One import is one transaction: all of it or nothing. A new account with owner and credits is some
# thirty statements, so this many take minutes, in which the rows it changes are locked and
# PostgreSQL keeps what other transactions delete. Longer than that, several files are kinder.
MAX_ROWS = 20_000
# As many as a person waits for. More are carried out by a worker.
BACKGROUND_ABOVE = 1_000
# Rows that are compared and done together: what is held in memory at a time.
CHUNK = 500

# A worker gives a sign of life twice a second. After a minute without one it counts as gone:
# PostgreSQL ends its sessions, another may begin again, and the page offers to call one.
SILENCE = timedelta(seconds=60)
# A run whose workers never come to its end is given up: most likely it is what ends them.
MAX_ATTEMPTS = 3
