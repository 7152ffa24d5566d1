"""The names other tools have for types and fields, and their data in our words."""

from typing import Any

from commerce.ingest.vocabulary import Kind

# Other tools' names: Segment, RudderStack, PostHog, Shopify pixels, Bambuser.
ALIASES: dict[str, Kind] = {
    "Product List Viewed": Kind.view_item_list,
    "Product Clicked": Kind.select_item,
    "Product Viewed": Kind.view_item,
    "Product Added": Kind.add_to_cart,
    "Product Removed": Kind.remove_from_cart,
    "Checkout Started": Kind.begin_checkout,
    "Order Completed": Kind.purchase,
    "Order Cancelled": Kind.order_cancelled,
    "Order Refunded": Kind.refund,
    "Video Playback Started": Kind.live_view_started,
    "Video Content Started": Kind.live_view_started,
    "Video Content Playing": Kind.live_view_heartbeat,
    "Video Playback Completed": Kind.live_view_ended,
    "Video Content Completed": Kind.live_view_ended,
    "Page Viewed": Kind.page_view,
    "page": Kind.page_view,
    "$pageview": Kind.page_view,
    "$identify": Kind.identify,
    "page_viewed": Kind.page_view,
    "collection_viewed": Kind.view_item_list,
    "product_viewed": Kind.view_item,
    "product_added_to_cart": Kind.add_to_cart,
    "product_removed_from_cart": Kind.remove_from_cart,
    "checkout_started": Kind.begin_checkout,
    "checkout_completed": Kind.purchase,
    "on-product-click": Kind.select_item,
    "on-add-to-cart": Kind.add_to_cart,
    "on-like": Kind.live_like,
    "on-share": Kind.share,
    "on-comment": Kind.live_comment,
}

# Their names of fields; applied to data that came under an alias.
FIELD_ALIASES: dict[str, str] = {
    "anonymousId": "viewer_id",
    "anonymous_id": "viewer_id",
    "distinct_id": "viewer_id",
    "clientId": "viewer_id",
    "userId": "customer_id",
    "user_id": "customer_id",
    "order_id": "transaction_id",
    "orderId": "transaction_id",
    "session_id": "view_id",
    "products": "items",
    "total": "value",
    "currencyCode": "currency",
    "message": "text",
}
ITEM_ALIASES: dict[str, str] = {
    "product_id": "item_id",
    "productId": "item_id",
    "sku": "item_id",
    "name": "item_name",
    "title": "item_name",
}


def canonical_data(data: dict[str, Any], *, kind: Kind) -> dict[str, Any]:
    """Data under another tool's names, in ours; a product spread over the top level becomes `items`.

    What identifies a person in `traits` (or `$set`) stands at the top, as if it were told of itself.
    """
    if kind is Kind.identify:
        for name in ("traits", "$set"):
            if isinstance(traits := data.get(name), dict):
                data = {**traits, **{known: value for known, value in data.items() if known != name}}
    renamed = {FIELD_ALIASES.get(name, name): value for name, value in data.items()}
    if "items" not in renamed and (product := {k: v for k, v in data.items() if k in ITEM_ALIASES}):
        product.update({k: data[k] for k in ("price", "quantity") if k in data})
        renamed["items"] = [product]
    if isinstance(renamed.get("items"), list):
        renamed["items"] = [
            {ITEM_ALIASES.get(k, k) if ITEM_ALIASES.get(k, k) not in item else k: v for k, v in item.items()}
            if isinstance(item, dict)
            else item
            for item in renamed["items"]
        ]
    return renamed
