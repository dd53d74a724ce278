-- One row for each month in which quotes were made: what has become of these by now.
with counted as (
    select
        account_id,
        created_month as month,
        count(*) as quotes,
        sum(case when outcome = 'won' then 1 else 0 end) as won,
        sum(case when outcome = 'lost' then 1 else 0 end) as lost,
        sum(case when outcome = 'open' then 1 else 0 end) as open,
        sum(case when outcome = 'draft' then 1 else 0 end) as drafts,
        sum(total) as total,
        sum(case when outcome = 'won' then total else 0 end) as won_total
    from {{ ref('fct_quotes') }}
    group by account_id, created_month
)

select
    counted.*,
    {{ jobber.share('won', 'quotes - drafts') }} as conversion_rate,
    {{ jobber.share('won', 'won + lost') }} as win_rate
from counted
