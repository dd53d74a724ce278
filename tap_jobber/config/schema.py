"""JSON Schema of the settings: the tap's own, and those of the SDK that the tap states otherwise."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

API_URL = "https://api.getjobber.com/api"
API_VERSION = "2023-08-18"
REDIRECT_URI = "http://localhost:8765/callback"
CREDENTIAL_TEST_QUERY = "query { account { id name } }"

BATCH_CONFIG: th.Property[Any] = th.Property(
    "batch_config",
    th.ObjectType(
        th.Property(
            "encoding",
            th.ObjectType(
                th.Property(
                    "format",
                    th.StringType(),
                    required=True,
                    allowed_values=["jsonl"],
                    title="Batch Encoding Format",
                    description="The format of the files: jsonl.",
                ),
                th.Property(
                    "compression",
                    th.StringType(),
                    allowed_values=["gzip", "none"],
                    title="Batch Compression Format",
                    description="How the files are compressed: gzip or none, which is the default.",
                ),
                additional_properties=False,
            ),
            title="Batch Encoding Configuration",
            description="An object with the format of the files, jsonl, and their compression, gzip or none.",
        ),
        th.Property(
            "storage",
            th.ObjectType(
                th.Property(
                    "root",
                    th.StringType(min_length=1),
                    required=True,
                    title="Batch Storage Root",
                    description="The folder that the files are written to, as a path or as an address such as s3://bucket/folder.",
                ),
                th.Property(
                    "prefix",
                    th.StringType(),
                    title="Batch Storage Prefix",
                    description="What the names of the files begin with.",
                ),
                th.Property(
                    "params",
                    th.ObjectType(),
                    title="Batch Storage Parameters",
                    description="What the library behind the address is to be told, by name.",
                ),
                additional_properties=False,
            ),
            title="Batch Storage Configuration",
            description="An object with the root of the files and, if need be, a prefix of their names.",
        ),
        th.Property(
            "batch_size",
            th.IntegerType(minimum=1),
            title="Batch Size",
            description="The most rows in a file, 10,000 by default; each state ends a file too.",
        ),
        additional_properties=False,
    ),
    title="Batch Configuration",
    description="Write rows to files, each named by a BATCH message: an object with encoding and storage.",
)
"""The SDK's setting for rows in files, with limits that the SDK leaves open and no format that needs a library."""

SETTINGS = th.PropertiesList(
    th.Property(
        "client_id",
        th.StringType(min_length=1),
        required=True,
        title="Client ID",
        description="The client ID of your app in Jobber's Developer Center.",
    ),
    th.Property(
        "client_secret",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client secret",
        description="The client secret of your app; Jobber shows it once, when it is made.",
    ),
    th.Property(
        "refresh_token",
        th.StringType(min_length=1),
        secret=True,
        title="Refresh token",
        description=(
            "The refresh token of the user who authorised the app; not needed after tap-jobber --login. It is "
            "redeemed once; its successors are kept in "
            "the token store. Set a new one only after authorising the app again."
        ),
    ),
    th.Property(
        "account_id",
        th.StringType(min_length=1),
        title="Account ID",
        description=(
            "The ID of the Jobber account to read, as the API gives it, or its number; tap-jobber --credentials lists "
            "those in the token store. Needed once the store holds several."
        ),
    ),
    th.Property(
        "redirect_uri",
        th.StringType(min_length=1),
        default=REDIRECT_URI,
        title="Redirect URI",
        description=(
            "The address that Jobber leads the browser back to, as registered for your app in the Developer Center. "
            "--login listens there, so it must be one of this machine, unless with --no-browser."
        ),
    ),
    th.Property(
        "api_version",
        th.StringType(min_length=1),
        default=API_VERSION,
        title="API version",
        description="A version from Jobber's API changelog, as YYYY-MM-DD, sent as X-JOBBER-GRAPHQL-VERSION.",
    ),
    th.Property(
        "credential_test_query",
        th.StringType(min_length=1),
        default=CREDENTIAL_TEST_QUERY,
        title="Credential test query",
        description="The GraphQL query that --test runs to see that the credential works.",
    ),
    th.Property(
        "api_url",
        th.StringType(min_length=1),
        default=API_URL,
        title="API URL",
        description="Where Jobber's API is; /graphql, /oauth/token and /oauth/authorize are below it.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType(),
        title="Start date",
        description="The earliest change, creation or entry to read, as ISO 8601. Unset, the first run reads all.",
    ),
    th.Property(
        "token_store",
        th.StringType(min_length=1),
        title="Token store",
        description=(
            "What keeps the current tokens: a file, an SQLAlchemy URL such as postgresql+psycopg://HOST/DATABASE, or "
            "command: and a program. By default the file tap-jobber/tokens.json in your user state directory."
        ),
    ),
    th.Property(
        "budget_share",
        th.CustomType({"type": ["number"], "minimum": 0.05, "maximum": 1}),
        default=1,
        title="Budget share",
        description=(
            "The part of Jobber's limits (points and requests) to use, from 0.05 to 1. The rest stays to whatever "
            "else uses the same app on the account."
        ),
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=100),
        default=100,
        title="Page size",
        description=(
            "The most rows to ask for in a page, from 1 to 100; the price of a row may make it fewer. A page repeats "
            "the last row of the page before it, so 1 asks for 2."
        ),
    ),
    th.Property(
        "request_timeout",
        th.CustomType({"type": ["number"], "exclusiveMinimum": 0, "maximum": 3600}),
        default=60,
        title="Request time-out",
        description="How long Jobber may stay silent before a request counts as failed, in seconds, up to 3600.",
    ),
    th.Property(
        "on_missing_permission",
        th.StringType(),
        default="skip",
        allowed_values=["skip", "fail"],
        title="On missing permission",
        description="What to do with a stream that the app or its user may not read: skip it with a warning, or fail.",
    ),
    th.Property(
        "visit_lookback_days",
        th.IntegerType(minimum=0, maximum=36500),
        title="Visit look-back",
        description=(
            "Once all visits have been read, read only those that start within this many days before the last run or "
            "later, and those created or completed since; with resync_days, up to as many days ahead, 14 if it is "
            "not set. By default all are read each time, because the API does not tell which visits have changed."
        ),
    ),
    th.Property(
        "resync_days",
        th.NumberType(exclusive_minimum=0, maximum=3650),
        title="Resync days",
        description=(
            "Read every row again at least once in this many days, a share of them in each run, besides what is new or "
            "has changed. Streams that show no change are then no longer read whole each time, and after each round "
            "what no longer exists is told to targets that understand ACTIVATE_VERSION. By default these streams are "
            "read whole, and the others are not read again."
        ),
    ),
    th.Property(
        "add_account_id",
        th.BooleanType(),
        default=False,
        title="Add the account's ID",
        description=(
            "Give every row a column accountId, which becomes part of its key, so that rows of several accounts can "
            "stand in one table."
        ),
    ),
    th.Property(
        "add_read_times",
        th.BooleanType(),
        default=False,
        title="Add read times",
        description=(
            "Give every row a column _sdc_extracted_at, the time at which it was read, and tell in a table "
            "complete_reads since when all rows of each table have been read, so that older ones no longer exist."
        ),
    ),
    th.Property(
        "custom_streams",
        th.ArrayType(
            th.ObjectType(
                th.Property(
                    "name",
                    th.StringType(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$(?!\n)"),
                    required=True,
                    description="The stream's name: letters, digits and underscores, a letter first, 63 at the most.",
                ),
                th.Property(
                    "query",
                    th.StringType(min_length=1),
                    required=True,
                    description="A GraphQL query with the variables $first and $after, or the path of a file with it.",
                ),
                th.Property(
                    "primary_keys",
                    th.CustomType(
                        {
                            "type": ["array"],
                            "items": {"type": ["string"], "minLength": 1},
                            "minItems": 1,
                            "uniqueItems": True,
                        }
                    ),
                    required=True,
                    description='A list of the columns that tell rows apart, such as ["id"].',
                ),
                th.Property(
                    "replication_key",
                    th.StringType(min_length=1),
                    description="The column with the time at which Jobber says that a row was changed.",
                ),
                th.Property(
                    "records_path",
                    th.StringType(min_length=1),
                    description="The list to read, such as client.jobs, where the query pages several.",
                ),
                additional_properties=False,
            )
        ),
        title="Custom streams",
        description=(
            "A list of streams of your own, each an object with a name, a GraphQL query, its primary_keys, and if "
            "need be a replication_key and a records_path."
        ),
    ),
    th.Property(
        "report",
        th.StringType(min_length=1),
        title="Report",
        description=(
            "A file to write a report of each run to, as JSON, however the run ends: rows, cost and status of each "
            "stream, warnings, exit status. --report FILE takes precedence."
        ),
    ),
    th.Property(
        "user_agent",
        th.StringType(min_length=1, pattern=r"^[!-~]([ -~]*[!-~])?$(?!\n)"),
        title="User agent",
        description="The User-Agent header of all requests; by default tap-jobber and its version.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType(),
        default=False,
        title="Emit ACTIVATE_VERSION messages",
        description="Emit ACTIVATE_VERSION after each complete read of a full table, so that targets drop the rest.",
    ),
    th.Property(
        "progress",
        th.StringType(),
        default="auto",
        allowed_values=["auto", "plain", "off"],
        title="Progress",
        description=(
            "How to show how far a run is: auto for one live line where the log goes to a terminal and a line of the "
            "log every 30 seconds elsewhere, plain for lines of the log everywhere, off for none."
        ),
    ),
    BATCH_CONFIG,
    additional_properties=False,
).to_dict()
"""JSON Schema of the settings; the SDK adds its own as soon as there is a tap."""

CUSTOM_STREAMS = SETTINGS["properties"]["custom_streams"]
"""JSON Schema of the setting of that name."""

SECRETS = frozenset(name for name, each in SETTINGS["properties"].items() if each.get("secret"))
"""Names of the settings that no line of the log may show."""


def drop_bare_types(described: object) -> None:
    """Drop names of types from among the alternatives of a JSON Schema, where only schemas can be.

    Args:
        described: The schema, or something in it; it is changed.
    """
    if isinstance(described, list):
        for each in described:
            drop_bare_types(each)
    elif isinstance(described, dict):
        if "anyOf" in described:
            described["anyOf"] = [each for each in described["anyOf"] if not isinstance(each, str)]
        drop_bare_types(list(described.values()))
