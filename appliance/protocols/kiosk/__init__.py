"""The kiosk's page: what visitors see and touch, served by the appliance itself."""
