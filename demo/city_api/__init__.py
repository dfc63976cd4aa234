"""The service API of the invented city 한빛시: a real HTTP server with seeded data, for demos and tests."""
