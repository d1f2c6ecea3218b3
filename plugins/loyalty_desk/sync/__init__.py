"""The scheduled sync: extract, match, plan, brake, push."""
