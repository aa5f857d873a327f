"""The Dash application's room; pages come with the dashboard."""
