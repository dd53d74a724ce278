{#- A key that is null, or that stands more than once, be it within an account. -#}
{% test unique_key(model, columns, within=[]) %}
select {{ (within + columns) | join(', ') }}
from {{ model }}
group by {{ (within + columns) | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}
