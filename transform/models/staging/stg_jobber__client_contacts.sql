-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'client_contacts') }}
-- depends_on: {{ ref('stg_jobber__clients') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='client_contacts',
        keys=['clientId', 'id'],
        columns={
            'clientId': 'text',
            'clientUpdatedAt': 'timestamp',
            'canAccessClientHub': 'boolean',
            'createdAt': 'timestamp',
            'firstName': 'text',
            'id': 'text',
            'isBillingContact': 'boolean',
            'lastName': 'text',
            'name': 'text',
            'receivesFollowUps': 'boolean',
            'receivesInvoiceFollowUps': 'boolean',
            'receivesQuoteFollowUps': 'boolean',
            'receivesReminders': 'boolean',
            'role': 'text',
            'title': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[
            {'stream': 'clients', 'id': 'clientId', 'comes_first': true, 'change': 'clientUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."clientId" as client_id,
    current_rows."clientUpdatedAt" as client_updated_at,
    current_rows."canAccessClientHub" as can_access_client_hub,
    current_rows."createdAt" as created_at,
    current_rows."firstName" as first_name,
    current_rows."id" as id,
    current_rows."isBillingContact" as is_billing_contact,
    current_rows."lastName" as last_name,
    current_rows."name" as name,
    current_rows."receivesFollowUps" as receives_follow_ups,
    current_rows."receivesInvoiceFollowUps" as receives_invoice_follow_ups,
    current_rows."receivesQuoteFollowUps" as receives_quote_follow_ups,
    current_rows."receivesReminders" as receives_reminders,
    current_rows."role" as role,
    current_rows."title" as title,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
