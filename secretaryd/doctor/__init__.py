"""The doctor: facts are gathered once, checks are pure functions over them, fixes are orders carried out last."""
