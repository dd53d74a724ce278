-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'expense_upload_documents') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='expense_upload_documents',
        keys=['id'],
        columns={
            'createdAt': 'timestamp',
            'expenseId': 'text',
            'expenseUploadId': 'text',
            'fileUrl': 'text',
            'id': 'text',
            'parseError': 'text',
            'prefill': 'json',
            'source': 'json',
            'status': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."createdAt" as created_at,
    current_rows."expenseId" as expense_id,
    current_rows."expenseUploadId" as expense_upload_id,
    current_rows."fileUrl" as file_url,
    current_rows."id" as id,
    current_rows."parseError" as parse_error,
    {{ jobber.json_value('current_rows."prefill"', ['date'], 'date') }} as prefill_date,
    {{ jobber.json_value('current_rows."prefill"', ['description'], 'text') }} as prefill_description,
    {{ jobber.json_value('current_rows."prefill"', ['linkedJobId'], 'text') }} as prefill_linked_job_id,
    {{ jobber.json_value('current_rows."prefill"', ['reimbursableToId'], 'text') }} as prefill_reimbursable_to_id,
    {{ jobber.json_value('current_rows."prefill"', ['title'], 'text') }} as prefill_title,
    {{ jobber.json_value('current_rows."prefill"', ['total'], 'money') }} as prefill_total,
    {{ jobber.json_value('current_rows."source"', ['__typename'], 'text') }} as source_typename,
    {{ jobber.json_value('current_rows."source"', ['createdAt'], 'timestamp') }} as source_created_at,
    {{ jobber.json_value('current_rows."source"', ['errorMessage'], 'text') }} as source_error_message,
    {{ jobber.json_value('current_rows."source"', ['extractedDate'], 'date') }} as source_extracted_date,
    {{ jobber.json_value('current_rows."source"', ['extractedMerchantName'], 'text') }}
        as source_extracted_merchant_name,
    {{ jobber.json_value('current_rows."source"', ['extractedSubtotal'], 'money') }} as source_extracted_subtotal,
    {{ jobber.json_value('current_rows."source"', ['extractedTotal'], 'money') }} as source_extracted_total,
    {{ jobber.json_value('current_rows."source"', ['extractedTransactionId'], 'text') }}
        as source_extracted_transaction_id,
    {{ jobber.json_value('current_rows."source"', ['id'], 'text') }} as source_id,
    {{ jobber.json_value('current_rows."source"', ['retryable'], 'boolean') }} as source_retryable,
    {{ jobber.json_value('current_rows."source"', ['status'], 'text') }} as source_status,
    {{ jobber.json_value('current_rows."source"', ['updatedAt'], 'timestamp') }} as source_updated_at,
    current_rows."status" as status,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
