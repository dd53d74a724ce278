-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'invoices') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='invoices',
        keys=['id'],
        columns={
            'allowReviewRequest': 'boolean',
            'amounts': 'json',
            'billingAddress': 'json',
            'billingIsSameAsPropertyAddress': 'boolean',
            'canVoid': 'boolean',
            'clientId': 'text',
            'clientHubUri': 'text',
            'contractDisclaimer': 'text',
            'createdAt': 'timestamp',
            'customFields': 'json',
            'dateViewedInClientHub': 'timestamp',
            'disableClientHubAchPayments': 'boolean',
            'disableClientHubCreditCardPayments': 'boolean',
            'discountRate': 'float',
            'discountType': 'text',
            'dueDate': 'timestamp',
            'hasInvoiceNumberDuplicates': 'boolean',
            'hasRefundableSurchargePayments': 'boolean',
            'id': 'text',
            'invoiceNet': 'integer',
            'invoiceNumber': 'text',
            'invoiceStatus': 'text',
            'issuedDate': 'timestamp',
            'jobberWebUri': 'text',
            'message': 'text',
            'nextDateToSendReviewSms': 'timestamp',
            'receivedDate': 'timestamp',
            'salespersonId': 'text',
            'subject': 'text',
            'syncStatus': 'text',
            'taxCalculationMethod': 'text',
            'taxDetails': 'json',
            'taxRateId': 'text',
            'transactionIds': 'json',
            'updatedAt': 'timestamp',
            'voidDetails': 'json',
            'waitingForFinancedPayment': 'boolean',
        },
        owners=[],
        ids='invoice_ids',
    ) | indent(4) }}
),

zones as (
    select * from {{ ref('jobber_time_zones') }}
)

select
    current_rows."accountId" as account_id,
    current_rows."allowReviewRequest" as allow_review_request,
    {{ jobber.json_value('current_rows."amounts"', ['depositAmount'], 'money') }} as amounts_deposit_amount,
    {{ jobber.json_value('current_rows."amounts"', ['discountAmount'], 'money') }} as amounts_discount_amount,
    {{ jobber.json_value('current_rows."amounts"', ['invoiceBalance'], 'money') }} as amounts_invoice_balance,
    {{ jobber.json_value('current_rows."amounts"', ['legacyDiscountAmount'], 'money') }}
        as amounts_legacy_discount_amount,
    {{ jobber.json_value('current_rows."amounts"', ['nonTaxAmount'], 'money') }} as amounts_non_tax_amount,
    {{ jobber.json_value('current_rows."amounts"', ['paymentsTotal'], 'money') }} as amounts_payments_total,
    {{ jobber.json_value('current_rows."amounts"', ['subtotal'], 'money') }} as amounts_subtotal,
    {{ jobber.json_value('current_rows."amounts"', ['taxAmount'], 'money') }} as amounts_tax_amount,
    {{ jobber.json_value('current_rows."amounts"', ['tipsTotal'], 'money') }} as amounts_tips_total,
    {{ jobber.json_value('current_rows."amounts"', ['total'], 'money') }} as amounts_total,
    {{ jobber.json_value('current_rows."billingAddress"', ['city'], 'text') }} as billing_address_city,
    {{ jobber.json_value('current_rows."billingAddress"', ['coordinates', 'latitude'], 'float') }}
        as billing_address_coordinates_latitude,
    {{ jobber.json_value('current_rows."billingAddress"', ['coordinates', 'latitudeString'], 'text') }}
        as billing_address_coordinates_latitude_string,
    {{ jobber.json_value('current_rows."billingAddress"', ['coordinates', 'longitude'], 'float') }}
        as billing_address_coordinates_longitude,
    {{ jobber.json_value('current_rows."billingAddress"', ['coordinates', 'longitudeString'], 'text') }}
        as billing_address_coordinates_longitude_string,
    {{ jobber.json_value('current_rows."billingAddress"', ['coordinates', 'point'], 'text') }}
        as billing_address_coordinates_point,
    {{ jobber.json_value('current_rows."billingAddress"', ['country'], 'text') }} as billing_address_country,
    {{ jobber.json_value('current_rows."billingAddress"', ['geoStatus'], 'text') }} as billing_address_geo_status,
    {{ jobber.json_value('current_rows."billingAddress"', ['name'], 'text') }} as billing_address_name,
    {{ jobber.json_value('current_rows."billingAddress"', ['postalCode'], 'text') }} as billing_address_postal_code,
    {{ jobber.json_value('current_rows."billingAddress"', ['province'], 'text') }} as billing_address_province,
    {{ jobber.json_value('current_rows."billingAddress"', ['street'], 'text') }} as billing_address_street,
    {{ jobber.json_value('current_rows."billingAddress"', ['street1'], 'text') }} as billing_address_street1,
    {{ jobber.json_value('current_rows."billingAddress"', ['street2'], 'text') }} as billing_address_street2,
    current_rows."billingIsSameAsPropertyAddress" as billing_is_same_as_property_address,
    current_rows."canVoid" as can_void,
    current_rows."clientId" as client_id,
    current_rows."clientHubUri" as client_hub_uri,
    current_rows."contractDisclaimer" as contract_disclaimer,
    current_rows."createdAt" as created_at,
    current_rows."customFields" as custom_fields,
    current_rows."dateViewedInClientHub" as date_viewed_in_client_hub,
    current_rows."disableClientHubAchPayments" as disable_client_hub_ach_payments,
    current_rows."disableClientHubCreditCardPayments" as disable_client_hub_credit_card_payments,
    current_rows."discountRate" as discount_rate,
    current_rows."discountType" as discount_type,
    {{ jobber.day('current_rows."dueDate"') }} as due_date,
    current_rows."hasInvoiceNumberDuplicates" as has_invoice_number_duplicates,
    current_rows."hasRefundableSurchargePayments" as has_refundable_surcharge_payments,
    current_rows."id" as id,
    current_rows."invoiceNet" as invoice_net,
    current_rows."invoiceNumber" as invoice_number,
    current_rows."invoiceStatus" as invoice_status,
    {{ jobber.day('current_rows."issuedDate"') }} as issued_date,
    current_rows."jobberWebUri" as jobber_web_uri,
    current_rows."message" as message,
    current_rows."nextDateToSendReviewSms" as next_date_to_send_review_sms,
    {{ jobber.day('current_rows."receivedDate"') }} as received_date,
    current_rows."salespersonId" as salesperson_id,
    current_rows."subject" as subject,
    current_rows."syncStatus" as sync_status,
    current_rows."taxCalculationMethod" as tax_calculation_method,
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
    current_rows."taxRateId" as tax_rate_id,
    current_rows."transactionIds" as transaction_ids,
    current_rows."updatedAt" as updated_at,
    {{ jobber.json_value('current_rows."voidDetails"', ['id'], 'text') }} as void_details_id,
    {{ jobber.json_value('current_rows."voidDetails"', ['voidReasonCode'], 'text') }} as void_details_void_reason_code,
    {{ jobber.json_value('current_rows."voidDetails"', ['voidReasonDetails'], 'text') }}
        as void_details_void_reason_details,
    {{ jobber.json_value('current_rows."voidDetails"', ['voidedAt'], 'timestamp') }} as void_details_voided_at,
    {{ jobber.json_value('current_rows."voidDetails"', ['voidedById'], 'text') }} as void_details_voided_by_id,
    current_rows."waitingForFinancedPayment" as waiting_for_financed_payment,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
left join zones on coalesce(current_rows."accountId" = zones.account_id, true)
