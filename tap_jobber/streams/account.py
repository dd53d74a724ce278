"""The account itself, and how it presents itself: booking, request forms, apps and reminders."""

from __future__ import annotations

from tap_jobber.streams.root_stream import RootStream


class Account(RootStream):
    """The account, one row."""

    name = "account"
    root = "account"


class OnlineBookingConfiguration(RootStream):
    """How clients book online, one row."""

    name = "online_booking_configuration"
    root = "onlineBookingConfiguration"
    may_be_absent = True


class RequestSettings(RootStream):
    """The forms by which clients ask for work."""

    name = "request_settings"
    root = "requestSettingsCollection"
    scope = "read_requests"


class Apps(RootStream):
    """Apps that the account can see."""

    name = "apps"
    root = "apps"
    selected_by_default = False


class AppAlerts(RootStream):
    """How many alerts each app has raised."""

    name = "app_alerts"
    root = "appAlerts"
    key = "app"
    selected_by_default = False


class ExternalReminders(RootStream):
    """Reminders that other systems have asked for."""

    name = "external_reminders"
    root = "externalReminders"
    selected_by_default = False
