{#- The rows of a stream as they were loaded: one row per key, every column that the tap declares, in one type each. -#}

{#- Where the loaded tables are, as the sources have it. -#}
{%- macro loaded_schema() -%}
    {{ return(
        var('jobber_schema') or env_var('JOBBER_SCHEMA', '') or ('main' if target.type == 'duckdb' else 'public')
    ) }}
{%- endmacro -%}

{%- macro source_relation(stream) -%}
    {%- if var('jobber_source') == 'files' -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(adapter.get_relation(
        database=var('jobber_database') or ('loaded' if env_var('JOBBER_LOADED', '') else target.database),
        schema=jobber.loaded_schema(),
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

{#-
    Stop a build where nothing at all has been loaded: with a wrong path or schema all tables would be built anew, empty,
    over those of yesterday.
-#}
{%- macro refuse_nothing() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set found = namespace(any=false) -%}
        {%- for source in graph.sources.values() if source.source_name == 'jobber' and not found.any -%}
            {%- set found.any = jobber.is_loaded(source.name) -%}
        {%- endfor -%}
        {%- if not found.any -%}
            {%- set place = 'the folder ' ~ var('jobber_files') if var('jobber_source') == 'files'
                else 'the schema ' ~ jobber.loaded_schema() -%}
            {{ exceptions.raise_compiler_error(
                place ~ ' holds no stream that the tap reads: load one, or correct '
                ~ ('JOBBER_FILES' if var('jobber_source') == 'files'
                    else 'JOBBER_SOURCE, JOBBER_LOADED or JOBBER_SCHEMA')
            ) }}
        {%- endif -%}
    {%- endif -%}
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
        ({{ column }}
        {%- for step in path[:-1] %} -> '{{ step }}'{% endfor %} {{ '->' if kind == 'json' else '->>' }} '{{ path[-1] }}')
    {%- endset -%}
    {{ reach if kind == 'json' else jobber.typed(reach, kind, is_text=true) }}
{%- endmacro -%}

{#-
    The day of a timestamp. Jobber writes some columns as days, all at midnight UTC or all at midnight in the account's
    zone, and others as moments, of which the day is that of the account's zone. Only the column as a whole tells which:
    a moment can be midnight by chance. Midnights stay days where the account has moved to another zone since: the
    nearest one there is that of the same day.
-#}
{%- macro day(expression) -%}
    {%- set local = '((' ~ expression ~ " at time zone 'UTC') at time zone zones.time_zone)" -%}
    case
        when bool_and(cast({{ expression }} as time) = time '00:00:00') over (partition by current_rows."accountId")
            then cast({{ expression }} as date)
        when bool_and(
            extract(minute from {{ expression }}) in (0, 15, 30, 45)
            and extract(second from {{ expression }}) = 0
            and (extract(hour from {{ local }}) < 5 or extract(hour from {{ local }}) >= 19)
        ) over (partition by current_rows."accountId")
            then cast({{ local }} + interval '12 hours' as date)
        else cast({{ local }} as date)
    end
{%- endmacro -%}

{#- The columns of a file's first line, as `loaded_columns` has those of a table. -#}
{%- macro file_columns(files) -%}
    {%- set names = {} -%}
    {%- for file in files -%}
        {%- set found = run_query(
            "select unnest(json_keys(json)) from (select json from read_ndjson_objects('" ~ file | replace("'", "''")
            ~ "', maximum_object_size = " ~ jobber.largest_line() ~ ") limit 1)"
        ) -%}
        {%- for name in found.columns[0].values() -%}
            {%- do names.update({name | lower: name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro -%}

{#- The bytes of the longest line that is read; each thread takes some times as much memory. -#}
{%- macro largest_line() -%}
    {{ return(33554432) }}
{%- endmacro -%}

{#- Stop where a column that holds objects was loaded as a column for each of their values. -#}
{%- macro refuse_flattened(stream, columns, names) -%}
    {%- for name, kind in columns.items() if kind == 'json' and name | lower not in names -%}
        {%- for found in names if found.startswith(name | lower ~ '__') -%}
            {{ exceptions.raise_compiler_error(
                stream ~ " was loaded flattened, with " ~ found ~ " in place of " ~ name ~ ": load it anew without the "
                ~ "setting flattening_enabled, since this package takes objects apart by itself"
            ) }}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro source_rows(stream, keys, columns) -%}
    {%- set every = {'accountId': 'text'} -%}
    {%- do every.update(columns) -%}
    {%- do every.update({'_sdc_extracted_at': 'timestamp', '_sdc_deleted_at': 'timestamp'}) -%}
    {%- set relation = jobber.source_relation(stream) if execute else none -%}
    {%- set files = jobber.source_files(stream) -%}
    {%- set names = jobber.loaded_columns(stream) if relation is not none else jobber.file_columns(files) -%}
    {%- do jobber.refuse_flattened(stream, columns, names) -%}
    {%- if relation is not none and not jobber.is_append_only() -%}
        {{ jobber.rows_of_table(relation, every, names) }}
    {%- elif relation is not none or files -%}
        -- A target that only appends has a row for each time that one came. The one that was read last counts, of these
        -- the one that was changed last, and of these the one that came last.
        select *
        from (
            select
                loaded_rows.*,
                row_number() over (
                    partition by {% for key in keys %}"{{ key }}"{{ ', ' if not loop.last }}{% endfor %}
                    order by
                        "_sdc_extracted_at" desc nulls last
                        {%- if 'updatedAt' in columns %}, "updatedAt" desc nulls last{% endif %}
                        {%- if files %}, line desc{% endif %}
                ) as place
            from (
                {{ jobber.rows_of_files(files, every) if files else jobber.rows_of_table(relation, every, names) }}
            ) as loaded_rows
        ) as placed_rows
        where place = 1
    {%- else -%}
        select
            {%- for name, kind in every.items() %}
            cast(null as {{ jobber.sql_type(kind) }}) as "{{ name }}"{{ ',' if not loop.last }}
            {%- endfor %}
        where false
    {%- endif -%}
{%- endmacro -%}

{%- macro is_append_only() -%}
    {{ return(var('jobber_append_only') | string | lower in ['true', '1', 'yes']) }}
{%- endmacro -%}

{%- macro rows_of_table(relation, columns, names) -%}
        select
            {%- for name, kind in columns.items() %}
            {% if name | lower in names -%}
                {{ jobber.typed(adapter.quote(names[name | lower].name), kind, names[name | lower].is_string()) }}
            {%- else -%}
                cast(null as {{ jobber.sql_type(kind) }})
            {%- endif %} as "{{ name }}"{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
{%- endmacro -%}

{%- macro rows_of_files(files, columns) -%}
        select
            {%- for name, kind in columns.items() %}
            {{ jobber.typed('"' ~ name ~ '"', kind, is_text=true) }} as "{{ name }}",
            {%- endfor %}
            row_number() over () as line
        from read_json(
            [{% for file in files %}'{{ file | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}],
            format = 'newline_delimited',
            maximum_object_size = {{ jobber.largest_line() }},
            columns = {
                {%- for name, kind in columns.items() %}
                '{{ name }}': '{{ 'JSON' if kind == 'json' else 'VARCHAR' }}'{{ ',' if not loop.last }}
                {%- endfor %}
            }
        )
{%- endmacro -%}
