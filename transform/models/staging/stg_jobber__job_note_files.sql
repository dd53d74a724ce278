-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'job_note_files') }}
-- depends_on: {{ ref('stg_jobber__jobs') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='job_note_files',
        keys=['jobId', 'id'],
        columns={
            'jobId': 'text',
            'jobUpdatedAt': 'timestamp',
            'contentType': 'text',
            'createdAt': 'timestamp',
            'downloadContentType': 'text',
            'downloadUrl': 'text',
            'fileName': 'text',
            'fileSize': 'integer',
            'id': 'text',
            'note': 'json',
            'previewContentType': 'text',
            'previewUrl': 'text',
            'status': 'text',
            'thumbnailUrl': 'text',
            'updatedAt': 'timestamp',
            'url': 'text',
        },
        owners=[
            {'stream': 'jobs', 'id': 'jobId', 'comes_first': true, 'change': 'jobUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."jobId" as job_id,
    current_rows."jobUpdatedAt" as job_updated_at,
    current_rows."contentType" as content_type,
    current_rows."createdAt" as created_at,
    current_rows."downloadContentType" as download_content_type,
    current_rows."downloadUrl" as download_url,
    current_rows."fileName" as file_name,
    current_rows."fileSize" as file_size,
    current_rows."id" as id,
    {{ jobber.json_value('current_rows."note"', ['__typename'], 'text') }} as note_typename,
    {{ jobber.json_value('current_rows."note"', ['id'], 'text') }} as note_id,
    current_rows."previewContentType" as preview_content_type,
    current_rows."previewUrl" as preview_url,
    current_rows."status" as status,
    current_rows."thumbnailUrl" as thumbnail_url,
    current_rows."updatedAt" as updated_at,
    current_rows."url" as url,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
