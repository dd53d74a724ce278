{#-
    When a source was loaded last, in place of dbt's own macro, for tables and files alike. A stream that was not loaded
    is not stale, nor is one without rows.
-#}
{%- macro default__collect_freshness(source, loaded_at_field, filter) -%}
    {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
    select
        coalesce(max("{{ loaded_at_field }}") at time zone 'UTC', current_timestamp) as max_loaded_at,
        current_timestamp as snapshotted_at
    from (
        {{ jobber.source_rows(source.identifier, [loaded_at_field], {}) | indent(8) }}
    ) as loaded_rows
    {{ 'where ' ~ filter if filter }}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro -%}
