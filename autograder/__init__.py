"""What grades: reads submissions as data, runs them in a sandbox, judges raw outputs, keeps the gradebook."""
