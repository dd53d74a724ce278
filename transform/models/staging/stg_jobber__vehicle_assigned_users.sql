-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'vehicle_assigned_users') }}
-- depends_on: {{ ref('stg_jobber__vehicles') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='vehicle_assigned_users',
        keys=['vehicleId', 'userId'],
        columns={
            'vehicleId': 'text',
            'vehicleUpdatedAt': 'timestamp',
            'userId': 'text',
        },
        owners=[
            {'stream': 'vehicles', 'id': 'vehicleId', 'comes_first': true, 'change': 'vehicleUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."vehicleId" as vehicle_id,
    current_rows."vehicleUpdatedAt" as vehicle_updated_at,
    current_rows."userId" as user_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
