"""From what citizens could not get answered to an answer."""
