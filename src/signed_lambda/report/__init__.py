"""Renders the one report for each place where people or programs read it; pure functions."""
