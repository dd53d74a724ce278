-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'products') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='products',
        keys=['id'],
        columns={
            'bookableType': 'text',
            'category': 'text',
            'customFields': 'json',
            'defaultUnitCost': 'money',
            'description': 'text',
            'durationMinutes': 'integer',
            'id': 'text',
            'internalUnitCost': 'money',
            'lastJobLineItemId': 'text',
            'lastQuoteLineItemId': 'text',
            'markup': 'float',
            'name': 'text',
            'onlineBookingSortOrder': 'integer',
            'onlineBookingsEnabled': 'boolean',
            'quantityRange': 'json',
            'taxable': 'boolean',
            'visible': 'boolean',
        },
        owners=[],
        ids='product_ids',
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."bookableType" as bookable_type,
    current_rows."category" as category,
    current_rows."customFields" as custom_fields,
    current_rows."defaultUnitCost" as default_unit_cost,
    current_rows."description" as description,
    current_rows."durationMinutes" as duration_minutes,
    current_rows."id" as id,
    current_rows."internalUnitCost" as internal_unit_cost,
    current_rows."lastJobLineItemId" as last_job_line_item_id,
    current_rows."lastQuoteLineItemId" as last_quote_line_item_id,
    current_rows."markup" as markup,
    current_rows."name" as name,
    current_rows."onlineBookingSortOrder" as online_booking_sort_order,
    current_rows."onlineBookingsEnabled" as online_bookings_enabled,
    {{ jobber.json_value('current_rows."quantityRange"', ['maxQuantity'], 'integer') }} as quantity_range_max_quantity,
    {{ jobber.json_value('current_rows."quantityRange"', ['minQuantity'], 'integer') }} as quantity_range_min_quantity,
    {{ jobber.json_value('current_rows."quantityRange"', ['quantityEnabled'], 'boolean') }}
        as quantity_range_quantity_enabled,
    current_rows."taxable" as taxable,
    current_rows."visible" as visible,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
