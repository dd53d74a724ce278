-- One row for each job with visits that were made and are on no invoice.
with visits as (
    select
        job_id,
        count(*) as uninvoiced_visits,
        min(completed_at) as waiting_since
    from {{ ref('stg_jobber__visits') }}
    where is_complete and invoice_id is null and job_id is not null
    group by job_id
)

select
    jobs.account_id,
    jobs.id as job_id,
    jobs.job_number,
    jobs.title,
    jobs.client_id,
    jobs.salesperson_id,
    jobs.job_status,
    visits.uninvoiced_visits,
    {{ jobber.local_date('visits.waiting_since') }} as waiting_since,
    zones.today - {{ jobber.local_date('visits.waiting_since') }} as days_waiting,
    jobs.completed_and_uninvoiced_visits_total as uninvoiced,
    zones.today as as_of_date
from {{ ref('stg_jobber__jobs') }} as jobs
inner join visits on jobs.id = visits.job_id
{{ jobber.join_zones('jobs') }}
