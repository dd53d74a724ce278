-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'users') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='users',
        keys=['id'],
        columns={
            'address': 'json',
            'assignedColor': 'text',
            'assignedVehicleId': 'text',
            'availableForScheduling': 'boolean',
            'createdAt': 'timestamp',
            'customFields': 'json',
            'email': 'json',
            'firstDayOfTheWeek': 'text',
            'franchiseTokenLastFour': 'text',
            'id': 'text',
            'isAccountAdmin': 'boolean',
            'isAccountOwner': 'boolean',
            'isCurrentUser': 'boolean',
            'lastLoginAt': 'timestamp',
            'name': 'json',
            'phone': 'json',
            'status': 'text',
            'timezone': 'text',
            'uuid': 'text',
        },
        owners=[],
        ids='user_ids',
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
    {{ jobber.json_value('current_rows."address"', ['name'], 'text') }} as address_name,
    {{ jobber.json_value('current_rows."address"', ['postalCode'], 'text') }} as address_postal_code,
    {{ jobber.json_value('current_rows."address"', ['province'], 'text') }} as address_province,
    {{ jobber.json_value('current_rows."address"', ['street'], 'text') }} as address_street,
    {{ jobber.json_value('current_rows."address"', ['street1'], 'text') }} as address_street1,
    {{ jobber.json_value('current_rows."address"', ['street2'], 'text') }} as address_street2,
    current_rows."assignedColor" as assigned_color,
    current_rows."assignedVehicleId" as assigned_vehicle_id,
    current_rows."availableForScheduling" as available_for_scheduling,
    current_rows."createdAt" as created_at,
    current_rows."customFields" as custom_fields,
    {{ jobber.json_value('current_rows."email"', ['isValid'], 'boolean') }} as email_is_valid,
    {{ jobber.json_value('current_rows."email"', ['raw'], 'text') }} as email_raw,
    current_rows."firstDayOfTheWeek" as first_day_of_the_week,
    current_rows."franchiseTokenLastFour" as franchise_token_last_four,
    current_rows."id" as id,
    current_rows."isAccountAdmin" as is_account_admin,
    current_rows."isAccountOwner" as is_account_owner,
    current_rows."isCurrentUser" as is_current_user,
    current_rows."lastLoginAt" as last_login_at,
    {{ jobber.json_value('current_rows."name"', ['first'], 'text') }} as name_first,
    {{ jobber.json_value('current_rows."name"', ['full'], 'text') }} as name_full,
    {{ jobber.json_value('current_rows."name"', ['last'], 'text') }} as name_last,
    {{ jobber.json_value('current_rows."phone"', ['areaCode'], 'text') }} as phone_area_code,
    {{ jobber.json_value('current_rows."phone"', ['countryCode'], 'text') }} as phone_country_code,
    {{ jobber.json_value('current_rows."phone"', ['friendly'], 'text') }} as phone_friendly,
    {{ jobber.json_value('current_rows."phone"', ['isValid'], 'boolean') }} as phone_is_valid,
    {{ jobber.json_value('current_rows."phone"', ['raw'], 'text') }} as phone_raw,
    current_rows."status" as status,
    current_rows."timezone" as timezone,
    current_rows."uuid" as uuid,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
