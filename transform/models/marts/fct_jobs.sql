-- One row for each job: what it has earned so far, what it has cost, and what an hour of it has brought.
with jobs as (
    select * from {{ ref('stg_jobber__jobs') }}
),

visits as (
    select
        job_id,
        {{ jobber.whole('count(*)') }} as visits,
        {{ jobber.whole('sum(case when is_complete then 1 else 0 end)') }} as completed_visits
    from {{ ref('stg_jobber__visits') }}
    group by job_id
),

lines as (
    select
        job_id,
        {{ jobber.money('sum(total_price)') }} as price,
        {{ jobber.money('sum(total_cost)') }} as cost
    from {{ ref('stg_jobber__job_line_items') }}
    group by job_id
),

labour as (
    select
        job_id,
        {{ jobber.whole('sum(final_duration_seconds)') }} as labour_seconds,
        sum({{ jobber.labour_cost('coalesce(labour_rate, 0)', 'final_duration_seconds') }}) as labour_cost
    from {{ ref('stg_jobber__time_sheet_entries') }}
    where job_id is not null
    group by job_id
),

expenses as (
    select
        linked_job_id as job_id,
        {{ jobber.money('sum(total)') }} as expense_cost
    from {{ ref('stg_jobber__expenses') }}
    where linked_job_id is not null
    group by linked_job_id
),

counted as (
    select
        jobs.*,
        {{ jobber.whole('visits.visits') }} as visits,
        {{ jobber.whole('visits.completed_visits') }} as completed_visits,
        -- The line items of a recurring job are those of one visit.
        case when jobs.job_type = 'RECURRING' then coalesce(visits.completed_visits, 0) else 1 end as times,
        lines.price,
        lines.cost,
        {{ jobber.whole('labour.labour_seconds') }} as labour_seconds,
        {{ jobber.money('labour.labour_cost') }} as labour_cost,
        {{ jobber.money('expenses.expense_cost') }} as expense_cost
    from jobs
    left join visits on jobs.id = visits.job_id
    left join lines on jobs.id = lines.job_id
    left join labour on jobs.id = labour.job_id
    left join expenses on jobs.id = expenses.job_id
),

costed as (
    select
        counted.*,
        {{ jobber.money('price * times') }} as revenue,
        {{ jobber.money('cost * times') }} as material_cost
    from counted
)

select
    account_id,
    id as job_id,
    job_number,
    title,
    job_type,
    job_status,
    client_id,
    property_id,
    quote_id,
    request_id,
    salesperson_id,
    created_at,
    start_at,
    end_at,
    completed_at,
    visits,
    completed_visits,
    revenue,
    invoiced_total as invoiced,
    material_cost,
    labour_seconds,
    labour_cost,
    expense_cost,
    material_cost + labour_cost + expense_cost as total_cost,
    revenue - material_cost - labour_cost - expense_cost as profit,
    {{ jobber.share('revenue - material_cost - labour_cost - expense_cost', 'revenue') }} as margin,
    {{ jobber.share('(revenue - material_cost - expense_cost) * 3600', 'labour_seconds') }} as realised_hourly_rate
from costed
