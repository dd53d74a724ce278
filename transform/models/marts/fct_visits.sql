-- One row for each visit: when it was planned, how long it took, and how long before it was booked.
with visits as (
    select * from {{ ref('stg_jobber__visits') }}
),

worked as (
    select
        target_item_id as visit_id,
        {{ jobber.whole('sum(final_duration_seconds)') }} as worked_seconds
    from {{ ref('stg_jobber__time_sheet_entries') }}
    where target_item_id is not null
    group by target_item_id
),

people as (
    select
        visit_id,
        {{ jobber.whole('count(*)') }} as assigned_users
    from {{ ref('stg_jobber__visit_assigned_users') }}
    group by visit_id
)

select
    visits.account_id,
    visits.id as visit_id,
    visits.title,
    visits.job_id,
    visits.client_id,
    visits.property_id,
    visits.invoice_id,
    visits.start_at,
    visits.end_at,
    {{ jobber.local_date('visits.start_at') }} as start_date,
    visits.all_day as is_all_day,
    visits.is_complete,
    visits.completed_at,
    case
        when visits.is_complete then 'completed'
        when visits.start_at is null then 'unscheduled'
        when {{ jobber.local_date('visits.start_at') }} < zones.today then 'late'
        when {{ jobber.local_date('visits.start_at') }} = zones.today then 'today'
        else 'upcoming'
    end as status,
    {{ jobber.whole('people.assigned_users') }} as assigned_users,
    case
        when not coalesce(visits.all_day, false)
            then cast(extract(epoch from (visits.end_at - visits.start_at)) as bigint)
    end as planned_seconds,
    worked.worked_seconds,
    {{ jobber.local_date('visits.start_at') }} - {{ jobber.local_date('visits.created_at') }} as days_booked_ahead,
    zones.today as as_of_date
from visits
left join worked on visits.id = worked.visit_id
left join people on visits.id = people.visit_id
{{ jobber.join_zones('visits') }}
