"""A person's data: told wholly, erased wholly. `marks` names an erased number without telling it, `erasure` erases step
by step, `export` tells, `door` is the async face."""
