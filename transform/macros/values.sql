{#- The day of a moment in the account's zone; `zones` has to be joined. -#}
{%- macro local_date(expression) -%}
    cast(({{ expression }} at time zone 'UTC') at time zone zones.time_zone as date)
{%- endmacro -%}

{%- macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro -%}

{#- The Monday of the week of a day. -#}
{%- macro week_of(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro -%}

{%- macro join_zones(table) -%}
    left join {{ ref('jobber_time_zones') }} as zones on coalesce({{ table }}.account_id = zones.account_id, true)
{%- endmacro -%}

{#- What hours cost, rounded to the cent for each entry as Jobber does. -#}
{%- macro labour_cost(rate, seconds) -%}
    cast(floor((2 * cast(round({{ rate }} * 100) as bigint) * {{ seconds }} + 3600) / 7200.0) / 100.0 as decimal(18, 2))
{%- endmacro -%}

{#- A share of a whole; nothing where the whole is nothing. -#}
{%- macro share(part, whole) -%}
    cast({{ part }} as double precision) / nullif(cast({{ whole }} as double precision), 0)
{%- endmacro -%}

{#- Sums as both databases are to have them: amounts to the cent, and whole numbers. -#}
{%- macro money(expression) -%}
    cast(coalesce({{ expression }}, 0) as decimal(18, 2))
{%- endmacro -%}

{%- macro whole(expression) -%}
    cast(coalesce({{ expression }}, 0) as bigint)
{%- endmacro -%}
