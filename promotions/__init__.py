"""What it is worth: coupons, personal discounts, exclusive content and points."""
