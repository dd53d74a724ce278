-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'tax_rates') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='tax_rates',
        keys=['id'],
        columns={
            'components': 'json',
            'default': 'boolean',
            'description': 'text',
            'id': 'text',
            'label': 'text',
            'name': 'text',
            'qboTaxType': 'text',
            'tax': 'float',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."components" as components,
    current_rows."default" as is_default,
    current_rows."description" as description,
    current_rows."id" as id,
    current_rows."label" as label,
    current_rows."name" as name,
    current_rows."qboTaxType" as qbo_tax_type,
    current_rows."tax" as tax,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
