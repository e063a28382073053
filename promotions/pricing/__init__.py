"""What coupons take off an order: whole minor units in, whole minor units out, no Django and no database."""
