-- One row for each user that exists, deactivated ones included.
select
    account_id,
    id as user_id,
    name_full as name,
    name_first as first_name,
    name_last as last_name,
    email_raw as email,
    coalesce(status = 'ACTIVATED', false) as is_active,
    status,
    is_account_owner,
    is_account_admin,
    timezone as time_zone,
    created_at,
    last_login_at
from {{ ref('stg_jobber__users') }}
