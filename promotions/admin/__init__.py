"""The marketer's desk of promotions."""

from promotions.admin import claim_links as claim_links
from promotions.admin import contents as contents
from promotions.admin import coupon_batches as coupon_batches
from promotions.admin import coupons as coupons
from promotions.admin import offers as offers
from promotions.admin import redemptions as redemptions
