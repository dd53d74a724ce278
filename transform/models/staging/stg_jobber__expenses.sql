-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'expenses') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='expenses',
        keys=['id'],
        columns={
            'createdAt': 'timestamp',
            'date': 'timestamp',
            'description': 'text',
            'enteredById': 'text',
            'id': 'text',
            'linkedJobId': 'text',
            'paidById': 'text',
            'reimbursableToId': 'text',
            'title': 'text',
            'total': 'money',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids='expense_ids',
    ) | indent(4) }}
),

zones as (
    select * from {{ ref('jobber_time_zones') }}
)

select
    current_rows."accountId" as account_id,
    current_rows."createdAt" as created_at,
    {{ jobber.day('current_rows."date"') }} as date,
    current_rows."description" as description,
    current_rows."enteredById" as entered_by_id,
    current_rows."id" as id,
    current_rows."linkedJobId" as linked_job_id,
    current_rows."paidById" as paid_by_id,
    current_rows."reimbursableToId" as reimbursable_to_id,
    current_rows."title" as title,
    current_rows."total" as total,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
left join zones on coalesce(current_rows."accountId" = zones.account_id, true)
