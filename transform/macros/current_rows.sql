{#-
    The rows of a stream that exist: those that a target has marked, that the last complete read has not brought, that
    are no longer among the ids, or that are older than the row whose list they belong to, are out.

    Args:
        stream: The stream.
        keys: The columns that tell its rows apart.
        columns: Its columns, each with its type.
        owners: The streams whose rows they belong to, with the columns that tell which and since which change.
        ids: The stream that lists its ids; none if there is none.
-#}
{%- macro current_rows(stream, keys, columns, owners=[], ids=none) -%}
    with source_rows as (
        {{ jobber.source_rows(stream, keys, columns) | indent(8) }}
    )
    {%- set has_ids = ids is not none and jobber.is_loaded(ids) -%}
    {%- set loaded_owners = [] -%}
    {%- for owner in owners if jobber.is_loaded(owner.stream) -%}
        {%- do loaded_owners.append(owner) -%}
    {%- endfor -%}
    {%- if loaded_owners %},

    owners as (
        {%- for owner in loaded_owners %}
        select
            id,
            {{ 'updated_at' if owner.change else 'cast(null as timestamp)' }} as updated_at,
            {{ 'extracted_at' if owner.comes_first and not owner.change else 'cast(null as timestamp)' }} as extracted_at
        from {{ ref('stg_jobber__' ~ owner.stream) }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
    {%- endif -%}
    {%- if has_ids %},

    id_rows as (
        {{ jobber.source_rows(ids, ['id'], {'id': 'text', 'readAt': 'timestamp', 'readCount': 'integer'}) | indent(8) }}
    ),

    lists as (
        select
            "accountId",
            "readAt" as read_at
        from id_rows
        group by "accountId", "readAt"
        having count(*) >= max("readCount")

        -- A list of which each row is gone is empty, so that no row tells of it.
        union all

        select
            "accountId",
            max("_sdc_deleted_at") as read_at
        from id_rows
        group by "accountId"
        having count(*) = count("_sdc_deleted_at")
        {%- if jobber.is_loaded('complete_reads') %}

        union all

        select
            complete_reads."accountId",
            complete_reads."readFrom" as read_at
        from (
            {{ jobber.complete_reads() | indent(12) }}
        ) as complete_reads
        where complete_reads.stream = '{{ ids }}'
            and not exists (
                select 1
                from id_rows
                where coalesce(complete_reads."accountId" = id_rows."accountId", true)
                    and coalesce(id_rows."_sdc_extracted_at" >= complete_reads."readFrom", true)
            )
        {%- endif %}
    ),

    last_list as (
        select
            "accountId",
            max(read_at) as read_at
        from lists
        group by "accountId"
    )
    {%- endif %}

    select source_rows.*
    from source_rows
    {%- if has_ids %}
    left join last_list on source_rows."accountId" is not distinct from last_list."accountId"
    {%- endif %}
    where
        source_rows."_sdc_deleted_at" is null
    {%- if jobber.is_loaded('complete_reads') %}
        and coalesce(source_rows."_sdc_extracted_at" >= (
            select max(complete_reads."readFrom")
            from (
                {{ jobber.complete_reads() | indent(16) }}
            ) as complete_reads
            where complete_reads.stream = '{{ stream }}'
                and coalesce(complete_reads."accountId" = source_rows."accountId", true)
        ), true)
    {%- endif %}
    {%- if has_ids %}
        and (
            last_list.read_at is null
            or coalesce({{ 'source_rows."createdAt"' if 'createdAt' in columns else 'null' }}, source_rows."_sdc_extracted_at")
            >= last_list.read_at
            or exists (
                select 1
                from id_rows
                where id_rows.id = source_rows.id and id_rows."readAt" = last_list.read_at
            )
        )
    {%- endif %}
    {%- if loaded_owners %}
        and exists (
            select 1
            from owners
            where owners.id = source_rows."{{ owners[0].id }}"
                and coalesce(source_rows."_sdc_extracted_at" >= owners.extracted_at, true)
            {%- if owners[0].change %}
                and coalesce(source_rows."{{ owners[0].change }}" >= owners.updated_at, true)
            {%- endif %}
        )
    {%- endif %}
{%- endmacro -%}

{#- When each stream was last read whole. -#}
{%- macro complete_reads() -%}
    {{ jobber.source_rows('complete_reads', ['accountId', 'stream'], {'stream': 'text', 'readFrom': 'timestamp'}) }}
{%- endmacro -%}
