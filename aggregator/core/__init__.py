"""The rules: pure functions over frozen records, without files, network or clock."""
