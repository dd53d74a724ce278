-- One row for each value of a custom field, of whatever type, as text and in its own type.
{%- set owners = {
    'client': 'clients',
    'property': 'properties',
    'quote': 'quotes',
    'job': 'jobs',
    'invoice': 'invoices',
    'product': 'products',
    'user': 'users',
} %}
with fields as (
    {%- for owner_type, stream in owners.items() %}
    select
        owners.account_id,
        '{{ owner_type }}' as owner_type,
        owners.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__' ~ stream) }} as owners
    {{ jobber.json_elements('owners.custom_fields') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    account_id,
    owner_type,
    owner_id,
    {{ jobber.json_value('element', ['customFieldConfigurationId'], 'text') }} as custom_field_configuration_id,
    {{ jobber.json_value('element', ['label'], 'text') }} as label,
    coalesce(
        {{ jobber.json_value('element', ['valueText'], 'text') }},
        {{ jobber.json_value('element', ['valueDropdown'], 'text') }},
        {{ jobber.json_value('element', ['valueNumeric'], 'text') }},
        {{ jobber.json_value('element', ['valueTrueFalse'], 'text') }},
        {{ jobber.json_value('element', ['valueLink', 'url'], 'text') }},
        {{ jobber.json_value('element', ['valueArea', 'length'], 'text') }}
        || ' x ' || {{ jobber.json_value('element', ['valueArea', 'width'], 'text') }}
    ) as value,
    {{ jobber.json_value('element', ['valueNumeric'], 'float') }} as value_number,
    {{ jobber.json_value('element', ['valueTrueFalse'], 'boolean') }} as value_boolean,
    {{ jobber.json_value('element', ['unit'], 'text') }} as unit
from fields
