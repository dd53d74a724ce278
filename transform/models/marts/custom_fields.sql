-- One row for each value of a custom field, of whatever type, as text and in its own type.
with fields as (
    select
        rows_with_fields.account_id,
        'client' as owner_type,
        rows_with_fields.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__clients') }} as rows_with_fields
    {{ jobber.json_elements('rows_with_fields.custom_fields') }}

    union all

    select
        rows_with_fields.account_id,
        'property' as owner_type,
        rows_with_fields.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__properties') }} as rows_with_fields
    {{ jobber.json_elements('rows_with_fields.custom_fields') }}

    union all

    select
        rows_with_fields.account_id,
        'quote' as owner_type,
        rows_with_fields.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__quotes') }} as rows_with_fields
    {{ jobber.json_elements('rows_with_fields.custom_fields') }}

    union all

    select
        rows_with_fields.account_id,
        'job' as owner_type,
        rows_with_fields.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__jobs') }} as rows_with_fields
    {{ jobber.json_elements('rows_with_fields.custom_fields') }}

    union all

    select
        rows_with_fields.account_id,
        'invoice' as owner_type,
        rows_with_fields.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__invoices') }} as rows_with_fields
    {{ jobber.json_elements('rows_with_fields.custom_fields') }}

    union all

    select
        rows_with_fields.account_id,
        'product' as owner_type,
        rows_with_fields.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__products') }} as rows_with_fields
    {{ jobber.json_elements('rows_with_fields.custom_fields') }}

    union all

    select
        rows_with_fields.account_id,
        'user' as owner_type,
        rows_with_fields.id as owner_id,
        elements.element
    from {{ ref('stg_jobber__users') }} as rows_with_fields
    {{ jobber.json_elements('rows_with_fields.custom_fields') }}
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
