-- One row for each user and week, from Monday: hours, and how many of them were for jobs.
with entries as (
    select
        entries.account_id,
        entries.user_id,
        {{ jobber.week_of(jobber.local_date('entries.start_at')) }} as week,
        entries.job_id,
        coalesce(entries.final_duration_seconds, 0) as seconds,
        {{ jobber.labour_cost('coalesce(entries.labour_rate, 0)', 'coalesce(entries.final_duration_seconds, 0)') }}
            as cost
    from {{ ref('stg_jobber__time_sheet_entries') }} as entries
    {{ jobber.join_zones('entries') }}
    where not coalesce(entries.ticking, false)
)

select
    account_id,
    user_id,
    week,
    {{ jobber.whole('count(*)') }} as entries,
    {{ jobber.whole('sum(seconds)') }} as total_seconds,
    {{ jobber.whole('sum(case when job_id is not null then seconds else 0 end)') }} as billable_seconds,
    {{ jobber.share('sum(case when job_id is not null then seconds else 0 end)', 'sum(seconds)') }} as billable_share,
    {{ jobber.money('sum(cost)') }} as labour_cost
from entries
group by account_id, user_id, week
