-- The zone that days are counted in: the one configured, or that of the account's owner, or of another user.
-- depends_on: {{ source('jobber', 'users') }}
with user_rows as (
    {{ jobber.current_rows(
        stream='users',
        keys=['id'],
        columns={'id': 'text', 'isAccountOwner': 'boolean', 'timezone': 'text', 'createdAt': 'timestamp'},
        ids='user_ids',
    ) | indent(4) }}
),

known_zones as (
    select name from {{ 'pg_timezone_names()' if target.type == 'duckdb' else 'pg_timezone_names' }}
),

ranked as (
    select
        user_rows."accountId" as account_id,
        known_zones.name as time_zone,
        row_number() over (
            partition by user_rows."accountId"
            order by user_rows."isAccountOwner" desc nulls last, user_rows."createdAt" asc, user_rows.id asc
        ) as place
    from user_rows
    inner join known_zones on user_rows.timezone = known_zones.name
),

account_rows as (
    {{ jobber.source_rows('account', ['id'], {'id': 'text'}) | indent(4) }}
),

named_accounts as (
    select account_rows."accountId" as account_id
    from account_rows
    where account_rows."accountId" is not null
    union
    select user_rows."accountId" as account_id
    from user_rows
    where user_rows."accountId" is not null
),

accounts as (
    select named_accounts.account_id from named_accounts
    union all
    -- No row says whose it is: all are taken to be of one account.
    select cast(null as text) as account_id
    where not exists (select 1 from named_accounts)
),

zones as (
    select
        accounts.account_id,
        coalesce(
            nullif('{{ var('jobber_time_zone') }}', ''),
            ranked.time_zone,
            'UTC'
        ) as time_zone
    from accounts
    left join ranked
        on ranked.place = 1 and coalesce(accounts.account_id = ranked.account_id, true)
)

select
    account_id,
    time_zone,
    coalesce(
        cast(nullif('{{ var('jobber_today') }}', '') as date),
        cast(cast('{{ run_started_at }}' as timestamptz) at time zone time_zone as date)
    ) as today
from zones
