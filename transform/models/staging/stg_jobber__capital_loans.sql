-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'capital_loans') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='capital_loans',
        keys=['id'],
        columns={
            'acceptedAdvanceAmount': 'money',
            'acceptedFrom': 'text',
            'createdAt': 'timestamp',
            'dismissedAt': 'timestamp',
            'expiresAfter': 'timestamp',
            'financingType': 'text',
            'id': 'text',
            'initialOffer': 'boolean',
            'initiatedAmplitudeEvent': 'boolean',
            'loanFeeAmount': 'money',
            'loanId': 'text',
            'offeredAdvanceAmount': 'money',
            'refill': 'boolean',
            'status': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."acceptedAdvanceAmount" as accepted_advance_amount,
    current_rows."acceptedFrom" as accepted_from,
    current_rows."createdAt" as created_at,
    current_rows."dismissedAt" as dismissed_at,
    current_rows."expiresAfter" as expires_after,
    current_rows."financingType" as financing_type,
    current_rows."id" as id,
    current_rows."initialOffer" as initial_offer,
    current_rows."initiatedAmplitudeEvent" as initiated_amplitude_event,
    current_rows."loanFeeAmount" as loan_fee_amount,
    current_rows."loanId" as loan_id,
    current_rows."offeredAdvanceAmount" as offered_advance_amount,
    current_rows."refill" as refill,
    current_rows."status" as status,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
