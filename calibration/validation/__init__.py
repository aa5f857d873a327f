"""Predictions of the fitted profiles compared with measurements that no fit has seen, and with a user's own."""
