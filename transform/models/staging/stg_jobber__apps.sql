-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'apps') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='apps',
        keys=['id'],
        columns={
            'applicationScopes': 'text',
            'author': 'text',
            'beforeStartingContent': 'text',
            'description': 'text',
            'displayName': 'text',
            'id': 'text',
            'installationStepsContent': 'text',
            'learnMoreUrl': 'text',
            'logoUrl': 'text',
            'manageAppUrl': 'text',
            'marketplaceUrl': 'text',
            'name': 'text',
            'oauthUrl': 'text',
            'redirectUrl': 'text',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."applicationScopes" as application_scopes,
    current_rows."author" as author,
    current_rows."beforeStartingContent" as before_starting_content,
    current_rows."description" as description,
    current_rows."displayName" as display_name,
    current_rows."id" as id,
    current_rows."installationStepsContent" as installation_steps_content,
    current_rows."learnMoreUrl" as learn_more_url,
    current_rows."logoUrl" as logo_url,
    current_rows."manageAppUrl" as manage_app_url,
    current_rows."marketplaceUrl" as marketplace_url,
    current_rows."name" as name,
    current_rows."oauthUrl" as oauth_url,
    current_rows."redirectUrl" as redirect_url,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
