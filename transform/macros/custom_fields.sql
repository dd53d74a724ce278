{#- The elements of a JSON array, a row each, as `element`. -#}
{%- macro json_elements(column) -%}
    {%- if target.type == 'postgres' -%}
        cross join lateral jsonb_array_elements(
            case when jsonb_typeof({{ column }}) = 'array' then {{ column }} else '[]'::jsonb end
        ) as elements (element)
    {%- else -%}
        cross join unnest(cast({{ column }} as json[])) as elements (element)
    {%- endif -%}
{%- endmacro -%}

{#-
    Custom fields as columns, one for each label: `select *` from it, or join it by `owner_id`.

    Args:
        owner_type: What the fields belong to, such as `client` or `job`.
        labels: The labels of the fields, as they are written in Jobber.
-#}
{%- macro custom_fields_as_columns(owner_type, labels) -%}
    select
        owner_id
        {%- for label in labels %},
        max(case when label = '{{ label | replace("'", "''") }}' then value end) as "{{ label | replace('"', '') }}"
        {%- endfor %}
    from {{ ref('custom_fields') }}
    where owner_type = '{{ owner_type }}'
    group by owner_id
{%- endmacro -%}
