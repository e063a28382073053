"""What can be measured of covers, audio previews and texts, in numbers; knows no Django."""
