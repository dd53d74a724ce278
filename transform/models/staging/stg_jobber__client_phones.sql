-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'client_phones') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='client_phones',
        keys=['id'],
        columns={
            'clientId': 'text',
            'contactId': 'text',
            'description': 'text',
            'friendly': 'text',
            'id': 'text',
            'normalizedPhoneNumber': 'text',
            'number': 'text',
            'primary': 'boolean',
            'smsAllowed': 'boolean',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."clientId" as client_id,
    current_rows."contactId" as contact_id,
    current_rows."description" as description,
    current_rows."friendly" as friendly,
    current_rows."id" as id,
    current_rows."normalizedPhoneNumber" as normalized_phone_number,
    current_rows."number" as number,
    current_rows."primary" as is_primary,
    current_rows."smsAllowed" as sms_allowed,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
