"""What was measured, and how: each module writes results/<name>.json, `report` the table of README.md."""
