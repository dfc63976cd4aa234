"""What staff write (answers, departments, persona): its form, reading, checking and importing."""
