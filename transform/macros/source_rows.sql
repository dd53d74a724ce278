{#- The rows of a stream as they were loaded: one row per key, every column that the tap declares, in one type each. -#}

{%- macro source_relation(stream) -%}
    {%- if var('jobber_source') == 'files' -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(adapter.get_relation(
        database=var('jobber_database') or target.database,
        schema=var('jobber_schema'),
        identifier=stream,
    )) }}
{%- endmacro -%}

{#- The files of a stream, in the order in which they were written. -#}
{%- macro source_files(stream) -%}
    {%- if var('jobber_source') != 'files' or not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set folder = var('jobber_files') -%}
    {%- set found = run_query(
        "select file from glob('" ~ folder ~ "/" ~ stream ~ ".jsonl')"
        ~ " union all select file from glob('" ~ folder ~ "/" ~ stream ~ "-*.jsonl') order by file"
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro -%}

{#- True if a stream has been loaded, so that its table, or a file of it, is there. -#}
{%- macro is_loaded(stream) -%}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(jobber.source_relation(stream) is not none or (jobber.source_files(stream) | length) > 0) }}
{%- endmacro -%}

{#- The columns of the loaded table, by their names in lower case, since some loaders write them so. -#}
{%- macro loaded_columns(stream) -%}
    {%- set names = {} -%}
    {%- set relation = jobber.source_relation(stream) if execute else none -%}
    {%- if relation is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do names.update({column.name | lower: column}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro -%}

{%- macro sql_type(kind) -%}
    {{ return({
        'boolean': 'boolean',
        'date': 'date',
        'float': 'double precision',
        'integer': 'bigint',
        'json': 'jsonb' if target.type == 'postgres' else 'json',
        'money': 'decimal(18, 2)',
        'text': 'text',
        'timestamp': 'timestamp',
    }[kind]) }}
{%- endmacro -%}

{#- A loaded value in the type that it has from here on. -#}
{%- macro typed(expression, kind, is_text=false) -%}
    {%- if kind == 'json' and target.type == 'postgres' -%}
        to_jsonb({{ expression }})
    {%- elif is_text and kind == 'timestamp' -%}
        cast(nullif({{ expression }}, '') as timestamptz) at time zone 'UTC'
    {%- elif is_text and kind not in ('json', 'text') -%}
        cast(nullif({{ expression }}, '') as {{ jobber.sql_type(kind) }})
    {%- else -%}
        cast({{ expression }} as {{ jobber.sql_type(kind) }})
    {%- endif -%}
{%- endmacro -%}

{#- A value within a JSON column, by the names that lead to it. -#}
{%- macro json_value(column, path, kind) -%}
    {%- set reach -%}
        ({{ column }}{% for step in path[:-1] %} -> '{{ step }}'{% endfor %} {{ '->' if kind == 'json' else '->>' }} '{{ path[-1] }}')
    {%- endset -%}
    {{ reach if kind == 'json' else jobber.typed(reach, kind, is_text=true) }}
{%- endmacro -%}

{#-
    The day of a timestamp. Jobber writes some columns as days, all at midnight UTC, and others as moments, of which the
    day is that of the account's zone. Only the column as a whole tells which: a moment can be midnight by chance.
-#}
{%- macro day(expression) -%}
    case
        when bool_and(cast({{ expression }} as time) = time '00:00:00') over (partition by current_rows."accountId")
            then cast({{ expression }} as date)
        else cast(({{ expression }} at time zone 'UTC') at time zone zones.time_zone as date)
    end
{%- endmacro -%}

{%- macro source_rows(stream, keys, columns) -%}
    {%- set every = {'accountId': 'text'} -%}
    {%- do every.update(columns) -%}
    {%- do every.update({'_sdc_extracted_at': 'timestamp', '_sdc_deleted_at': 'timestamp'}) -%}
    {%- set relation = jobber.source_relation(stream) if execute else none -%}
    {%- set files = jobber.source_files(stream) -%}
    {%- if relation is not none -%}
        {%- set names = jobber.loaded_columns(stream) -%}
        select
            {%- for name, kind in every.items() %}
            {% if name | lower in names -%}
                {{ jobber.typed(adapter.quote(names[name | lower].name), kind, names[name | lower].is_string()) }}
            {%- else -%}
                cast(null as {{ jobber.sql_type(kind) }})
            {%- endif %} as "{{ name }}"{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
    {%- elif files -%}
        select
            {%- for name, kind in every.items() %}
            {{ jobber.typed('"' ~ name ~ '"', kind, is_text=true) }} as "{{ name }}"{{ ',' if not loop.last }}
            {%- endfor %}
        from (
            select
                *,
                row_number() over () as line
            from read_json(
                [{% for file in files %}'{{ file | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}],
                format = 'newline_delimited',
                maximum_object_size = 134217728,
                columns = {
                    {%- for name, kind in every.items() %}
                    '{{ name }}': '{{ 'JSON' if kind == 'json' else 'VARCHAR' }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                }
            )
        ) as lines
        -- A target that only appends has a line for each time that a row came: the last one counts.
        qualify row_number() over (
            partition by {% for key in keys %}"{{ key }}"{{ ', ' if not loop.last }}{% endfor %}
            order by "_sdc_extracted_at" desc nulls last, line desc
        ) = 1
    {%- else -%}
        select
            {%- for name, kind in every.items() %}
            cast(null as {{ jobber.sql_type(kind) }}) as "{{ name }}"{{ ',' if not loop.last }}
            {%- endfor %}
        where false
    {%- endif -%}
{%- endmacro -%}
