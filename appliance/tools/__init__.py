"""What the appliance can do for a visitor: a site's programs, Python classes, the appointment book."""
