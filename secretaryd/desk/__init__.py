"""What control requests do: one module a topic, put together by `secretaryd.desk.desk`."""
