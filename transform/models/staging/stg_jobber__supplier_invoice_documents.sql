-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'supplier_invoice_documents') }}
-- depends_on: {{ ref('stg_jobber__supplier_invoice_batches') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='supplier_invoice_documents',
        keys=['supplierInvoiceBatchId', 'id'],
        columns={
            'supplierInvoiceBatchId': 'text',
            'supplierInvoiceBatchUpdatedAt': 'timestamp',
            'createdAt': 'timestamp',
            'errorMessage': 'text',
            'expenseId': 'text',
            'extractedDate': 'date',
            'extractedInvoiceId': 'text',
            'extractedPoNumber': 'text',
            'extractedSubtotal': 'money',
            'id': 'text',
            'jobDisplayLink': 'json',
            'retryable': 'boolean',
            'status': 'text',
            'title': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[
            {'stream': 'supplier_invoice_batches', 'id': 'supplierInvoiceBatchId', 'comes_first': true, 'change': 'supplierInvoiceBatchUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."supplierInvoiceBatchId" as supplier_invoice_batch_id,
    current_rows."supplierInvoiceBatchUpdatedAt" as supplier_invoice_batch_updated_at,
    current_rows."createdAt" as created_at,
    current_rows."errorMessage" as error_message,
    current_rows."expenseId" as expense_id,
    current_rows."extractedDate" as extracted_date,
    current_rows."extractedInvoiceId" as extracted_invoice_id,
    current_rows."extractedPoNumber" as extracted_po_number,
    current_rows."extractedSubtotal" as extracted_subtotal,
    current_rows."id" as id,
    {{ jobber.json_value('current_rows."jobDisplayLink"', ['displayText'], 'text') }} as job_display_link_display_text,
    {{ jobber.json_value('current_rows."jobDisplayLink"', ['jobberWebUri'], 'text') }}
        as job_display_link_jobber_web_uri,
    current_rows."retryable" as retryable,
    current_rows."status" as status,
    current_rows."title" as title,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
