"""costmodel tells when KV-cache compression pays off in LLM inference, and when it does not."""
