-- One row for each line of an invoice that counts as revenue: what was sold, when and to whom.
select
    lines.account_id,
    lines.invoice_id,
    lines.id as line_item_id,
    invoices.client_id,
    invoices.salesperson_id,
    invoices.issued_date,
    invoices.issued_month,
    lines.linked_product_or_service_id as product_id,
    coalesce(products.name, lines.name) as product_name,
    lines.name,
    coalesce(products.category, lines.category) as category,
    lines.taxable as is_taxable,
    lines.quantity,
    lines.unit_price,
    lines.total_price
from {{ ref('stg_jobber__invoice_line_items') }} as lines
inner join {{ ref('fct_invoices') }} as invoices on lines.invoice_id = invoices.invoice_id
left join {{ ref('stg_jobber__products') }} as products on lines.linked_product_or_service_id = products.id
where invoices.is_issued
