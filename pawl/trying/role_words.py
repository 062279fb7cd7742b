"""What columns are called, by what they are for."""


def words(text: str) -> frozenset[str]:
    """A set of words, written as one line of text."""
    return frozenset(text.split())


AGENT = words(
    "agent model ai bot llm assistant system machine auto automated automatic predicted predict "
    "prediction predictions pred preds suggested suggestion proposed proposal draft drafted "
    "initial original recommended recommendation classifier gpt claude hat guess"
)
PERSON = words(
    "expected reviewer review reviewed human person final correct corrected correction truth "
    "ground gold golden true actual target reference annotator annotated annotation adjudicated "
    "override overridden manual manually expert desired should verified confirmed groundtruth "
    "right"
)
WHAT = words(
    "answer decision label output response result verdict action class category choice outcome "
    "value y status"
)
ALONE = {
    **dict.fromkeys(("answer", "decision", "output", "response", "answered", "verdict"), "answer"),
    **dict.fromkeys(("label", "labels", "class", "outcome", "y", "result"), "expected"),
}
"""Words that say a part when neither agent nor person is named."""
OTHER = words(
    "id uuid key time timestamp date at comment comments note notes reason reasons reasoning "
    "rationale explanation why confidence score probability prob by name email ms seconds latency "
    "tokens cost version count url text message prompt feedback"
)
"""A name that ends in one of these is neither an answer nor what was expected."""
PARTS: dict[str, tuple[str, ...]] = {
    "id": ("id", "case_id", "request_id", "ticket_id", "row_id", "uuid", "trace_id", "record_id"),
    "reason": (
        *("reason", "reviewer_reason", "review_reason", "override_reason", "correction_reason"),
        *("reviewer_comment", "review_comment", "reviewer_comments", "reviewer_note"),
        *("reviewer_notes", "review_note", "review_notes", "human_comment", "human_reason"),
        *("human_feedback", "correction_comment", "correction_note", "override_comment"),
        *("override_note", "why", "rationale", "feedback_comment", "reviewer_feedback"),
        *("final_reason", "expected_reason", "annotator_comment", "annotator_note", "explanation"),
    ),
    "precedent": ("precedent", "precedent_tag", "policy_tag"),
    "group": ("group_id", "group_key", "near_copy_of", "duplicate_of"),
}
BARE_REASONS = words("reason why rationale explanation")
REASON_WORDS_MIN = 2.5
AFTERWARDS = words(
    "reviewer reviewers reviewed annotator override overridden correction corrections corrected "
    "adjudicated adjudication"
)
"""In a name: the column was written at the review."""
OF_REVIEW = (
    AFTERWARDS
    | PERSON
    | words(
        "overrode approved rejected verdict outcome resolution audit auditor feedback qa changed "
        "agree agrees agreed agreement disagree disagreement match matches matched mismatch wrong "
        "error mistake iscorrect label labels"
    )
)
"""In a name: the column may have been written at the review."""
KEYS = words("id ids uuid guid key index nr no number row rownum hash url uri sku")
"""A name that ends in one of these names the row."""
TIMES = words("time timestamp date day at created updated reviewed decided submitted received ts")
"""In a name: the column may say when a row came."""
