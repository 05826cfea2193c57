"""The approved texts. Data only; approvals.toml says which bytes are approved."""
