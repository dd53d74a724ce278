-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'expense_suggestions') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='expense_suggestions',
        keys=['name'],
        columns={
            'name': 'text',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."name" as name,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
