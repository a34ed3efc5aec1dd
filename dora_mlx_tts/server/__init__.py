"""Speech for programs without a dataflow: OpenAI's speech endpoint and Wyoming, with one engine."""
