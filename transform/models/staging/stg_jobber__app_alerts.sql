-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'app_alerts') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='app_alerts',
        keys=['appId'],
        columns={
            'appId': 'text',
            'count': 'integer',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."appId" as app_id,
    current_rows."count" as count,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
