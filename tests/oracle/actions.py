"""What was done in a session: counts of events, and who a lead is."""

from collections.abc import Collection

from tests.oracle.events import Event, text


def lead_key(event: Event) -> tuple[str, str] | None:
    """Who the lead is: the phone by its digits, else the e-mail without case."""
    phone, email = text(event.data.get("phone")), text(event.data.get("email"))
    if phone:
        return ("phone", "".join(sign for sign in phone if sign.isdigit() or sign == "+"))
    return ("email", email.strip().lower()) if email else None

def action_counts(events: Collection[Event]) -> dict[str, int]:
    """What was done in the events, whoever did it."""

    def of(kind: str) -> list[Event]:
        return [event for event in events if event.type == kind]

    likes = sum(event.count for event in of("live_like"))
    comments, shares = len(of("live_comment")), len(of("share"))
    return {
        "views": len(of("live_view_started")),
        "likes": likes,
        "comments": comments,
        "shares": shares,
        "follows": len(of("live_follow")),
        "engagements": likes + comments + shares,
        "product_impressions": sum(len(event.items) for event in of("view_item_list")),
        "product_clicks": len(of("select_item")),
        "cta_clicks": len(of("live_cta_click")),
        "leads": len({key for event in of("generate_lead") if (key := lead_key(event))}),
    }
