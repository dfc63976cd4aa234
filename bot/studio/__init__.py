"""What staff edit: drafts, writing them into the files, merging."""
