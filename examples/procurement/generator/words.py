"""How employees justify a purchase."""

PLAIN: dict[str, tuple[str, ...]] = {
    "Engineering": (
        "The {item} we have runs at its limit since the last release.",
        "Two squads wait for {item}; the build queue is the bottleneck.",
        "Needed for the platform migration planned this quarter.",
        "Replaces a script that one person maintains by hand.",
    ),
    "Marketing": (
        "The team has outgrown the free plan.",
        "Gives us one place for regional content.",
        "Our current way of working costs a day every week.",
        "Lets the whole team work on the same material.",
    ),
    "Sales": (
        "The regional team asks for it since spring.",
        "Shortens the time from first call to quote.",
        "New hires start next month and need access.",
        "Helps us keep the pipeline clean.",
    ),
    "Customer Success": (
        "Response times slip and customers notice.",
        "The queue is longer than three people can answer.",
        "Two large accounts asked for faster answers.",
        "Needed to keep up with tickets after the release.",
    ),
    "Security": (
        "Closes a finding of the last audit.",
        "Coverage is missing on a third of the machines.",
        "Follow-up to the incident review.",
        "Required by the new customer security annex.",
    ),
}

CAMPAIGN = (
    "For the spring launch campaign, we need it running before the ads go live.",
    "Supports the product launch campaign next month.",
    "The holiday campaign needs {item} of its own.",
    "Agency recommends it for the upcoming campaign.",
)

RENEWAL = (
    "Annual renewal, the price goes up by {percent} percent.",
    "Renewal of the contract for another year with a {percent} % increase.",
    "Our contract is up for renewal; the vendor asks {percent} % more than last year.",
    "Renewal at the end of the term, {percent} percent higher than before.",
)

URGENT = (
    "We need it this week.",
    "Waiting until the next review would cost us.",
    "The deadline is on Friday.",
)

EMERGENCY = (
    "Production is affected right now.",
    "Without it the outage goes on.",
    "This cannot wait for the usual approval.",
)
