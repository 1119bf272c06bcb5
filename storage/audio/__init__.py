"""Recordings once a call is over: compressed (`codec`, in a child of its own: `child`), outlined, kept in the rows by
`shelf`, removed by age and for room by `retention`; `door` is the async face."""
