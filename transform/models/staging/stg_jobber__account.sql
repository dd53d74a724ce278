-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'account') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='account',
        keys=['id'],
        columns={
            'countryCode': 'text',
            'createdAt': 'timestamp',
            'dedicatedPhoneNumber': 'text',
            'earliestInvoiceIssuedDate': 'timestamp',
            'features': 'json',
            'id': 'text',
            'industry': 'text',
            'name': 'text',
            'phone': 'text',
            'signupName': 'text',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
),

zones as (
    select * from {{ ref('jobber_time_zones') }}
)

select
    current_rows."accountId" as account_id,
    current_rows."countryCode" as country_code,
    current_rows."createdAt" as created_at,
    current_rows."dedicatedPhoneNumber" as dedicated_phone_number,
    {{ jobber.day('current_rows."earliestInvoiceIssuedDate"') }} as earliest_invoice_issued_date,
    current_rows."features" as features,
    current_rows."id" as id,
    current_rows."industry" as industry,
    current_rows."name" as name,
    current_rows."phone" as phone,
    current_rows."signupName" as signup_name,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
left join zones on coalesce(current_rows."accountId" = zones.account_id, true)
