-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'online_booking_configuration') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='online_booking_configuration',
        keys=['id'],
        columns={
            'acceptingOnlineBookings': 'boolean',
            'bookingEmbedScript': 'text',
            'bookingUrl': 'text',
            'id': 'text',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."acceptingOnlineBookings" as accepting_online_bookings,
    current_rows."bookingEmbedScript" as booking_embed_script,
    current_rows."bookingUrl" as booking_url,
    current_rows."id" as id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
