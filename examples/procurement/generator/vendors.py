"""The approved-vendor list as procurement keeps it. Every vendor is invented."""

from examples.procurement.data.model import Vendor


def _vendor(name: str, status: str, categories: str, notes: str) -> Vendor:
    return Vendor(name=name, status=status, categories=categories, notes=notes)


VENDORS: tuple[Vendor, ...] = (
    _vendor("Stratus Forge", "preferred", "cloud-hosting", "Framework agreement until next year."),
    _vendor("Northlight Hosting", "approved", "cloud-hosting", "Onboarded two years ago."),
    _vendor("Cumulon", "approved", "cloud-hosting", "Passed the security questionnaire."),
    _vendor("Beaconry", "preferred", "observability", "Volume discount of 12 percent."),
    _vendor("Tracewell", "approved", "observability", "Trial in 2023, no complaints."),
    _vendor("Kilnworks", "preferred", "developer-tools", "Single sign-on is set up."),
    _vendor("Branchline", "approved", "developer-tools", "Month-to-month terms."),
    _vendor("Ledgerly", "preferred", "crm", "Master agreement signed."),
    _vendor("Rolodeck", "approved", "crm", "Passed the security questionnaire."),
    _vendor("QuotaHive", "approved", "sales-enablement", "Used by one regional team."),
    _vendor("PitchLoom", "approved", "sales-enablement", "Month-to-month terms."),
    _vendor("Brightpost", "preferred", "marketing-tools", "Annual plan, 40 seats."),
    _vendor("AdVane", "approved", "marketing-tools", "Onboarded last year."),
    _vendor("Clickmeadow", "approved", "marketing-tools", "Passed the security questionnaire."),
    _vendor("Inkspool", "preferred", "design", "Seats pooled over all departments."),
    _vendor("Pixelyard", "approved", "design", "Month-to-month terms."),
    _vendor("Deskrelay", "preferred", "customer-support", "Integrated with the CRM."),
    _vendor("Helpwright", "approved", "customer-support", "Trial in 2023, no complaints."),
    _vendor("Palisade Labs", "preferred", "security", "Retainer for incident response."),
    _vendor("Gatewarden", "approved", "security", "Onboarded last year."),
    _vendor("Hexlock", "approved", "security", "Month-to-month terms."),
    _vendor("Marlowe & Finch", "preferred", "consulting", "Day rates fixed for the year."),
    _vendor("Redbridge Partners", "preferred", "integration", "Quotes at a fixed price."),
    _vendor("Joinwell", "approved", "integration", "Onboarded last year."),
    _vendor("Anvil Systems", "preferred", "hardware", "Three-year warranty included."),
    _vendor("Corepoint Supply", "approved", "hardware", "Ships within two days."),
    _vendor("Skillharbor", "approved", "training", "Invoices by the participant."),
    _vendor("Classmere", "approved", "training", "Onboarded two years ago."),
    _vendor("Linecast", "suspended", "telephony", "Suspended: missed SLAs in two quarters."),
    _vendor("Ringbarn", "approved", "telephony", "Month-to-month terms."),
    _vendor("Datamere", "approved", "analytics", "Onboarded last year."),
    _vendor("Quillmetrics", "approved", "analytics", "Passed the security questionnaire."),
    _vendor("Fastlane Resellers", "suspended", "hardware", "Suspended: invoices never matched."),
)

UNLISTED = ("Oakmoor Software", "Tidewick", "Halberd Digital", "Sunmote", "Greyfern Studio")
"""Vendors that employees found on their own."""
