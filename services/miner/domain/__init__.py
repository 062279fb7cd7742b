"""From labelled cases to rules, and from rules to proposals; pure."""
