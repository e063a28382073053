"""Whether a campaign brings people back, beside those whom it leaves alone. Knows no Django."""
