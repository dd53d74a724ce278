"""Prints what people ask of an account first, from the database that `dbt build` has made in DuckDB.

Usage: `meltano invoke dbt-duckdb:answers`, or `python answers.py path/to/answers.duckdb`. Each question is one query,
to be copied and changed.
"""

from __future__ import annotations

import os
import sys

import duckdb

WIDTH = 80
ANSWERS = {
    "Revenue by month: what was issued, without tax, and what was collected": """
        select strftime(month, '%Y-%m') as month, round(issued_net)::int as issued, round(collected)::int as collected,
            bar(issued_net, 0, max(issued_net) over (), 30) as "issued, as a bar"
        from (from fct_revenue_by_month order by month desc limit 13) order by month
    """,
    "Unpaid invoices by the days that they are overdue": """
        select ageing_bucket as days, count(*) as invoices, sum(open_balance)::decimal(18, 2) as open,
            bar(sum(open_balance), 0, sum(sum(open_balance)) over (), 30) as "of all that is open"
        from fct_invoices where is_open group by ageing_bucket order by min(days_overdue)
    """,
    "The best jobs": """
        select job_number as job, left(title, 24) as title, round(revenue)::int as revenue,
            round(total_cost)::int as cost, round(profit)::int as profit, round(100 * margin)::int as "margin %"
        from fct_jobs where completed_visits > 0 and labour_seconds > 0 order by fct_jobs.profit desc, job limit 5
    """,
    "The worst jobs": """
        select job_number as job, left(title, 24) as title, round(revenue)::int as revenue,
            round(total_cost)::int as cost, round(profit)::int as profit, round(100 * margin)::int as "margin %"
        from fct_jobs where completed_visits > 0 and labour_seconds > 0 order by fct_jobs.profit, job limit 5
    """,
    "Hours on time sheets in the last four weeks": """
        select name, round(sum(total_seconds) / 3600, 1) as hours,
            round(100 * sum(billable_seconds) / sum(total_seconds))::int as "billable %",
            bar(sum(billable_seconds), 0, max(sum(total_seconds)) over (), 30) as "billable hours, as a bar"
        from fct_time join dim_users using (user_id)
        where week > (select max(week) from fct_time) - interval 4 weeks group by name order by hours desc limit 10
    """,
    "Quotes by quarter: won of all (conversion), and won of those decided (win)": """
        select strftime(month, '%Y-%m') as quarter, quotes, won, lost, open,
            round(100 * won / quotes)::int as "conversion %", round(100 * won / nullif(won + lost, 0))::int as "win %"
        from (
            select date_trunc('quarter', month) as month, sum(quotes)::int as quotes, sum(won)::int as won,
                sum(lost)::int as lost, sum(open)::int as open
            from fct_quotes_by_month group by 1 order by 1 desc limit 8
        ) order by month
    """,
}


def main() -> int:
    """Print each question with its answer; 1 if there is no such database."""
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("JOBBER_DUCKDB", "answers.duckdb")
    try:
        database = duckdb.connect(path, read_only=True)
        for question, query in ANSWERS.items():
            print(f"\n{question}")
            database.sql(query).show(max_width=WIDTH, max_rows=20)
    except duckdb.Error as error:
        print(f"{path} cannot be asked ({error}): run dbt build first", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
