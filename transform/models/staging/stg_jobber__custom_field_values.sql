-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'custom_field_values') }}
-- depends_on: {{ ref('stg_jobber__clients') }}
-- depends_on: {{ ref('stg_jobber__properties') }}
-- depends_on: {{ ref('stg_jobber__quotes') }}
-- depends_on: {{ ref('stg_jobber__jobs') }}
-- depends_on: {{ ref('stg_jobber__invoices') }}
-- depends_on: {{ ref('stg_jobber__products') }}
-- depends_on: {{ ref('stg_jobber__users') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='custom_field_values',
        keys=['ownerId', 'customFieldConfigurationId'],
        columns={
            'ownerId': 'text',
            'ownerType': 'text',
            'ownerUpdatedAt': 'timestamp',
            '__typename': 'text',
            'customFieldConfigurationId': 'text',
            'id': 'text',
            'label': 'text',
            'unit': 'text',
            'valueArea': 'json',
            'dropdownOptions': 'json',
            'valueDropdown': 'text',
            'valueLink': 'json',
            'valueNumeric': 'float',
            'valueText': 'text',
            'valueTrueFalse': 'boolean',
        },
        owners=[
            {'stream': 'clients', 'id': 'ownerId', 'comes_first': false, 'change': 'ownerUpdatedAt'},
            {'stream': 'properties', 'id': 'ownerId', 'comes_first': false, 'change': none},
            {'stream': 'quotes', 'id': 'ownerId', 'comes_first': false, 'change': 'ownerUpdatedAt'},
            {'stream': 'jobs', 'id': 'ownerId', 'comes_first': false, 'change': 'ownerUpdatedAt'},
            {'stream': 'invoices', 'id': 'ownerId', 'comes_first': false, 'change': 'ownerUpdatedAt'},
            {'stream': 'products', 'id': 'ownerId', 'comes_first': false, 'change': none},
            {'stream': 'users', 'id': 'ownerId', 'comes_first': false, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."ownerId" as owner_id,
    current_rows."ownerType" as owner_type,
    current_rows."ownerUpdatedAt" as owner_updated_at,
    current_rows."__typename" as typename,
    current_rows."customFieldConfigurationId" as custom_field_configuration_id,
    current_rows."id" as id,
    current_rows."label" as label,
    current_rows."unit" as unit,
    {{ jobber.json_value('current_rows."valueArea"', ['length'], 'float') }} as value_area_length,
    {{ jobber.json_value('current_rows."valueArea"', ['width'], 'float') }} as value_area_width,
    current_rows."dropdownOptions" as dropdown_options,
    current_rows."valueDropdown" as value_dropdown,
    {{ jobber.json_value('current_rows."valueLink"', ['text'], 'text') }} as value_link_text,
    {{ jobber.json_value('current_rows."valueLink"', ['url'], 'text') }} as value_link_url,
    current_rows."valueNumeric" as value_numeric,
    current_rows."valueText" as value_text,
    current_rows."valueTrueFalse" as value_true_false,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
