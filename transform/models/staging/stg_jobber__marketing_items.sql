-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'marketing_items') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='marketing_items',
        keys=['id'],
        columns={
            'author': 'text',
            'channel': 'text',
            'content': 'json',
            'createdAt': 'timestamp',
            'id': 'text',
            'origin': 'text',
            'status': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."author" as author,
    current_rows."channel" as channel,
    {{ jobber.json_value('current_rows."content"', ['__typename'], 'text') }} as content_typename,
    {{ jobber.json_value('current_rows."content"', ['channel'], 'text') }} as content_channel,
    {{ jobber.json_value('current_rows."content"', ['content'], 'text') }} as content_content,
    {{ jobber.json_value('current_rows."content"', ['id'], 'text') }} as content_id,
    {{ jobber.json_value('current_rows."content"', ['marketingItem', 'id'], 'text') }} as content_marketing_item_id,
    {{ jobber.json_value('current_rows."content"', ['marketingItem', 'origin'], 'text') }}
        as content_marketing_item_origin,
    {{ jobber.json_value('current_rows."content"', ['marketingItem', 'status'], 'text') }}
        as content_marketing_item_status,
    {{ jobber.json_value('current_rows."content"', ['result', 'error', 'code'], 'text') }} as content_result_error_code,
    {{ jobber.json_value('current_rows."content"', ['result', 'error', 'failureReason'], 'text') }}
        as content_result_error_failure_reason,
    {{ jobber.json_value('current_rows."content"', ['result', 'error', 'message'], 'text') }}
        as content_result_error_message,
    {{ jobber.json_value('current_rows."content"', ['result', 'url'], 'text') }} as content_result_url,
    {{ jobber.json_value('current_rows."content"', ['outcome'], 'text') }} as content_outcome,
    {{ jobber.json_value('current_rows."content"', ['previewUrl'], 'text') }} as content_preview_url,
    {{ jobber.json_value('current_rows."content"', ['subtitle'], 'text') }} as content_subtitle,
    {{ jobber.json_value('current_rows."content"', ['summary'], 'text') }} as content_summary,
    {{ jobber.json_value('current_rows."content"', ['title'], 'text') }} as content_title,
    {{ jobber.json_value('current_rows."content"', ['work'], 'text') }} as content_work,
    current_rows."createdAt" as created_at,
    current_rows."id" as id,
    current_rows."origin" as origin,
    current_rows."status" as status,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
