-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'client_emails') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='client_emails',
        keys=['id'],
        columns={
            'address': 'text',
            'clientId': 'text',
            'contactId': 'text',
            'description': 'text',
            'id': 'text',
            'primary': 'boolean',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."address" as address,
    current_rows."clientId" as client_id,
    current_rows."contactId" as contact_id,
    current_rows."description" as description,
    current_rows."id" as id,
    current_rows."primary" as is_primary,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
