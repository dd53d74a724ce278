-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'property_recent_pricing') }}
-- depends_on: {{ ref('stg_jobber__properties') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='property_recent_pricing',
        keys=['propertyId', 'productId'],
        columns={
            'propertyId': 'text',
            'productId': 'text',
        },
        owners=[
            {'stream': 'properties', 'id': 'propertyId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."propertyId" as property_id,
    current_rows."productId" as product_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
