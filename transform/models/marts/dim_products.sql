-- One row for each product or service that exists, with what it has brought.
with sold as (
    select
        product_id,
        {{ jobber.whole('count(*)') }} as lines_sold,
        sum(quantity) as quantity_sold,
        {{ jobber.money('sum(total_price)') }} as revenue
    from {{ ref('fct_line_items') }}
    group by product_id
)

select
    products.account_id,
    products.id as product_id,
    products.name,
    products.category,
    products.description,
    products.default_unit_cost as unit_price,
    products.internal_unit_cost as unit_cost,
    products.markup,
    products.taxable as is_taxable,
    products.visible as is_visible,
    products.duration_minutes,
    {{ jobber.whole('sold.lines_sold') }} as lines_sold,
    coalesce(sold.quantity_sold, 0) as quantity_sold,
    {{ jobber.money('sold.revenue') }} as revenue
from {{ ref('stg_jobber__products') }} as products
left join sold on products.id = sold.product_id
