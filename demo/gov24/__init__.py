"""A fake of the public services' API (gov24/v3 of api.odcloud.kr), with services of a demo country."""
