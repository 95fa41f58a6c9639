"""What must hold of the infrastructure; `infra/check.py` runs it."""
