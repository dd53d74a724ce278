-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'jobs') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='jobs',
        keys=['id'],
        columns={
            'allowReviewRequest': 'boolean',
            'arrivalWindow': 'json',
            'billingType': 'text',
            'bookingConfirmationSentAt': 'timestamp',
            'clientId': 'text',
            'completedAndUninvoicedVisitsCount': 'integer',
            'completedAndUninvoicedVisitsTotal': 'money',
            'completedAt': 'timestamp',
            'createdAt': 'timestamp',
            'customFields': 'json',
            'defaultVisitTitle': 'text',
            'endAt': 'timestamp',
            'id': 'text',
            'instructions': 'text',
            'invoiceSchedule': 'json',
            'invoicedTotal': 'money',
            'jobBalanceTotals': 'json',
            'jobCosting': 'json',
            'jobNumber': 'integer',
            'jobStatus': 'text',
            'jobType': 'text',
            'jobberWebUri': 'text',
            'nextDateToSendReviewSms': 'timestamp',
            'propertyId': 'text',
            'quoteId': 'text',
            'requestId': 'text',
            'salespersonId': 'text',
            'source': 'text',
            'startAt': 'timestamp',
            'title': 'text',
            'total': 'money',
            'uninvoicedTotal': 'money',
            'updatedAt': 'timestamp',
            'visitSchedule': 'json',
            'visitsInfo': 'json',
            'willClientBeAutomaticallyCharged': 'boolean',
        },
        owners=[],
        ids='job_ids',
    ) | indent(4) }}
),

zones as (
    select * from {{ ref('jobber_time_zones') }}
)

select
    current_rows."accountId" as account_id,
    current_rows."allowReviewRequest" as allow_review_request,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['centeredOnStartTime'], 'boolean') }}
        as arrival_window_centered_on_start_time,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['duration'], 'integer') }} as arrival_window_duration_minutes,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['endAt'], 'timestamp') }} as arrival_window_end_at,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['id'], 'text') }} as arrival_window_id,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['startAt'], 'timestamp') }} as arrival_window_start_at,
    current_rows."billingType" as billing_type,
    current_rows."bookingConfirmationSentAt" as booking_confirmation_sent_at,
    current_rows."clientId" as client_id,
    current_rows."completedAndUninvoicedVisitsCount" as completed_and_uninvoiced_visits_count,
    current_rows."completedAndUninvoicedVisitsTotal" as completed_and_uninvoiced_visits_total,
    current_rows."completedAt" as completed_at,
    current_rows."createdAt" as created_at,
    current_rows."customFields" as custom_fields,
    current_rows."defaultVisitTitle" as default_visit_title,
    current_rows."endAt" as end_at,
    current_rows."id" as id,
    current_rows."instructions" as instructions,
    {{ jobber.json_value('current_rows."invoiceSchedule"', ['billingFrequency'], 'text') }}
        as invoice_schedule_billing_frequency,
    {{ jobber.json_value('current_rows."invoiceSchedule"', ['recurrenceSchedule', 'calendarRule'], 'text') }}
        as invoice_schedule_recurrence_schedule_calendar_rule,
    {{ jobber.json_value('current_rows."invoiceSchedule"', ['recurrenceSchedule', 'friendly'], 'text') }}
        as invoice_schedule_recurrence_schedule_friendly,
    {{ jobber.json_value('current_rows."invoiceSchedule"', ['scheduleSummary'], 'text') }}
        as invoice_schedule_schedule_summary,
    current_rows."invoicedTotal" as invoiced_total,
    {{ jobber.json_value('current_rows."jobBalanceTotals"', ['outstandingAmount'], 'money') }}
        as job_balance_totals_outstanding_amount,
    {{ jobber.json_value('current_rows."jobBalanceTotals"', ['totalAmount'], 'money') }}
        as job_balance_totals_total_amount,
    {{ jobber.json_value('current_rows."jobCosting"', ['belowMinimumThreshold'], 'boolean') }}
        as job_costing_below_minimum_threshold,
    {{ jobber.json_value('current_rows."jobCosting"', ['expenseCost'], 'money') }} as job_costing_expense_cost,
    {{ jobber.json_value('current_rows."jobCosting"', ['id'], 'text') }} as job_costing_id,
    {{ jobber.json_value('current_rows."jobCosting"', ['labourCost'], 'money') }} as job_costing_labour_cost,
    {{ jobber.json_value('current_rows."jobCosting"', ['labourDuration'], 'integer') }}
        as job_costing_labour_duration_seconds,
    {{ jobber.json_value('current_rows."jobCosting"', ['lineItemCost'], 'money') }} as job_costing_line_item_cost,
    {{ jobber.json_value('current_rows."jobCosting"', ['profitAmount'], 'money') }} as job_costing_profit_amount,
    {{ jobber.json_value('current_rows."jobCosting"', ['profitPercentage'], 'float') }}
        as job_costing_profit_percentage,
    {{ jobber.json_value('current_rows."jobCosting"', ['totalCost'], 'money') }} as job_costing_total_cost,
    {{ jobber.json_value('current_rows."jobCosting"', ['totalRevenue'], 'money') }} as job_costing_total_revenue,
    current_rows."jobNumber" as job_number,
    current_rows."jobStatus" as job_status,
    current_rows."jobType" as job_type,
    current_rows."jobberWebUri" as jobber_web_uri,
    current_rows."nextDateToSendReviewSms" as next_date_to_send_review_sms,
    current_rows."propertyId" as property_id,
    current_rows."quoteId" as quote_id,
    current_rows."requestId" as request_id,
    current_rows."salespersonId" as salesperson_id,
    current_rows."source" as source,
    current_rows."startAt" as start_at,
    current_rows."title" as title,
    current_rows."total" as total,
    current_rows."uninvoicedTotal" as uninvoiced_total,
    current_rows."updatedAt" as updated_at,
    {{ jobber.day(jobber.json_value('current_rows."visitSchedule"', ['endDate'], 'timestamp')) }}
        as visit_schedule_end_date,
    {{ jobber.json_value('current_rows."visitSchedule"', ['endTime'], 'timestamp') }} as visit_schedule_end_time,
    {{ jobber.json_value('current_rows."visitSchedule"', ['recurrenceSchedule', 'calendarRule'], 'text') }}
        as visit_schedule_recurrence_schedule_calendar_rule,
    {{ jobber.json_value('current_rows."visitSchedule"', ['recurrenceSchedule', 'friendly'], 'text') }}
        as visit_schedule_recurrence_schedule_friendly,
    {{ jobber.day(jobber.json_value('current_rows."visitSchedule"', ['startDate'], 'timestamp')) }}
        as visit_schedule_start_date,
    {{ jobber.json_value('current_rows."visitSchedule"', ['startTime'], 'timestamp') }} as visit_schedule_start_time,
    {{ jobber.json_value('current_rows."visitsInfo"', ['futureCount'], 'integer') }} as visits_info_future_count,
    {{ jobber.json_value('current_rows."visitsInfo"', ['incompleteTotal'], 'integer') }}
        as visits_info_incomplete_total,
    {{ jobber.json_value('current_rows."visitsInfo"', ['mostRecentVisitStartAt'], 'timestamp') }}
        as visits_info_most_recent_visit_start_at,
    {{ jobber.json_value('current_rows."visitsInfo"', ['pastCount'], 'integer') }} as visits_info_past_count,
    {{ jobber.json_value('current_rows."visitsInfo"', ['scheduledCount'], 'integer') }} as visits_info_scheduled_count,
    {{ jobber.json_value('current_rows."visitsInfo"', ['unscheduledCount'], 'integer') }}
        as visits_info_unscheduled_count,
    current_rows."willClientBeAutomaticallyCharged" as will_client_be_automatically_charged,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
left join zones on coalesce(current_rows."accountId" = zones.account_id, true)
