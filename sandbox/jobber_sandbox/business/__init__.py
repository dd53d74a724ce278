"""An account that hangs together: a small field-service business with three years of history, which goes on.

It is planned month by month, in passes: clients, sales, jobs with their visits, time sheets and expenses, invoices with
their payments. A pass returns records, which know when they come to be and when they change; `business` lets them
happen as time passes. What follows from dates and from other rows, such as totals and statuses, is not planned but
computed when it is asked for, in `values`.
"""
