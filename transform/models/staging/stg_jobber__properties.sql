-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'properties') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='properties',
        keys=['id'],
        columns={
            'address': 'json',
            'clientId': 'text',
            'createdAt': 'timestamp',
            'customFields': 'json',
            'id': 'text',
            'isBillingAddress': 'boolean',
            'jobberWebUri': 'text',
            'name': 'text',
            'routingOrder': 'integer',
            'taxRateId': 'text',
        },
        owners=[],
        ids='property_ids',
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    {{ jobber.json_value('current_rows."address"', ['city'], 'text') }} as address_city,
    {{ jobber.json_value('current_rows."address"', ['coordinates', 'latitude'], 'float') }}
        as address_coordinates_latitude,
    {{ jobber.json_value('current_rows."address"', ['coordinates', 'latitudeString'], 'text') }}
        as address_coordinates_latitude_string,
    {{ jobber.json_value('current_rows."address"', ['coordinates', 'longitude'], 'float') }}
        as address_coordinates_longitude,
    {{ jobber.json_value('current_rows."address"', ['coordinates', 'longitudeString'], 'text') }}
        as address_coordinates_longitude_string,
    {{ jobber.json_value('current_rows."address"', ['coordinates', 'point'], 'text') }} as address_coordinates_point,
    {{ jobber.json_value('current_rows."address"', ['country'], 'text') }} as address_country,
    {{ jobber.json_value('current_rows."address"', ['geoStatus'], 'text') }} as address_geo_status,
    {{ jobber.json_value('current_rows."address"', ['id'], 'text') }} as address_id,
    {{ jobber.json_value('current_rows."address"', ['name'], 'text') }} as address_name,
    {{ jobber.json_value('current_rows."address"', ['postalCode'], 'text') }} as address_postal_code,
    {{ jobber.json_value('current_rows."address"', ['province'], 'text') }} as address_province,
    {{ jobber.json_value('current_rows."address"', ['street'], 'text') }} as address_street,
    {{ jobber.json_value('current_rows."address"', ['street1'], 'text') }} as address_street1,
    {{ jobber.json_value('current_rows."address"', ['street2'], 'text') }} as address_street2,
    current_rows."clientId" as client_id,
    current_rows."createdAt" as created_at,
    current_rows."customFields" as custom_fields,
    current_rows."id" as id,
    current_rows."isBillingAddress" as is_billing_address,
    current_rows."jobberWebUri" as jobber_web_uri,
    current_rows."name" as name,
    current_rows."routingOrder" as routing_order,
    current_rows."taxRateId" as tax_rate_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
