-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'quotes') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='quotes',
        keys=['id'],
        columns={
            'amounts': 'json',
            'clientId': 'text',
            'clientHubUri': 'text',
            'clientHubViewedAt': 'timestamp',
            'contractDisclaimer': 'text',
            'createdAt': 'timestamp',
            'customFields': 'json',
            'depositAmountUnallocated': 'money',
            'eligibleForFinancing': 'boolean',
            'hasRefundableSurchargePayments': 'boolean',
            'id': 'text',
            'jobberWebUri': 'text',
            'lastTransitioned': 'json',
            'message': 'text',
            'propertyId': 'text',
            'quoteNumber': 'text',
            'quoteStatus': 'text',
            'requestId': 'text',
            'salespersonId': 'text',
            'sentAt': 'timestamp',
            'taxDetails': 'json',
            'title': 'text',
            'transitionedAt': 'timestamp',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids='quote_ids',
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    {{ jobber.json_value('current_rows."amounts"', ['depositAmount'], 'money') }} as amounts_deposit_amount,
    {{ jobber.json_value('current_rows."amounts"', ['discountAmount'], 'money') }} as amounts_discount_amount,
    {{ jobber.json_value('current_rows."amounts"', ['nonTaxAmount'], 'money') }} as amounts_non_tax_amount,
    {{ jobber.json_value('current_rows."amounts"', ['outstandingDepositAmount'], 'money') }}
        as amounts_outstanding_deposit_amount,
    {{ jobber.json_value('current_rows."amounts"', ['subtotal'], 'money') }} as amounts_subtotal,
    {{ jobber.json_value('current_rows."amounts"', ['taxAmount'], 'money') }} as amounts_tax_amount,
    {{ jobber.json_value('current_rows."amounts"', ['total'], 'money') }} as amounts_total,
    current_rows."clientId" as client_id,
    current_rows."clientHubUri" as client_hub_uri,
    current_rows."clientHubViewedAt" as client_hub_viewed_at,
    current_rows."contractDisclaimer" as contract_disclaimer,
    current_rows."createdAt" as created_at,
    current_rows."customFields" as custom_fields,
    current_rows."depositAmountUnallocated" as deposit_amount_unallocated,
    current_rows."eligibleForFinancing" as eligible_for_financing,
    current_rows."hasRefundableSurchargePayments" as has_refundable_surcharge_payments,
    current_rows."id" as id,
    current_rows."jobberWebUri" as jobber_web_uri,
    {{ jobber.json_value('current_rows."lastTransitioned"', ['approvedAt'], 'timestamp') }}
        as last_transitioned_approved_at,
    {{ jobber.json_value('current_rows."lastTransitioned"', ['changesRequestedAt'], 'timestamp') }}
        as last_transitioned_changes_requested_at,
    {{ jobber.json_value('current_rows."lastTransitioned"', ['convertedAt'], 'timestamp') }}
        as last_transitioned_converted_at,
    current_rows."message" as message,
    current_rows."propertyId" as property_id,
    current_rows."quoteNumber" as quote_number,
    current_rows."quoteStatus" as quote_status,
    current_rows."requestId" as request_id,
    current_rows."salespersonId" as salesperson_id,
    current_rows."sentAt" as sent_at,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxAmount'], 'money') }} as tax_details_total_tax_amount,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxRate', 'default'], 'boolean') }}
        as tax_details_total_tax_rate_is_default,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxRate', 'description'], 'text') }}
        as tax_details_total_tax_rate_description,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxRate', 'id'], 'text') }}
        as tax_details_total_tax_rate_id,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxRate', 'label'], 'text') }}
        as tax_details_total_tax_rate_label,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxRate', 'name'], 'text') }}
        as tax_details_total_tax_rate_name,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxRate', 'qboTaxType'], 'text') }}
        as tax_details_total_tax_rate_qbo_tax_type,
    {{ jobber.json_value('current_rows."taxDetails"', ['totalTaxRate', 'tax'], 'float') }}
        as tax_details_total_tax_rate_tax,
    current_rows."title" as title,
    current_rows."transitionedAt" as transitioned_at,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
