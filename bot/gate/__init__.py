"""The gate before publishing: what content must pass before citizens meet it."""
