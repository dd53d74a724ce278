-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'vehicles') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='vehicles',
        keys=['id'],
        columns={
            'createdAt': 'timestamp',
            'externalUrl': 'text',
            'iconColor': 'text',
            'id': 'text',
            'licensePlate': 'text',
            'liveState': 'json',
            'make': 'text',
            'model': 'text',
            'name': 'text',
            'updatedAt': 'timestamp',
            'vin': 'text',
            'year': 'integer',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."createdAt" as created_at,
    current_rows."externalUrl" as external_url,
    current_rows."iconColor" as icon_color,
    current_rows."id" as id,
    current_rows."licensePlate" as license_plate,
    {{ jobber.json_value('current_rows."liveState"', ['currentPosition', 'latitude'], 'float') }}
        as live_state_current_position_latitude,
    {{ jobber.json_value('current_rows."liveState"', ['currentPosition', 'longitude'], 'float') }}
        as live_state_current_position_longitude,
    {{ jobber.json_value('current_rows."liveState"', ['currentPosition', 'timestamp'], 'timestamp') }}
        as live_state_current_position_timestamp,
    {{ jobber.json_value('current_rows."liveState"', ['dataRefreshedAt'], 'timestamp') }}
        as live_state_data_refreshed_at,
    {{ jobber.json_value('current_rows."liveState"', ['direction'], 'float') }} as live_state_direction,
    {{ jobber.json_value('current_rows."liveState"', ['fuelPercentage'], 'float') }} as live_state_fuel_percentage,
    {{ jobber.json_value('current_rows."liveState"', ['speed'], 'float') }} as live_state_speed,
    {{ jobber.json_value('current_rows."liveState"', ['starterBatteryVoltage'], 'float') }}
        as live_state_starter_battery_voltage,
    {{ jobber.json_value('current_rows."liveState"', ['status'], 'text') }} as live_state_status,
    {{ jobber.json_value('current_rows."liveState"', ['statusChangedAt'], 'timestamp') }}
        as live_state_status_changed_at,
    current_rows."make" as make,
    current_rows."model" as model,
    current_rows."name" as name,
    current_rows."updatedAt" as updated_at,
    current_rows."vin" as vin,
    current_rows."year" as year,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
