-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'assessment_assigned_users') }}
-- depends_on: {{ ref('stg_jobber__assessments') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='assessment_assigned_users',
        keys=['assessmentId', 'userId'],
        columns={
            'assessmentId': 'text',
            'userId': 'text',
        },
        owners=[
            {'stream': 'assessments', 'id': 'assessmentId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."assessmentId" as assessment_id,
    current_rows."userId" as user_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
