"""The messengers: one file a channel, all of them named in `connectors.build`."""
