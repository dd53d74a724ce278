-- One row for each invoice that exists: what is open of it, how late that is, and which bucket of an ageing that makes.
with invoices as (
    select * from {{ ref('stg_jobber__invoices') }}
),

judged as (
    select
        invoices.*,
        zones.today,
        coalesce(invoices.invoice_status = 'draft', false) or invoices.issued_date is null as is_draft,
        coalesce(invoices.invoice_status = 'voided', false) as is_voided,
        coalesce(invoices.invoice_status = 'bad_debt', false) as is_bad_debt
    from invoices
    {{ jobber.join_zones('invoices') }}
),

aged as (
    select
        judged.*,
        not judged.is_draft
        and not judged.is_voided
        and not judged.is_bad_debt
        and coalesce(judged.amounts_invoice_balance, 0) > 0 as is_open
    from judged
)

select
    account_id,
    id as invoice_id,
    invoice_number,
    subject,
    client_id,
    salesperson_id,
    created_at,
    issued_date,
    due_date,
    received_date,
    {{ jobber.month_of('issued_date') }} as issued_month,
    case
        when is_voided then 'voided'
        when is_bad_debt then 'bad_debt'
        when is_draft then 'draft'
        when not is_open then 'paid'
        when due_date < today then 'past_due'
        else 'awaiting_payment'
    end as status,
    is_draft,
    is_voided,
    is_bad_debt,
    is_open,
    not is_draft and not is_voided as is_issued,
    amounts_subtotal as subtotal,
    amounts_discount_amount as discount,
    amounts_tax_amount as tax,
    amounts_total as total,
    amounts_total - coalesce(amounts_tax_amount, 0) as net,
    amounts_payments_total as payments,
    amounts_deposit_amount as deposit,
    amounts_tips_total as tips,
    amounts_invoice_balance as balance,
    case when is_open then amounts_invoice_balance else 0 end as open_balance,
    case when is_open and due_date < today then today - due_date else 0 end as days_overdue,
    case
        when not is_open then 'none'
        when due_date is null or due_date >= today then 'not due'
        when today - due_date <= 30 then '1-30'
        when today - due_date <= 60 then '31-60'
        when today - due_date <= 90 then '61-90'
        else 'over 90'
    end as ageing_bucket,
    today as as_of_date
from aged
