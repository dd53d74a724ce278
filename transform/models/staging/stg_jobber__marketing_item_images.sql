-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'marketing_item_images') }}
-- depends_on: {{ ref('stg_jobber__marketing_items') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='marketing_item_images',
        keys=['marketingItemId', 'id'],
        columns={
            'marketingItemId': 'text',
            'marketingItemUpdatedAt': 'timestamp',
            'height': 'integer',
            'id': 'text',
            'url': 'text',
            'width': 'integer',
        },
        owners=[
            {'stream': 'marketing_items', 'id': 'marketingItemId', 'comes_first': true, 'change': 'marketingItemUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."marketingItemId" as marketing_item_id,
    current_rows."marketingItemUpdatedAt" as marketing_item_updated_at,
    current_rows."height" as height,
    current_rows."id" as id,
    current_rows."url" as url,
    current_rows."width" as width,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
