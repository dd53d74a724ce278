-- One row for each month in which quotes were made: what has become of these by now.
with counted as (
    select
        account_id,
        created_month as month,
        {{ jobber.whole('count(*)') }} as quotes,
        {{ jobber.whole("sum(case when outcome = 'won' then 1 else 0 end)") }} as won,
        {{ jobber.whole("sum(case when outcome = 'lost' then 1 else 0 end)") }} as lost,
        {{ jobber.whole("sum(case when outcome = 'open' then 1 else 0 end)") }} as open,
        {{ jobber.whole("sum(case when outcome = 'draft' then 1 else 0 end)") }} as drafts,
        {{ jobber.money('sum(total)') }} as total,
        {{ jobber.money("sum(case when outcome = 'won' then total else 0 end)") }} as won_total
    from {{ ref('fct_quotes') }}
    group by account_id, created_month
)

select
    counted.*,
    {{ jobber.share('won', 'quotes - drafts') }} as conversion_rate,
    {{ jobber.share('won', 'won + lost') }} as win_rate
from counted
