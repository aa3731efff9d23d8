// Everything is in place: begin.
plan(0);
