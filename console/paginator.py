"""Counting and paging that cost the same on eleven million rows as on eleven."""

from django.core.paginator import Page, Paginator
from django.db import connections
from django.db.models import QuerySet
from django.utils.functional import cached_property
from psycopg import sql

# Counting stops here: “more than 10,000” is all that anybody does with the number.
MOST_COUNTED = 10_000
# A page further back is found by a filter; the database would have to walk past all before it.
MOST_PAGES = 200


class BoundedPaginator(Paginator):
    """Counts at most 10,000 rows and opens at most 200 pages.

    A whole table that is larger takes its count from the planner's estimate.
    """

    template_name = "console/list/pagination.html"

    @cached_property
    def count(self) -> int:
        if self._is_whole_table():
            return self._count_of_table()
        return self.object_list.order_by()[: MOST_COUNTED + 1].count()

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, MOST_PAGES)

    def page(self, number: int | str) -> Page:
        """Its rows are found first, by number alone: fifty rows are joined with what they show of
        other tables, and not also the ten thousand before them.
        """
        number = self.validate_number(number)
        rows = self.object_list
        if number == 1 or not isinstance(rows, QuerySet) or rows.query.combinator:
            return super().page(number)
        top = number * self.per_page
        found = rows.values("pk")[top - self.per_page : top]
        return self._get_page(rows.filter(pk__in=found), number, self)

    @property
    def is_cut(self) -> bool:
        """Whether there are rows that no page shows."""
        return self.count > MOST_PAGES * self.per_page

    @property
    def count_in_words(self) -> str:
        """“1,204”, “more than 10,000” when counting stopped, “about 1,200,000” when estimated."""
        if self.count <= MOST_COUNTED:
            return f"{self.count:,}"
        if self.count == MOST_COUNTED + 1:
            return f"more than {MOST_COUNTED:,}"
        digits = len(str(self.count)) - 2
        return f"about {round(self.count, -digits):,}"

    def _is_whole_table(self) -> bool:
        rows = self.object_list
        return isinstance(rows, QuerySet) and not (
            rows.query.where or rows.query.distinct or rows.query.combinator
        )

    def _count_of_table(self) -> int:
        """The planner's number of a large table (-1 before the first ANALYZE), else the count.

        One query for both: the rows are counted only where the CASE comes to it.
        """
        table = self.object_list.model._meta.db_table
        statement = sql.SQL(
            "SELECT CASE WHEN reltuples >= {most} THEN reltuples::bigint"
            " ELSE (SELECT count(*) FROM (SELECT FROM {table} LIMIT {most} + 1) AS counted) END"
            " FROM pg_class WHERE oid = {name}::regclass"
        ).format(
            most=sql.Literal(MOST_COUNTED), table=sql.Identifier(table), name=sql.Literal(table)
        )
        with connections[self.object_list.db].cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0]
